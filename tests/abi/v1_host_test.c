/*
 * v1_host_test.c - B11, the reverse: a host that knows version 1 and nothing later,
 * written against the header as it was released, runs what was built against today's
 * header and against tomorrow's. It keeps the rules of kiri/atom.h and no others: it
 * copies min(size, own), walks arrays in the atom's own strides, and gives structs of its
 * own size with nothing behind them. usage: v1_host_test FOLDER NAME..., where
 * FOLDER/{v1,today,next}/NAME.so are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kiri/atom.h>

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FIELDS 64u
#define BEHIND      0x5a /* what lies behind a struct of ours */

static const char *const makers[] = { "v1", "today", "next" };
static const char *folder;
static char **names;

struct seat {
    void *so, *self;
    struct kiri_atom atom;  /* as version 1 sees it */
    struct kiri_host *host; /* [1], and bytes that nobody may touch behind it */
    struct kiri_schema schema;
    struct kiri_field field[MOST_FIELDS];
    uint32_t kept, notes, lines;
    int has_kept;
};

/* A struct of ours with a fence behind it. */
static void *fenced(size_t size)
{
    unsigned char *at = malloc(size + 64);

    assert_non_null(at);
    memset(at, 0, size);
    memset(at + size, BEHIND, 64);
    return at;
}

static void fence_holds(const void *at, size_t size)
{
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(((const unsigned char *)at)[size + i], BEHIND);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- services -------------------------------------------------------------------- */

static void take_line(void *ctx, int level, const char *line)
{
    assert_in_range(level, KIRI_ERROR, KIRI_DEBUG);
    assert_non_null(line);
    ((struct seat *)ctx)->lines++;
}

static int64_t a_time(void *ctx)
{
    (void)ctx;
    return 1763679600000;
}

static const char *option(void *ctx, const char *name)
{
    const struct seat *s = ctx;
    const char *at = (const char *)s->atom.options;
    struct kiri_option o;

    for (; at; at += s->atom.option_size) {
        memcpy(&o, at, sizeof o);
        if (!o.name)
            return NULL;
        if (strcmp(o.name, name) == 0)
            return o.fallback;
    }
    return NULL;
}

static int kv_get(void *ctx, const char *key, void *buf, uint32_t cap)
{
    const struct seat *s = ctx;

    if (strcmp(key, "count") != 0 || !s->has_kept)
        return 0;
    memcpy(buf, &s->kept, least(cap, sizeof s->kept));
    return sizeof s->kept;
}

static int kv_put(void *ctx, const char *key, const void *buf, uint32_t len)
{
    struct seat *s = ctx;

    if (strcmp(key, "count") == 0 && len == sizeof s->kept) {
        memcpy(&s->kept, buf, len);
        s->has_kept = 1;
    }
    return KIRI_OK;
}

static int publish(void *ctx, const char *name, const void *body, uint32_t len)
{
    (void)name, (void)body, (void)len;
    ((struct seat *)ctx)->notes++;
    return KIRI_OK;
}

static int peer(void *ctx, uint32_t i, const char **name,
                const struct kiri_schema **schema)
{
    (void)ctx, (void)i, (void)name, (void)schema;
    return KIRI_NONE;
}

/* ---- from a file to an instance -------------------------------------------------- */

static void sit_down(struct seat *s, const char *maker, const char *name)
{
    const struct kiri_atom *theirs;
    char path[512];

    *s = (struct seat){ 0 };
    snprintf(path, sizeof path, "%s/%s/%s.so", folder, maker, name);
    s->so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!s->so)
        fail_msg("%s", dlerror());
    theirs = dlsym(s->so, "kiri_atom");
    assert_non_null(theirs);
    assert_int_equal(theirs->abi, KIRI_ABI);
    memcpy(&s->atom, theirs, least(theirs->size, sizeof s->atom));
    assert_true(s->atom.field_size >= sizeof(struct kiri_field));
    assert_true(s->atom.option_size >= sizeof(struct kiri_option));
    s->host = fenced(sizeof *s->host);
    *s->host = (struct kiri_host){ .abi = KIRI_ABI,
                                   .size = sizeof *s->host,
                                   .ctx = s,
                                   .log = take_line,
                                   .now_ms = a_time,
                                   .mono_ms = a_time,
                                   .option = option,
                                   .kv_get = kv_get,
                                   .kv_put = kv_put,
                                   .publish = publish,
                                   .peer = peer };
}

static int open_seat(struct seat *s)
{
    const struct kiri_schema *theirs;
    int rc = s->atom.open(s->host, &s->self);

    if (rc != KIRI_OK)
        return rc;
    theirs = s->atom.schema(s->self);
    assert_non_null(theirs);
    memcpy(&s->schema, theirs, least(theirs->size, sizeof s->schema));
    assert_in_range(s->schema.n_fields, 1, MOST_FIELDS);
    for (uint32_t i = 0; i < s->schema.n_fields; i++)
        memcpy(&s->field[i], (const char *)s->schema.fields + i * s->atom.field_size,
               sizeof *s->field);
    return rc;
}

static void stand_up(struct seat *s)
{
    s->atom.close(s->self);
    fence_holds(s->host, sizeof *s->host);
    free(s->host);
    dlclose(s->so);
}

static void make_missing(const struct seat *s, union kiri_value *v)
{
    for (uint32_t i = 0; i < s->schema.n_fields; i++) {
        memset(&v[i], 0, sizeof v[i]);
        if (s->field[i].kind == KIRI_NUMBER)
            v[i].num = NAN;
        else if (s->field[i].kind != KIRI_TEXT && s->field[i].kind != KIRI_WORDS)
            v[i].choice = -1;
    }
}

static int collect(struct seat *s, union kiri_value *v)
{
    struct kiri_obs *row = fenced(sizeof *row);

    make_missing(s, v);
    *row = (struct kiri_obs){
        .size = sizeof *row, .n = s->schema.n_fields, .time_ms = a_time(s), .v = v
    };
    int rc = s->atom.collect(s->self, row);
    fence_holds(row, sizeof *row);
    free(row);
    return rc;
}

/* ---- tests ----------------------------------------------------------------------- */

static void a_host_of_version_1_runs_every_plugin(void **state)
{
    union kiri_value v[MOST_FIELDS];
    struct seat s;
    (void)state;

    for (char **name = names; *name; name++)
        for (size_t m = 0; m < sizeof makers / sizeof *makers; m++) {
            sit_down(&s, makers[m], *name);
            assert_string_equal(s.atom.name, *name);
            int rc = open_seat(&s);
            /* An option without a default is for its user to say. */
            assert_true(rc == KIRI_OK || rc == KIRI_ECONFIG);
            for (int i = 0; rc == KIRI_OK && i < 5; i++)
                assert_in_range(collect(&s, v) - KIRI_EBUG, 0, KIRI_NONE - KIRI_EBUG);
            stand_up(&s);
        }
}

static void all_of_the_contract_works(void **state)
{
    union kiri_value v[MOST_FIELDS];
    struct seat s;
    (void)state;

    for (size_t m = 0; m < sizeof makers / sizeof *makers; m++) {
        sit_down(&s, makers[m], "whole");
        for (int life = 0; life < 2; life++) { /* small state goes on */
            assert_int_equal(open_seat(&s), KIRI_OK);
            assert_int_equal(s.schema.n_fields, 9);
            assert_int_equal(s.schema.context, 3);
            assert_int_equal(s.schema.aggregate, KIRI_ROW);
            assert_string_equal(s.field[8].name, "verb");
            assert_true(s.field[0].hi == 100);
            assert_string_equal(s.field[3].choices[1], "wild");
            for (int i = 1; i <= 3; i++) {
                assert_int_equal(collect(&s, v), i % 3 ? KIRI_OK : KIRI_MORE);
                assert_true(v[0].num == 3 * life + i);
                assert_string_equal(v[5].words.ptr[0], "half");
            }
            s.atom.close(s.self);
            s.self = NULL;
        }
        assert_int_equal(s.notes, 6);
        assert_int_equal(s.lines, 2);
        stand_up(&s);
    }
}

static void what_meta_atoms_are_given_has_the_atoms_stride(void **state)
{
    struct kiri_choice c[2] = { { .field = "verb", .word = "ok" },
                                { .field = "target", .word = "alert" } };
    union kiri_value v[MOST_FIELDS];
    struct seat s;
    (void)state;

    for (size_t m = 0; m < sizeof makers / sizeof *makers; m++) {
        struct kiri_event *event = fenced(sizeof *event);
        struct kiri_action *action = fenced(sizeof *action);
        struct kiri_lesson *lesson = fenced(sizeof *lesson);
        char array[512] = { 0 };

        sit_down(&s, makers[m], "whole");
        assert_int_equal(open_seat(&s), KIRI_OK);
        event->size = sizeof *event;
        event->kind = KIRI_SCORED;
        event->id = 40;
        assert_int_equal(s.atom.hear(s.self, event), KIRI_OK);
        assert_true(2 * s.atom.choice_size <= sizeof array);
        for (size_t i = 0; i < 2; i++)
            memcpy(array + i * s.atom.choice_size, &c[i], sizeof c[i]);
        action->size = sizeof *action;
        const void *choices = array;
        assert_int_equal(s.atom.decide(s.self, choices, 2, action), KIRI_OK);
        assert_int_equal(action->verb, KIRI_ALERT);
        assert_string_equal(action->target, "verb");
        assert_string_equal(action->reason, "target");
        *lesson = (struct kiri_lesson){
            .size = sizeof *lesson, .n = s.schema.n_fields, .weight = 1, .v = v
        };
        make_missing(&s, v);
        assert_int_equal(s.atom.lessons(s.self, lesson), KIRI_OK);
        assert_true(lesson->weight == 4 && v[0].num == 40);
        fence_holds(event, sizeof *event);
        fence_holds(action, sizeof *action);
        fence_holds(lesson, sizeof *lesson);
        free(event), free(action), free(lesson);
        stand_up(&s);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_of_version_1_runs_every_plugin),
        cmocka_unit_test(all_of_the_contract_works),
        cmocka_unit_test(what_meta_atoms_are_given_has_the_atoms_stride),
    };

    if (argc < 3)
        return fprintf(stderr, "usage: %s FOLDER NAME...\n", argv[0]), 64;
    folder = argv[1];
    names = argv + 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
