/*
 * cell_test.c - an atom in a process of its own: it is what it is in ours, and whatever
 * it does there is a sentence here (RELIABILITY B1, B2, B3, B10).
 */
#include "../base/patience.h"
#include "cell_world.h"

#include "base/clock.h"
#include "load/cell.h"
#include "load/cell_backoff.h"

#include <kiri/schema.h>

#include <poll.h>
#include <signal.h>

#ifdef __has_feature
#define CLANG_SANITIZED                                                                  \
    (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define CLANG_SANITIZED 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || CLANG_SANITIZED
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static struct cell_world world;

/* One instance, as a host has it. */
struct life {
    struct plugin *plugin;
    const struct kiri_atom *atom;
    void *self;
    struct kiri_schema *schema;
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_obs obs;
    struct plugin_trouble trouble;
};

static struct life life_of(struct plugin *plugin)
{
    struct life l = { .plugin = plugin };

    assert_non_null(plugin);
    l.atom = plugin_atom(plugin);
    return l;
}

static struct life isolated(const char *exe, const char *so)
{
    struct kiri_error err = { 0 };
    struct plugin *p = plugin_open_isolated(exe, so, &err);

    if (!p)
        fail_msg("%s", err.text);
    return life_of(p);
}

static int life_open(struct life *l)
{
    struct kiri_error err = { 0 };

    l->self = plugin_context(l->plugin);
    int rc = l->atom->open(&world.table, &l->self);
    plugin_trouble(l->plugin, l->self, &l->trouble);
    if (rc == KIRI_OK) {
        l->schema = plugin_schema(l->plugin, l->self, &err);
        if (!l->schema)
            fail_msg("%s", err.text);
        return rc;
    }
    l->atom->close(l->self);
    return rc;
}

static int life_collect(struct life *l)
{
    l->obs = (struct kiri_obs){
        .size = sizeof l->obs, .n = l->schema->n_fields, .time_ms = 1234, .v = l->v
    };
    kiri_missing(l->schema, l->v);
    int rc = l->atom->collect(l->self, &l->obs);
    plugin_trouble(l->plugin, l->self, &l->trouble);
    return rc;
}

static void life_end(struct life *l)
{
    if (l->schema)
        l->atom->close(l->self);
    plugin_schema_free(l->schema);
    plugin_unref(l->plugin);
    no_children_left();
}

/* caged in a cell, open. */
static struct life caged(void)
{
    struct life l = isolated(CELL_HELPER, ATOM("caged"));
    int rc = life_open(&l);

    if (rc != KIRI_OK)
        fail_msg("open: %d %s", rc, l.trouble.why);
    return l;
}

static void behave(const char *mode, const char *where, const char *after)
{
    cell_world_init(&world);
    cell_world_options(&world, "mode", mode, "where", where, "after", after, "word",
                       "hello", "fifo", "", NULL);
}

static void says(const struct life *l, const char *sentence)
{
    if (strncmp(l->trouble.why, sentence, strlen(sentence)) != 0)
        fail_msg("it says: %s\nnot: %s", l->trouble.why, sentence);
}

/* ---- the same as in our process ---------------------------------------------------- */

static void an_atom_is_the_same_in_a_cell(void **state)
{
    struct kiri_error err = { 0 };
    struct life a = life_of(plugin_open(CELL_HELPER, ATOM("good"), &err));
    struct life b = isolated(CELL_HELPER, ATOM("good"));
    (void)state;

    behave("well", "collect", "0");
    assert_string_equal(a.atom->name, b.atom->name);
    assert_string_equal(a.atom->version, b.atom->version);
    assert_string_equal(a.atom->help, b.atom->help);
    const struct kiri_option *x = plugin_options(a.plugin), *y = plugin_options(b.plugin);
    for (; x->name; x++, y++) {
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->type, y->type);
    }
    assert_null(y->name);
    assert_int_equal(life_open(&a), KIRI_OK);
    assert_int_equal(life_open(&b), KIRI_OK);
    assert_int_equal(kiri_schema_hash(a.schema), kiri_schema_hash(b.schema));
    assert_int_equal(a.schema->period_ms, b.schema->period_ms);
    assert_string_equal(a.schema->fields[0].unit, b.schema->fields[0].unit);
    assert_string_equal(a.schema->fields[0].help, b.schema->fields[0].help);
    assert_null(b.schema->fields[1].unit);
    for (int i = 1; i < 50; i++) {
        assert_int_equal(life_collect(&a), KIRI_OK);
        assert_int_equal(life_collect(&b), KIRI_OK);
        assert_true(b.v[0].num >= i && a.v[0].num <= i && !(b.v[0].num > i));
        assert_true(kiri_is_missing(&b.schema->fields[2], &b.v[2]));
    }
    assert_int_equal(plugin_is_isolated(a.plugin), 0);
    assert_int_equal(plugin_pid(a.plugin, a.self), 0);
    a.atom->close(a.self);
    plugin_schema_free(a.schema);
    plugin_unref(a.plugin);
    life_end(&b);
}

static void texts_labels_choices_and_times_come_through(void **state)
{
    (void)state;
    behave("well", "collect", "0");
    struct life l = caged();

    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_int_equal(l.obs.time_ms, 1234);
    assert_non_null(l.obs.label);
    assert_int_equal(l.v[2].text.len, 5);
    assert_memory_equal(l.v[2].text.ptr, "hello", 5);
    assert_int_equal(l.v[3].choice, 1);
    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_null(l.obs.label);
    assert_int_equal(l.v[3].choice, 0);
    assert_int_equal(plugin_is_isolated(l.plugin), 1);
    assert_int_equal(kill(plugin_pid(l.plugin, l.self), 0), 0);
    life_end(&l);
}

static void nothing_of_the_host_is_in_a_cell(void **state)
{
    (void)state;
    behave("well", "collect", "0");
    int extra =
        open("/dev/null", O_RDONLY); /* which is inherited by anything less careful */
    static const char *const zones[] = { NULL, "Europe/Vienna" };
    setenv("SECRET", "1", 1);
    for (int i = 0; i < 2; i++) { /* all but the time zone */
        char found[128];

        if (zones[i])
            setenv("TZ", zones[i], 1);
        else
            unsetenv("TZ");
        struct life l = caged();
        assert_int_equal(life_collect(&l), KIRI_OK);
        /* 0, 1, 2, its image, its socket */
        snprintf(found, sizeof found,
                 "%d variables, 5 files, at most 64 files, %d MiB, zone %s", i,
                 SANITIZED ? -1 : 256, zones[i] ? zones[i] : "of the system");
        assert_string_equal(l.obs.label, found);
        life_end(&l);
    }
    unsetenv("TZ");
    close(extra);
}

static void an_option_that_is_wrong_is_the_atoms_own_answer(void **state)
{
    (void)state;
    behave("config", "collect", "0");
    struct life l = isolated(CELL_HELPER, ATOM("caged"));

    assert_int_equal(life_open(&l), KIRI_ECONFIG);
    assert_string_equal(l.trouble.why, "");
    behave("well", "collect", "0"); /* no failure of its cell: nothing to wait for */
    assert_int_equal(life_open(&l), KIRI_OK);
    life_end(&l);
}

static void a_schema_that_is_wrong_is_said_as_in_our_process(void **state)
{
    (void)state;
    behave("well", "collect", "0");
    struct life l = isolated(CELL_HELPER, ATOM("bad_schema"));

    cell_world_options(&world, "what", "twins", NULL);
    assert_int_equal(life_open(&l), KIRI_EBUG);
    says(&l, "its schema");
    life_end(&l);
}

static void a_file_that_is_no_atom_is_refused_before_there_is_a_cell(void **state)
{
    static const char *const bad[] = { ATOM("no_symbol"), ATOM("old_abi"), "/nowhere.so",
                                       "/dev/null" };
    struct kiri_error err;
    (void)state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        err.text[0] = '\0';
        assert_null(plugin_open_isolated(CELL_HELPER, bad[i], &err));
        assert_ptr_equal(strstr(err.text, bad[i]), err.text);
    }
    no_children_left();
}

/* ---- B1, B2, B3: what its process survives, and what not --------------------------- */

static const struct {
    const char *mode, *where, *sentence;
} ends[] = {
    { "segv", "collect", "its cell was killed by SIGSEGV in collect(); next try in " },
    { "abort", "collect", "its cell was killed by SIGABRT in collect(); next try in " },
    { "exit", "collect",
      "its cell ended by itself (exit code 3) in collect(); next try" },
    { "fork", "collect", "its cell was killed by SIGSEGV in collect(); next try in " },
    { "fdleak", "collect", "its cell was killed by SIGABRT in collect(); next try in " },
#if !SANITIZED /* which has no limit */
    { "leak", "collect", "its cell was killed by SIGSEGV in collect(); next try in " },
#endif
    { "spin", "collect",
      "its cell was ended in collect(): not done within 2 s; next try" },
    { "segv", "open", "its cell was killed by SIGSEGV in open(); next try in " },
    { "exit", "open", "its cell ended by itself (exit code 3) in open(); next try in " },
};

static void b1_b2_b3_what_ends_a_cell_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        behave(ends[i].mode, ends[i].where, "1");
        struct life l = isolated(CELL_HELPER, ATOM("caged"));
        int64_t began = clock_mono(&clock_system);
        int rc = life_open(&l);

        if (rc == KIRI_OK) {
            assert_int_equal(life_collect(&l), KIRI_OK);
            began = clock_mono(&clock_system);
            rc = life_collect(&l);
        }
        assert_int_equal(rc, KIRI_EIO);
        says(&l, ends[i].sentence);
        assert_in_range(l.trouble.wait_ms, 800, 1200);
        assert_in_range(clock_mono(&clock_system) - began, 0, 4000);
        no_children_left();
        life_end(&l);
    }
}

static void b1_an_end_between_callbacks_is_noticed_by_its_fd(void **state)
{
    struct pollfd p = { .events = POLLIN };
    (void)state;

    behave("well", "collect", "0");
    struct life l = caged();
    p.fd = l.atom->fd(l.self);
    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_int_equal(wait_for(&p, 50), 0);
    kill(plugin_pid(l.plugin, l.self), SIGKILL);
    assert_int_equal(wait_for(&p, 2000), 1);
    assert_int_equal(life_collect(&l), KIRI_EIO);
    says(&l, "its cell was killed by SIGKILL; next try in ");
    assert_int_equal(plugin_pid(l.plugin, l.self), 0);
    assert_int_equal(wait_for(&p, 50), 0); /* nothing to hear of it until its next life */
    life_end(&l);
}

static void b1_it_is_started_again_when_that_is_due_with_its_small_state(void **state)
{
    (void)state;
    behave("segv", "collect", "1");
    struct life l = caged();
    struct pollfd p = { .fd = l.atom->fd(l.self), .events = POLLIN };

    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_true(l.v[0].num < 1.5);
    assert_int_equal(life_collect(&l), KIRI_EIO);
    int64_t wait = l.trouble.wait_ms;
    world.mono += wait - 1;
    assert_int_equal(life_collect(&l), KIRI_EIO); /* not yet */
    assert_int_equal(l.trouble.wait_ms, 1);
    assert_int_equal(plugin_pid(l.plugin, l.self), 0);
    world.mono += 1;
    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_string_equal(l.trouble.why, "");
    assert_true(l.v[0].num > 1.5); /* its second life */
    assert_true(l.v[1].num < 1.5); /* its first row */
    assert_true(plugin_pid(l.plugin, l.self) > 0);
    assert_int_equal(p.fd, l.atom->fd(l.self));
    kill(plugin_pid(l.plugin, l.self), SIGKILL);
    assert_int_equal(wait_for(&p, 2000), 1); /* which hears the second life, too */
    life_end(&l);
}

static void b1_five_failures_in_ten_minutes_are_the_end(void **state)
{
    static const int64_t pauses[] = { 1000, 2000, 4000, 8000 };
    (void)state;

    behave("segv", "collect", "0");
    struct life l = caged();
    for (size_t i = 0; i < COUNT(pauses); i++) {
        assert_int_equal(life_collect(&l), KIRI_EIO);
        assert_in_range(l.trouble.wait_ms, pauses[i] * 8 / 10, pauses[i] * 12 / 10);
        world.mono += l.trouble.wait_ms;
    }
    assert_int_equal(life_collect(&l), KIRI_EBUG);
    says(&l,
         "its cell was killed by SIGSEGV in collect(); it failed 5 times in 10 min and "
         "is not started again until a reload");
    world.mono += 1000000000;
    assert_int_equal(life_collect(&l), KIRI_EBUG);
    no_children_left();
    life_end(&l);
}

static void b1_failures_in_open_count_over_all_tries(void **state)
{
    (void)state;
    behave("exit", "open", "0");
    struct life l = isolated(CELL_HELPER, ATOM("caged"));

    for (int i = 0; i < 4; i++) {
        assert_int_equal(life_open(&l), KIRI_EIO);
        world.mono += l.trouble.wait_ms;
    }
    assert_int_equal(life_open(&l), KIRI_EBUG);
    life_end(&l);
}

static void a_close_that_hangs_or_crashes_ends_with_its_cell(void **state)
{
    static const char *const modes[] = { "spin", "segv", "well" };
    (void)state;

    for (size_t i = 0; i < COUNT(modes); i++) {
        behave(modes[i], "close", "0");
        struct life l = caged();
        assert_int_equal(life_collect(&l), KIRI_OK);
        life_end(&l); /* no child is left */
    }
}

static void another_schema_in_its_next_life_is_not_taken(void **state)
{
    (void)state;
    behave("another", "collect", "1");
    struct life l = caged();

    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_int_equal(life_collect(&l), KIRI_EIO);
    world.mono += l.trouble.wait_ms;
    assert_int_equal(life_collect(&l), KIRI_EBUG);
    says(&l, "its cell started again with another schema: kiri reload takes it");
    life_end(&l);
}

/* KiB that are resident. */
static long resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size, pages;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &size, &pages), 2);
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static void lives_leave_no_descriptor_and_no_memory(void **state)
{
    int lives = getenv("KIRI_FULL") ? 1000 : 50;
    unsigned files = 0;
    long memory = 0;
    (void)state;

    behave("segv", "collect", "0");
    struct life l = caged();
    for (int i = 0; i < lives; i++) {
        assert_int_equal(life_collect(&l), KIRI_EIO);
        if (i == 10) {
            files = open_files();
            memory = resident();
        }
        world.mono += CELL_WINDOW_MS; /* so that none is the fifth */
    }
    assert_int_equal(open_files(), files);
    if (!SANITIZED) /* which keeps freed memory for a while */
        assert_in_range(resident(), 0, memory + 128);
    life_end(&l);
}

/* ---- an fd of its own -------------------------------------------------------------- */

static void an_fd_of_its_own_is_heard_through_the_cell(void **state)
{
    char fifo[128];
    struct pollfd p = { .events = POLLIN };
    (void)state;

    snprintf(fifo, sizeof fifo, "%s/fifo", room_dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    cell_world_init(&world);
    cell_world_options(&world, "mode", "well", "where", "collect", "after", "0", "word",
                       "", "fifo", fifo, NULL);
    struct life l = caged();
    int lines = open(fifo, O_RDWR | O_CLOEXEC);
    p.fd = l.atom->fd(l.self);
    assert_true(p.fd >= 0 && lines >= 0);
    assert_int_equal(wait_for(&p, 50), 0);
    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(write(lines, "ab", 2), 2);
        assert_int_equal(wait_for(&p, 2000), 1);
        assert_int_equal(life_collect(&l), KIRI_MORE);
        assert_int_equal(life_collect(&l), KIRI_MORE);
        assert_int_equal(life_collect(&l), KIRI_NONE);
        assert_int_equal(wait_for(&p, 50), 0);
    }
    close(lines);
    life_end(&l);
    unlink(fifo);
}

/* ---- what an atom may say ---------------------------------------------------------- */

static void b10_a_chatterer_is_held_to_ten_lines_a_second(void **state)
{
    (void)state;
    behave("chatter", "collect", "0");
    struct life l = caged();

    int rc = life_collect(&l);
    assert_true(rc == KIRI_OK ||
                rc == KIRI_EIO); /* on a slow machine it takes too long */
    assert_true(world.lines <= 20 * 3);
    assert_int_equal(world.notes, CELL_NOTES);
    life_end(&l);
}

static void lines_of_a_thread_wait_for_the_next_callback(void **state)
{
    struct pollfd p = { .events = POLLIN };
    (void)state;

    behave("thread", "open", "0");
    struct life l = caged();
    p.fd = l.atom->fd(l.self);
    assert_int_equal(wait_for(&p, 100), 0); /* the host is not woken by it */
    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_non_null(strstr(world.log, "from a thread"));
    assert_true(world.notes > 0);
    for (unsigned i = 0; i < world.n_kv; i++)
        assert_string_not_equal(world.kv[i].key, "thread");
    life_end(&l);
}

static void b10_an_answer_that_the_contract_does_not_know_is_passed_on(void **state)
{
    (void)state;
    behave("nonsense", "collect", "0");
    struct life l = caged();

    assert_int_equal(life_collect(&l), 99);
    life_end(&l);
}

/* ---- cells that lie ---------------------------------------------------------------- */

static void b10_a_cell_that_lies_has_failed(void **state)
{
    static const char *const lies[] = { "huge", "empty", "kind",  "order",   "length",
                                        "text", "label", "short", "more",    "key",
                                        "cap",  "line",  "note",  "readable" };
    (void)state;

    for (size_t i = 0; i < COUNT(lies); i++) {
        char exe[160];

        snprintf(exe, sizeof exe, "%s/cell-%s", room_dir, lies[i]);
        assert_int_equal(symlink(CELL_HELPER, exe), 0);
        cell_world_init(&world);
        struct life l = isolated(exe, ATOM("caged"));
        assert_int_equal(life_open(&l), KIRI_OK);
        assert_int_equal(life_collect(&l), KIRI_EIO);
        if (!strstr(l.trouble.why,
                    "said what no atom can say in collect(); next try in "))
            fail_msg("%s: %s", lies[i], l.trouble.why);
        no_children_left();
        life_end(&l);
        unlink(exe);
    }
}

static void b10_a_cell_that_floods_its_host_has_failed(void **state)
{
    char exe[160];
    (void)state;

    snprintf(exe, sizeof exe, "%s/cell-flood", room_dir);
    assert_int_equal(symlink(CELL_HELPER, exe), 0);
    cell_world_init(&world);
    struct life l = isolated(exe, ATOM("caged"));
    assert_int_equal(life_open(&l), KIRI_OK);
    assert_int_equal(life_collect(&l), KIRI_EIO);
    assert_non_null(strstr(l.trouble.why, "its cell "));
    no_children_left();
    life_end(&l);
    unlink(exe);
}

static void b2_a_cell_that_stops_in_mid_sentence_is_ended(void **state)
{
    static const char *const lies[] = { "half", "mute" };
    (void)state;

    for (size_t i = 0; i < COUNT(lies); i++) {
        char exe[160];

        snprintf(exe, sizeof exe, "%s/cell-%s", room_dir, lies[i]);
        assert_int_equal(symlink(CELL_HELPER, exe), 0);
        cell_world_init(&world);
        struct life l = isolated(exe, ATOM("caged"));
        assert_int_equal(life_open(&l), KIRI_OK);
        assert_int_equal(life_collect(&l), KIRI_EIO);
        says(&l, "its cell was ended in collect(): not done within 2 s; next try in ");
        life_end(&l);
        unlink(exe);
    }
}

static void an_executable_that_cannot_start_is_said(void **state)
{
    char exe[160];
    (void)state;

    snprintf(exe, sizeof exe, "%s/cell-helper", room_dir);
    assert_int_equal(symlink(CELL_HELPER, exe), 0);
    behave("well", "collect", "0");
    struct life l = isolated(exe, ATOM("caged"));
    unlink(exe);
    assert_int_equal(life_open(&l), KIRI_ENOMEM);
    says(&l, "no cell can be started: No such file or directory");
    life_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_atom_is_the_same_in_a_cell),
        cmocka_unit_test(texts_labels_choices_and_times_come_through),
        cmocka_unit_test(nothing_of_the_host_is_in_a_cell),
        cmocka_unit_test(an_option_that_is_wrong_is_the_atoms_own_answer),
        cmocka_unit_test(a_schema_that_is_wrong_is_said_as_in_our_process),
        cmocka_unit_test(a_file_that_is_no_atom_is_refused_before_there_is_a_cell),
        cmocka_unit_test(b1_b2_b3_what_ends_a_cell_is_said),
        cmocka_unit_test(b1_an_end_between_callbacks_is_noticed_by_its_fd),
        cmocka_unit_test(b1_it_is_started_again_when_that_is_due_with_its_small_state),
        cmocka_unit_test(b1_five_failures_in_ten_minutes_are_the_end),
        cmocka_unit_test(b1_failures_in_open_count_over_all_tries),
        cmocka_unit_test(a_close_that_hangs_or_crashes_ends_with_its_cell),
        cmocka_unit_test(another_schema_in_its_next_life_is_not_taken),
        cmocka_unit_test(lives_leave_no_descriptor_and_no_memory),
        cmocka_unit_test(an_fd_of_its_own_is_heard_through_the_cell),
        cmocka_unit_test(b10_a_chatterer_is_held_to_ten_lines_a_second),
        cmocka_unit_test(lines_of_a_thread_wait_for_the_next_callback),
        cmocka_unit_test(b10_an_answer_that_the_contract_does_not_know_is_passed_on),
        cmocka_unit_test(b10_a_cell_that_lies_has_failed),
        cmocka_unit_test(b10_a_cell_that_floods_its_host_has_failed),
        cmocka_unit_test(b2_a_cell_that_stops_in_mid_sentence_is_ended),
        cmocka_unit_test(an_executable_that_cannot_start_is_said),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
