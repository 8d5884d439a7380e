/*
 * cell_test.c - an atom in a process of its own is what it is in ours: rows, options, an
 * fd of its own, what it says. (What it may break: cell_faults_test.c; lies:
 * cell_lies_test.c.)
 */
#include "../base/patience.h"
#include "cell_life.h"

#include "load/cell.h"

#include <kiri/schema.h>

#include <poll.h>
#include <signal.h>

static void an_atom_is_the_same_in_a_cell(void **state)
{
    struct kiri_error err = { 0 };
    struct life a = life_of(plugin_open(CELL_HELPER, ATOM("good"), &err));
    struct life b = life_isolated(CELL_HELPER, ATOM("good"));
    (void)state;

    life_behave("well", "collect", "0");
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
    struct life l = life_behaving("well", "collect", "0");

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
    life_behave("well", "collect", "0");
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
        struct life l = life_caged();
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
    life_behave("config", "collect", "0");
    struct life l = life_isolated(CELL_HELPER, ATOM("caged"));

    assert_int_equal(life_open(&l), KIRI_ECONFIG);
    assert_string_equal(l.trouble.why, "");
    life_behave("well", "collect", "0"); /* no failure of its cell: nothing to wait for */
    assert_int_equal(life_open(&l), KIRI_OK);
    life_end(&l);
}

static void a_schema_that_is_wrong_is_said_as_in_our_process(void **state)
{
    (void)state;
    life_behave("well", "collect", "0");
    struct life l = life_isolated(CELL_HELPER, ATOM("bad_schema"));

    cell_world_options(&world, "what", "twins", NULL);
    assert_int_equal(life_open(&l), KIRI_EBUG);
    life_says(&l, "its schema");
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
    struct life l = life_caged();
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

static void lines_of_a_thread_wait_for_the_next_callback(void **state)
{
    struct pollfd p = { .events = POLLIN };
    (void)state;

    struct life l = life_behaving("thread", "open", "0");
    p.fd = l.atom->fd(l.self);
    assert_int_equal(wait_for(&p, 100), 0); /* the host is not woken by it */
    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_non_null(strstr(world.log, "from a thread"));
    assert_true(world.notes > 0);
    for (unsigned i = 0; i < world.n_kv; i++)
        assert_string_not_equal(world.kv[i].key, "thread");
    life_end(&l);
}

static void an_answer_that_the_contract_does_not_know_is_passed_on(void **state)
{
    (void)state;
    struct life l = life_behaving("nonsense", "collect", "0");

    assert_int_equal(life_collect(&l), 99);
    life_end(&l);
}

static void an_executable_that_cannot_start_is_said(void **state)
{
    char exe[160];
    (void)state;

    snprintf(exe, sizeof exe, "%s/cell-helper", room_dir);
    assert_int_equal(symlink(CELL_HELPER, exe), 0);
    life_behave("well", "collect", "0");
    struct life l = life_isolated(exe, ATOM("caged"));
    unlink(exe);
    assert_int_equal(life_open(&l), KIRI_ENOMEM);
    life_says(&l, "no cell can be started: No such file or directory");
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
        cmocka_unit_test(an_fd_of_its_own_is_heard_through_the_cell),
        cmocka_unit_test(lines_of_a_thread_wait_for_the_next_callback),
        cmocka_unit_test(an_answer_that_the_contract_does_not_know_is_passed_on),
        cmocka_unit_test(an_executable_that_cannot_start_is_said),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
