/* trial_together.c - what does not go one after the other: a second instance, signals. */
#include "load/abuse/globals.h"
#include "load/abuse/trial.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#define COLLECTS  200
#define PAIR_MS   1000
#define SIGNAL_US 1000

/* ---- pairs ---------------------------------------------------------------------- */

/* A step of one instance's life, on a thread of its own. */
struct step {
    struct life *life;
    void (*run)(struct step *s);
    int rc;
};

static void *run_step(void *ctx)
{
    struct step *s = ctx;

    s->run(s);
    return NULL;
}

static void step_open(struct step *s)
{
    s->rc = life_start(s->life);
}

static void step_collect(struct step *s)
{
    life_collect_many(s->life, COLLECTS, PAIR_MS);
    s->rc = life_schema(s->life);
}

static void step_close(struct step *s)
{
    life_close(s->life);
}

/* Both at once, each on a new thread. */
static void both(struct step pair[2], void (*run)(struct step *s))
{
    pthread_t thread[2];
    int started[2];

    for (int i = 0; i < 2; i++) {
        pair[i].run = run;
        started[i] = pthread_create(&thread[i], NULL, run_step, &pair[i]) == 0;
        if (!started[i])
            run_step(&pair[i]);
    }
    for (int i = 0; i < 2; i++)
        if (started[i])
            pthread_join(thread[i], NULL);
}

void trial_pairs(struct trial *t)
{
    struct step pair[2] = { { .life = life_new(t, 0) }, { .life = life_new(t, 1) } };

    trial_when(t, " while a second instance runs");
    both(pair, step_open);
    if (pair[0].rc == 0 && pair[1].rc == 0) {
        both(pair, step_collect);
        if (pair[0].rc == 0 && pair[1].rc == 0 &&
            kiri_schema_hash(pair[0].life->schema) !=
                kiri_schema_hash(pair[1].life->schema))
            trial_find(t, "schema-differs", "schema",
                       "it may depend on the options, and on nothing else",
                       "two instances with the same options have different schemas");
        both(pair, step_close);
        globals_hold(t, t->globals, "collect");
    } else {
        for (int i = 0; i < 2; i++)
            if (pair[i].rc == 0)
                life_close(pair[i].life);
    }
    life_free(pair[0].life);
    life_free(pair[1].life);
}

/* ---- signals -------------------------------------------------------------------- */

static void hear_nothing(int number)
{
    (void)number;
}

/* 1,000 a second, and whatever waits is interrupted: no SA_RESTART. */
static void interrupt(int on)
{
    const struct sigaction heard = { .sa_handler = on ? hear_nothing : SIG_IGN };
    const struct itimerval often = { .it_interval.tv_usec = on ? SIGNAL_US : 0,
                                     .it_value.tv_usec = on ? SIGNAL_US : 0 };

    if (on)
        sigaction(SIGALRM, &heard, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    if (!on)
        sigaction(SIGALRM, &heard, NULL);
}

void trial_signals(struct trial *t)
{
    struct life *l = life_new(t, 0);
    uint32_t before, n;

    if (life_start(l) == 0) {
        n = life_collect_many(l, COLLECTS, PAIR_MS);
        before = l->n_failed;
        trial_when(t, " while signals interrupt it");
        interrupt(1);
        n += life_collect_many(l, 5 * COLLECTS, PAIR_MS);
        interrupt(0);
        if (!before && l->n_failed)
            trial_find(t, "eintr", "collect", "try again when errno is EINTR",
                       "collect() fails %u of %u times", l->n_failed, n);
        interrupt(1);
        life_close(l);
        interrupt(0);
    }
    life_free(l);
}
