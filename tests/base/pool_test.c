/* pool_test.c - jobs run in the order given, none is dropped, a stuck one holds nobody.
 */
#include "test.h"

#include "base/pool.h"

#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { PATIENCE = 20000 }; /* ms: far beyond what a busy machine needs */

struct work {
    struct pool_job job;
    int id;
    struct book *book;
};

/* What the jobs write down. */
struct book {
    pthread_mutex_t lock;
    int order[1000], n;
    atomic_int done;
    sem_t go, begun;
    struct pool *pool;
    int refused;
    char name[16];
    int policy, term_blocked;
    struct work again;
};

/* A signal is no go. */
static void wait_for(sem_t *sem)
{
    while (sem_wait(sem))
        continue;
}

static void write_down(struct pool_job *job)
{
    struct work *w = (struct work *)job;

    pthread_mutex_lock(&w->book->lock);
    w->book->order[w->book->n++] = w->id;
    pthread_mutex_unlock(&w->book->lock);
}

static void count(struct pool_job *job)
{
    atomic_fetch_add(&((struct work *)job)->book->done, 1);
}

static int new_book(void **state)
{
    static struct book book;

    memset(&book, 0, sizeof book);
    pthread_mutex_init(&book.lock, NULL);
    sem_init(&book.go, 0, 0);
    sem_init(&book.begun, 0, 0);
    *state = &book;
    return 0;
}

static int close_book(void **state)
{
    struct book *b = *state;

    sem_destroy(&b->go);
    sem_destroy(&b->begun);
    pthread_mutex_destroy(&b->lock);
    return 0;
}

static void one_thread_runs_jobs_in_order_and_drops_none(void **state)
{
    enum { JOBS = 1000 };
    static struct work w[JOBS];
    struct book *b = *state;
    struct pool *p = pool_new("one", 1, 0);

    assert_non_null(p);
    for (int i = 0; i < JOBS; i++) {
        w[i] = (struct work){ { .run = write_down, .done = count }, i, b };
        assert_int_equal(pool_run(p, &w[i].job), 0);
    }
    assert_int_equal(pool_stop(p, PATIENCE), 0); /* most of them have yet to run */
    assert_int_equal(b->n, JOBS);
    assert_int_equal(atomic_load(&b->done), JOBS);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(b->order[i], i);
}

static void many_threads_run_each_job_once(void **state)
{
    enum { JOBS = 1000 };
    static struct work w[JOBS];
    static unsigned char seen[JOBS];
    struct book *b = *state;
    struct pool *p = pool_new("four", 4, 0);

    assert_non_null(p);
    for (int i = 0; i < JOBS; i++) {
        w[i] = (struct work){ { .run = write_down, .done = count }, i, b };
        assert_int_equal(pool_run(p, &w[i].job), 0);
    }
    assert_int_equal(pool_stop(p, PATIENCE), 0);
    assert_int_equal(b->n, JOBS);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(seen[b->order[i]]++, 0);
}

static void wait_for_go(struct pool_job *job)
{
    struct work *w = (struct work *)job;

    sem_post(&w->book->begun);
    wait_for(&w->book->go);
}

/* Two jobs that each wait for the same signal only end if they run at the same time. */
static void two_threads_run_at_the_same_time(void **state)
{
    struct book *b = *state;
    struct work w[2];
    struct pool *p = pool_new("two", 2, 0);

    assert_non_null(p);
    for (int i = 0; i < 2; i++) {
        w[i] = (struct work){ { .run = wait_for_go, .done = count }, i, b };
        assert_int_equal(pool_run(p, &w[i].job), 0);
    }
    wait_for(&b->begun);
    wait_for(&b->begun);
    sem_post(&b->go);
    sem_post(&b->go);
    assert_int_equal(pool_stop(p, PATIENCE), 0);
    assert_int_equal(atomic_load(&b->done), 2);
}

static void what_no_thread_has_begun_can_be_taken_back(void **state)
{
    struct book *b = *state;
    struct work first = { { .run = wait_for_go, .done = count }, 0, b }, w[3];
    struct pool *p = pool_new("one", 1, 0);

    assert_non_null(p);
    assert_int_equal(pool_run(p, &first.job), 0);
    wait_for(&b->begun);
    for (int i = 0; i < 3; i++) {
        w[i] = (struct work){ { .run = write_down, .done = count }, i, b };
        assert_int_equal(pool_run(p, &w[i].job), 0);
    }
    assert_int_equal(pool_take_back(p, &first.job), -1); /* it runs */
    assert_int_equal(pool_take_back(p, &w[2].job), 0);
    assert_int_equal(pool_take_back(p, &w[0].job), 0);
    assert_int_equal(pool_take_back(p, &w[0].job), -1); /* it is ours */
    assert_int_equal(pool_run(p, &w[2].job), 0);
    sem_post(&b->go);
    assert_int_equal(pool_stop(p, PATIENCE), 0);
    assert_int_equal(b->n, 2);
    assert_true(b->order[0] == 1 && b->order[1] == 2);
    assert_int_equal(atomic_load(&b->done), 3);
}

static void look_around(struct pool_job *job)
{
    struct book *b = ((struct work *)job)->book;
    struct sched_param unused;
    sigset_t blocked;

    pthread_getname_np(pthread_self(), b->name, sizeof b->name);
    pthread_getschedparam(pthread_self(), &b->policy, &unused);
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    b->term_blocked = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGINT);
}

static void threads_have_a_name_and_leave_signals_alone(void **state)
{
    struct book *b = *state;
    struct work w = { { .run = look_around, .done = count }, 0, b };
    struct pool *p = pool_new("a-very-long-name", 1, 0);

    assert_non_null(p);
    assert_int_equal(pool_run(p, &w.job), 0);
    assert_int_equal(pool_stop(p, PATIENCE), 0);
    assert_string_equal(b->name, "a-very-long");
    assert_int_equal(b->policy, SCHED_OTHER);
    assert_true(b->term_blocked);
}

static void an_idle_pool_yields_to_everybody(void **state)
{
    struct book *b = *state;
    struct work w = { { .run = look_around, .done = count }, 0, b };
    struct pool *p = pool_new("learn", 1, 1);

    assert_non_null(p);
    assert_int_equal(pool_run(p, &w.job), 0);
    assert_int_equal(pool_stop(p, PATIENCE), 0);
    assert_int_equal(b->policy, SCHED_IDLE);
}

static void stopping_an_empty_pool_or_none_is_fine(void **state)
{
    (void)state;
    assert_int_equal(pool_stop(pool_new("idle", 3, 0), PATIENCE), 0);
    assert_int_equal(pool_stop(NULL, 0), 0);
}

/* Runs while the pool is stopping: its own request must be turned away. */
static void ask_for_more(struct pool_job *job)
{
    struct book *b = ((struct work *)job)->book;

    sem_post(&b->begun);
    wait_for(&b->go);
    b->again = (struct work){ { .run = write_down, .done = count }, 1, b };
    b->refused = pool_run(b->pool, &b->again.job) == -1;
}

static void a_stuck_job_is_left_behind_and_new_ones_are_refused(void **state)
{
    static struct pool *left; /* it leaks on purpose: its thread may still touch it */
    struct book *b = *state;
    struct work w = { { .run = ask_for_more, .done = count }, 0, b };

    left = pool_new("stuck", 1, 0);
    assert_non_null(left);
    b->pool = left;
    assert_int_equal(pool_run(left, &w.job), 0);
    wait_for(&b->begun);
    assert_int_equal(pool_stop(left, 1), -1);
    sem_post(&b->go);
    while (!atomic_load(&b->done))
        sched_yield();
    assert_true(b->refused);
    assert_int_equal(b->n, 0);
}

int main(void)
{
#define WITH_BOOK(test) cmocka_unit_test_setup_teardown(test, new_book, close_book)
    const struct CMUnitTest tests[] = {
        WITH_BOOK(one_thread_runs_jobs_in_order_and_drops_none),
        WITH_BOOK(many_threads_run_each_job_once),
        WITH_BOOK(two_threads_run_at_the_same_time),
        WITH_BOOK(what_no_thread_has_begun_can_be_taken_back),
        WITH_BOOK(threads_have_a_name_and_leave_signals_alone),
        WITH_BOOK(an_idle_pool_yields_to_everybody),
        WITH_BOOK(stopping_an_empty_pool_or_none_is_fine),
        WITH_BOOK(a_stuck_job_is_left_behind_and_new_ones_are_refused),
    };
#undef WITH_BOOK
    return cmocka_run_group_tests(tests, NULL, NULL);
}
