/*
 * RELIABILITY A2 for the store: processes that put 1,000 rows a second are killed at 20
 * moments, ten stores side by side, each twice. The files are whole, and at most a second
 * of observations is lost.
 */
#include "base/clock.h"
#include "room.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LANES = 10, ROUNDS = 2, MOST = 4096, SLACK_MS = 1200 };

/* One store, and what its process had put when it died, and when: shared memory outlives
 * it. */
struct lane {
    char dir[sizeof room];
    pid_t child;
    int64_t died;
    uint64_t last;     /* newest id in the file after the kill before */
    uint64_t first, n; /* ids first .. first + n - 1 were put */
    int64_t at[MOST];  /* mono ms of each put */
};

static void live(struct lane *d)
{
    const struct timespec moment = { .tv_nsec = 900000 };
    struct store *s = store_open(room, NULL, NULL);

    if (!s)
        _exit(1);
    d->first = store_next_id(s);
    for (uint64_t i = 0; i < MOST; i++) {
        d->at[i] = clock_mono(&clock_system);
        put_obs(s, "pulse", d->first + i);
        __atomic_store_n(&d->n, i + 1, __ATOMIC_RELEASE);
        nanosleep(&moment, NULL);
    }
    _exit(2); /* nobody came */
}

static void start(struct lane *d)
{
    pid_t child;

    memcpy(room, d->dir, sizeof room);
    d->first = d->n = 0;
    child = fork();
    assert_true(child >= 0);
    if (!child)
        live(d);
    d->child = child; /* the parent's word: the memory is the child's, too */
}

static void end(struct lane *d)
{
    int status;

    kill(d->child, SIGKILL);
    d->died = clock_mono(&clock_system);
    assert_int_equal(TEMP_FAILURE_RETRY(waitpid(d->child, &status, 0)), d->child);
    assert_true(WIFSIGNALED(status));
}

/* Returns whether it had lived long enough to have something that must be there. */
static int judge(struct lane *d)
{
    uint64_t newest, must = 0;

    memcpy(room, d->dir, sizeof room);
    newest = (uint64_t)ask_file("SELECT coalesce(max(id), 0) FROM obs");
    assert_int_equal(
        ask_file("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(ask_file("SELECT count(*) = coalesce(max(id), 0) FROM obs"), 1);
    assert_true(newest >= d->last); /* nothing committed goes */
    if (d->n) {
        assert_int_equal(d->first, d->last + 1); /* ids rise, none comes twice */
        for (uint64_t i = 0; i < d->n; i++)
            if (d->at[i] < d->died - SLACK_MS)
                must = d->first + i;
        assert_true(newest >= must);
    }
    d->last = newest;
    return must > 0;
}

static void at_most_a_second_is_lost_whenever_it_dies(void **state)
{
    struct lane *lane = mmap(NULL, LANES * sizeof *lane, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct timespec step = { .tv_nsec = 190000000 };
    int old_enough = 0;

    (void)state;
    assert_ptr_not_equal(lane, MAP_FAILED);
    for (int i = 0; i < LANES; i++) {
        assert_int_equal(open_room(NULL), 0);
        memcpy(lane[i].dir, room, sizeof room);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < LANES; i++)
            start(&lane[i]);
        for (int i = 0; i < LANES; i++) { /* at .2 to 1.9 s: around one and two commits */
            struct timespec left = step;
            TEMP_FAILURE_RETRY(nanosleep(&left, &left));
            end(&lane[(i + 3 * round) % LANES]);
        }
        for (int i = 0; i < LANES; i++)
            old_enough += judge(&lane[i]);
    }
    assert_true(old_enough >= 4);
    for (int i = 0; i < LANES; i++) {
        memcpy(room, lane[i].dir, sizeof room);
        close_room(NULL);
    }
    munmap(lane, LANES * sizeof *lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_a_second_is_lost_whenever_it_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
