/* task_log_test.c - the log of tasks survives a crash at any byte, and many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/task_log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NOON         1795262400 /* 2026-11-21T12:00:00Z */

static char root[64], path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/kiri-task-test-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof path, "%s/tasks.log", root);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;

    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static size_t slurp(char *out, size_t cap)
{
    FILE *f = fopen(path, "re");

    assert_non_null(f);
    size_t n = fread(out, 1, cap, f);
    fclose(f);
    return n;
}

static void spill(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Opens, appends an "add", closes; the id that it got. */
static uint64_t add(const char *text)
{
    struct kiri_error err = { 0 };
    struct task_log log;

    if (task_log_open(&log, path, 0, 5000, &err))
        fail_msg("%s", err.text);
    uint64_t id = log.last_id + 1;
    if (task_log_append(&log, NOON, "add", id, text, &err))
        fail_msg("%s", err.text);
    task_log_close(&log);
    return id;
}

static void record(const char *verb, uint64_t id)
{
    struct kiri_error err = { 0 };
    struct task_log log;

    assert_int_equal(task_log_open(&log, path, 0, 5000, &err), 0);
    assert_int_equal(task_log_append(&log, NOON + 60, verb, id, NULL, &err), 0);
    task_log_close(&log);
}

static struct task_log reading(void)
{
    struct kiri_error err = { 0 };
    struct task_log log;

    if (task_log_read(&log, path, 0, &err))
        fail_msg("%s", err.text);
    return log;
}

static void what_was_noted_is_read_again(void **state)
{
    struct task_log log;
    (void)state;

    log = reading(); /* not there yet: empty */
    assert_int_equal(log.n, 0);
    task_log_close(&log);
    assert_int_equal(add("Write the report"), 1);
    assert_int_equal(add("\xff\x01 'any' \\ \"bytes\"\t"), 2);
    record("switch", 2);
    record("done", 1);
    log = reading();
    assert_int_equal(log.n, 2);
    assert_int_equal(log.current, 2);
    assert_int_equal(log.task[0].done, NOON + 60);
    assert_int_equal(log.task[0].added, NOON);
    assert_int_equal(log.task[1].done, -1);
    assert_int_equal(log.task[1].len, 19);
    assert_memory_equal(log.task[1].text, "\xff\x01 'any' \\ \"bytes\"\t", 19);
    assert_int_equal(log.damaged, 0);
    task_log_close(&log);
    record("done", 2);
    log = reading();
    assert_int_equal(log.current, 0); /* what is done is not at hand */
    task_log_close(&log);
}

/* The form that docs/tasks.md shows, byte for byte. */
static void a_record_looks_as_the_document_says(void **state)
{
    static const char want[] = "kiri tasks 1\n"
                               "0b57cabf 2026-11-21T08:15:30Z add 1 Write the report\n"
                               "826fedab 2026-11-21T17:02:11Z done 1\n";
    struct kiri_error err = { 0 };
    struct task_log log;
    char seen[256];
    (void)state;

    assert_int_equal(task_log_open(&log, path, 0, 5000, &err), 0);
    assert_int_equal(
        task_log_append(&log, 1795248930, "add", 1, "Write the report", &err), 0);
    task_log_close(&log);
    assert_int_equal(task_log_open(&log, path, 0, 5000, &err), 0);
    assert_int_equal(task_log_append(&log, 1795280531, "done", 1, NULL, &err), 0);
    task_log_close(&log);
    assert_int_equal(slurp(seen, sizeof seen), sizeof want - 1);
    assert_memory_equal(seen, want, sizeof want - 1);
}

/* A crash leaves any part of an append. The next one finds all that was whole, makes what
 * lacks only its newline whole, cuts off the rest, and is itself whole. */
static void a_crash_at_any_byte_costs_at_most_the_record_being_written(void **state)
{
    char before[512], after[512];
    size_t end[4] = { 0 }, n;
    (void)state;

    add("first");
    end[1] = slurp(before, sizeof before);
    add("second \xc3\xa4 two");
    end[2] = slurp(before, sizeof before);
    add("third");
    n = end[3] = slurp(before, sizeof before);
    for (size_t cut = 0; cut <= n; cut++) {
        uint64_t whole = 0;
        spill(before, cut);
        for (int i = 1; i < 4; i++)
            whole += cut + 1 >= end[i];
        struct task_log log = reading();
        assert_int_equal(log.n, whole);
        assert_int_equal(log.damaged, 0);
        task_log_close(&log);
        assert_int_equal(add("next"), whole + 1);
        log = reading();
        assert_int_equal(log.n, whole + 1);
        assert_int_equal(log.damaged, 0);
        assert_memory_equal(log.task[whole].text, "next", 4);
        task_log_close(&log);
        size_t m = slurp(after, sizeof after);
        assert_true(after[m - 1] == '\n');
        assert_memory_equal(after, before,
                            whole ? end[whole] : 13); /* nothing else moved */
    }
}

/* Blocks of a file that were never written read as zeros after a power cut. */
static void zeros_at_the_end_are_cut_off(void **state)
{
    char bytes[600] = { 0 };
    (void)state;

    add("first");
    size_t n = slurp(bytes, sizeof bytes);
    spill(bytes, n + 300);
    assert_int_equal(add("second"), 2);
    struct task_log log = reading();
    assert_int_equal(log.n, 2);
    assert_int_equal(log.damaged, 0);
    task_log_close(&log);
}

static void a_damaged_line_is_left_out_and_counted(void **state)
{
    char bytes[512];
    (void)state;

    add("first");
    add("second");
    add("third");
    size_t n = slurp(bytes, sizeof bytes), damaged = 0;
    for (size_t i = 13; i + 1 < n; i++) {
        if (bytes[i] == '\n')
            continue;
        bytes[i] ^= 4; /* any one bit */
        spill(bytes, n);
        struct task_log log = reading();
        assert_int_equal(log.n, 2);
        damaged += log.damaged;
        assert_int_equal(add("fourth") > log.last_id, 1);
        task_log_close(&log);
        bytes[i] ^= 4;
    }
    assert_true(damaged >= n - 13 - 8); /* a bit of "\n" makes two lines one */
}

static void what_is_no_log_is_left_alone(void **state)
{
    static const char *const files[] = {
        "buy milk\n", "kiri tasks 2\n", "kiri tasks 10\n", "kiri tasks 1 \n", "\n", "x"
    };
    char seen[64];
    (void)state;

    for (size_t i = 0; i < COUNT(files); i++) {
        struct kiri_error err = { 0 };
        struct task_log log;
        spill(files[i], strlen(files[i]));
        assert_int_equal(task_log_read(&log, path, 0, &err), -1);
        assert_int_equal(err.code, KIRI_BAD_DATA);
        task_log_close(&log);
        assert_int_equal(task_log_open(&log, path, 0, 5000, &err), -1);
        assert_int_equal(err.code, KIRI_BAD_DATA);
        task_log_close(&log);
        assert_int_equal(slurp(seen, sizeof seen), strlen(files[i]));
    }
}

/* A disk that is full, or a limit: nothing is noted, nothing is broken. */
static void a_record_that_does_not_fit_is_taken_back(void **state)
{
    struct rlimit was, tight;
    struct kiri_error err = { 0 };
    struct task_log log;
    char before[256], after[256];
    (void)state;

    add("first");
    size_t n = slurp(before, sizeof before);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    for (size_t room = 0; room < 40; room += 13) {
        tight = (struct rlimit){ .rlim_cur = n + room, .rlim_max = was.rlim_max };
        assert_int_equal(task_log_open(&log, path, 0, 5000, &err), 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        int rc = task_log_append(&log, NOON, "add", 2, "a text of some length", &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, KIRI_IO);
        task_log_close(&log);
        assert_int_equal(slurp(after, sizeof after), n);
        assert_memory_equal(after, before, n);
    }
    assert_int_equal(add("second"), 2);
}

static void several_write_at_once_and_no_number_is_given_twice(void **state)
{
    enum { WRITERS = 6, EACH = 20 };
    pid_t child[WRITERS];
    (void)state;

    for (int i = 0; i < WRITERS; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            for (int k = 0; k < EACH; k++)
                add("one of many");
            _exit(0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(TEMP_FAILURE_RETRY(waitpid(child[i], &status, 0)), child[i]);
        assert_int_equal(status, 0);
    }
    struct task_log log = reading();
    assert_int_equal(log.n, WRITERS * EACH);
    assert_int_equal(log.last_id, WRITERS * EACH);
    assert_int_equal(log.damaged, 0);
    task_log_close(&log);
}

/* A writer that is killed at any moment: what it was told is noted, is. */
static void what_was_acknowledged_is_there_after_a_kill(void **state)
{
    int rounds = getenv("KIRI_FULL") ? 1000 : 20;
    uint64_t acknowledged = 0;
    (void)state;

    srand(1);
    for (int i = 0; i < rounds; i++) {
        int said[2];
        assert_int_equal(pipe(said), 0);
        pid_t child = fork();
        if (child == 0) {
            for (;;) {
                uint64_t id = add("under fire");
                if (write(said[1], &id, sizeof id) != sizeof id)
                    _exit(1);
            }
        }
        close(said[1]);
        uint64_t id;
        int wanted = 1 + i % 5;
        while (wanted-- && read(said[0], &id, sizeof id) == sizeof id)
            acknowledged = id;
        struct timespec pause = { .tv_nsec = rand() % 300000 };
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        TEMP_FAILURE_RETRY(waitpid(child, NULL, 0));
        while (read(said[0], &id, sizeof id) == sizeof id)
            acknowledged = id;
        close(said[0]);
        struct task_log log = reading();
        if (log.last_id < acknowledged || log.n != log.last_id || log.damaged)
            fail_msg("round %d: %zu tasks, %u damaged, %llu were acknowledged", i, log.n,
                     log.damaged, (unsigned long long)acknowledged);
        task_log_close(&log);
    }
}

static void a_log_that_somebody_holds_is_waited_for_then_said(void **state)
{
    struct kiri_error err = { 0 };
    struct task_log holder, other;
    (void)state;

    add("first");
    assert_int_equal(task_log_open(&holder, path, 0, 0, &err), 0);
    assert_int_equal(task_log_open(&other, path, 0, 30, &err), -1);
    assert_int_equal(err.code, KIRI_HELD);
    task_log_close(&other);
    struct task_log log = reading(); /* readers need no lock */
    assert_int_equal(log.n, 1);
    task_log_close(&log);
    task_log_close(&holder);
    assert_int_equal(add("second"), 2);
}

static void a_new_log_and_its_folders_are_the_owners_alone(void **state)
{
    struct stat st;
    (void)state;

    snprintf(path, sizeof path, "%s/a/b/tasks.log", root);
    add("first");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

int main(void)
{
#define ON_A_LOG(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_A_LOG(what_was_noted_is_read_again),
        ON_A_LOG(a_record_looks_as_the_document_says),
        ON_A_LOG(a_crash_at_any_byte_costs_at_most_the_record_being_written),
        ON_A_LOG(zeros_at_the_end_are_cut_off),
        ON_A_LOG(a_damaged_line_is_left_out_and_counted),
        ON_A_LOG(what_is_no_log_is_left_alone),
        ON_A_LOG(a_record_that_does_not_fit_is_taken_back),
        ON_A_LOG(several_write_at_once_and_no_number_is_given_twice),
        ON_A_LOG(what_was_acknowledged_is_there_after_a_kill),
        ON_A_LOG(a_log_that_somebody_holds_is_waited_for_then_said),
        ON_A_LOG(a_new_log_and_its_folders_are_the_owners_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
