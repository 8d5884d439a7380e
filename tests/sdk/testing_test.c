/* testing_test.c - the host for tests is silent about a good atom, and counts each way in
 * which one breaks the contract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kiri/testing.h>

#include <math.h>
#include <string.h>

enum fault {
    NO_FAULT,
    INFINITE,
    NO_SUCH_CHOICE,
    MISSING_THOUGH_ALWAYS,
    FILLS_THE_HOUR,
    WRITES_BEHIND,
    CHANGES_N,
    ODD_STATUS,
    OTHER_SCHEMA,
    UNKNOWN_OPTION,
    LINE_WITH_NEWLINE,
    ODD_LEVEL,
    NOTE_TOO_LONG,
    FAULTS
};

static const char *const moods[] = { "calm", "wild", NULL };
static const struct kiri_field fields[] = {
    { .name = "value", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED },
    { .name = "mood", .kind = KIRI_CHOICE, .choices = moods, .flags = KIRI_ALWAYS },
    { .name = "hour", .kind = KIRI_HOUR },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 3,
                                           .fields = fields };
static const struct kiri_schema other = { .size = sizeof other,
                                          .n_fields = 2,
                                          .fields = fields };
static const struct kiri_option options[] = {
    { .name = "fault", .type = KIRI_OPT_INTEGER, .fallback = "0" },
    { .name = NULL },
};

struct atom {
    const struct kiri_host *host;
    enum fault fault;
    const struct kiri_schema *schema;
};

/* One instance at a time is enough here. */
static struct atom the_atom;

static int open_atom(const struct kiri_host *host, void **self)
{
    const char *fault = host->option(host->ctx, "fault");

    if (strlen(fault) > 2)
        return KIRI_ECONFIG;
    the_atom = (struct atom){ .host = host, .schema = &schema };
    for (const char *c = fault; *c; c++)
        the_atom.fault = (enum fault)((int)the_atom.fault * 10 + *c - '0');
    *self = &the_atom;
    return KIRI_OK;
}

static void close_atom(void *self)
{
    (void)self;
}

static const struct kiri_schema *atom_schema(void *self)
{
    return ((const struct atom *)self)->schema;
}

static int collect(void *self, struct kiri_obs *out)
{
    struct atom *a = self;
    const struct kiri_host *h = a->host;
    char long_note[KIRI_TEST_VALUE + 1] = "";
    int n = 0;

    h->kv_get(h->ctx, "n", &n, sizeof n);
    out->v[0].num = ++n;
    out->v[1].choice = n % 2;
    h->kv_put(h->ctx, "n", &n, sizeof n);
    switch (a->fault) {
    case INFINITE: out->v[0].num = INFINITY; break;
    case NO_SUCH_CHOICE: out->v[1].choice = 2; break;
    case MISSING_THOUGH_ALWAYS: out->v[1].choice = -1; break;
    case FILLS_THE_HOUR: out->v[2].choice = 3; break;
    case WRITES_BEHIND: out->v[3].num = 1; break;
    case CHANGES_N: out->n = 2; break;
    case ODD_STATUS: return 99;
    case OTHER_SCHEMA: a->schema = &other; break;
    case UNKNOWN_OPTION: h->option(h->ctx, "nonsense"); break;
    case LINE_WITH_NEWLINE: h->log(h->ctx, KIRI_INFO, "two\nlines"); break;
    case ODD_LEVEL: h->log(h->ctx, 9, "a line"); break;
    case NOTE_TOO_LONG: h->publish(h->ctx, "note", long_note, sizeof long_note); break;
    default: break;
    }
    return KIRI_OK;
}

static const struct kiri_atom atom = {
    KIRI_ATOM_INIT,    .name = "subject",   .version = "1.0",      .options = options,
    .open = open_atom, .close = close_atom, .schema = atom_schema, .collect = collect,
};

static void a_good_atom_breaks_nothing(void **state)
{
    struct kiri_test *t = kiri_test_new(&atom);
    (void)state;

    assert_int_equal(kiri_test_open(t), KIRI_OK);
    assert_int_equal(kiri_test_collect(t), KIRI_OK);
    assert_true(kiri_test_number(t, "value") == 1);
    assert_int_equal(kiri_test_value(t, "mood")->choice, 1);
    assert_int_equal(t->row.time_ms, t->now_ms);
    assert_int_equal(t->rows, 1);
    assert_int_equal(t->broken, 0);
    assert_int_equal(kiri_test_done(t), 0);
}

static void small_state_outlives_close(void **state)
{
    struct kiri_test *t = kiri_test_new(&atom);
    (void)state;

    for (int i = 1; i <= 3; i++) {
        assert_int_equal(kiri_test_open(t), KIRI_OK);
        assert_int_equal(kiri_test_collect(t), KIRI_OK);
        assert_true(kiri_test_number(t, "value") == i);
        kiri_test_close(t);
    }
    assert_int_equal(kiri_test_done(t), 0);
}

static void each_fault_is_counted(void **state)
{
    (void)state;

    for (int fault = NO_FAULT + 1; fault < FAULTS; fault++) {
        struct kiri_test *t = kiri_test_new(&atom);
        char text[12];

        snprintf(text, sizeof text, "%d", fault);
        kiri_test_option(t, "fault", text);
        assert_int_equal(kiri_test_open(t), KIRI_OK);
        kiri_test_collect(t);
        if (t->broken != 1)
            fail_msg("fault %d is counted %u times", fault, t->broken);
        assert_int_equal(kiri_test_done(t), 1);
    }
}

static void what_open_refuses_is_its_own_affair(void **state)
{
    struct kiri_test *t = kiri_test_new(&atom);
    (void)state;

    kiri_test_option(t, "fault", "1000");
    assert_int_equal(kiri_test_open(t), KIRI_ECONFIG);
    assert_int_equal(t->broken, 0);
    assert_null(t->schema);
    kiri_test_option(t, "fault", "0");
    assert_int_equal(kiri_test_open(t), KIRI_OK);
    assert_int_equal(kiri_test_done(t), 0);
}

static void a_mistake_of_the_test_itself_is_counted(void **state)
{
    struct kiri_test *t = kiri_test_new(&atom);
    (void)state;

    kiri_test_collect(t); /* not open */
    assert_int_equal(t->broken, 1);
    kiri_test_option(t, "nonsense", "1");
    assert_int_equal(t->broken, 2);
    assert_int_equal(kiri_test_open(t), KIRI_OK);
    assert_true(isnan(kiri_test_number(t, "nonsense")));
    assert_int_equal(t->broken, 3);
    KIRI_EXPECT(t, 1 + 1 == 3);
    assert_int_equal(t->broken, 4);
    assert_int_equal(kiri_test_done(t), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_atom_breaks_nothing),
        cmocka_unit_test(small_state_outlives_close),
        cmocka_unit_test(each_fault_is_counted),
        cmocka_unit_test(what_open_refuses_is_its_own_affair),
        cmocka_unit_test(a_mistake_of_the_test_itself_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
