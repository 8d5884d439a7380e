/* trial_repeat.c - what only shows after many times: leaks, growth, chatter. */
#include "load/abuse/measure.h"
#include "load/abuse/trial.h"

#include "base/clock.h"

#include <inttypes.h>

#define LIVES    100
#define LIVES_MS 2500 /* for these many; an atom that is slow to open has fewer */
#define FEWEST   10
#define COLLECTS 10 /* of each life */
#define CHUNK    16 /* bytes: less for each is noise */
#define MAPPED   4096
#define ROUND    1000
#define ROUND_MS 1500

struct growth {
    int lives;
    int64_t heap, mapped; /* for each life */
    int fds, threads;     /* in all */
};

/* Lives of so many collects, and what they have left. -1: it could not be opened. */
static int live(struct trial *t, int lives, int collects, struct growth *g)
{
    int64_t until = clock_mono(&clock_system) + LIVES_MS;
    struct measure before, after;

    *g = (struct growth){ .lives = 0 };
    measure_now(&before);
    while (g->lives < lives && clock_mono(&clock_system) < until) {
        struct life *l = life_new(t, 0);
        int rc = life_start(l);

        for (int i = 0; rc == 0 && i < collects; i++)
            life_collect(l);
        if (rc == 0)
            life_close(l);
        life_free(l);
        if (rc)
            return -1;
        g->lives++;
    }
    if (!g->lives)
        return -1;
    measure_threads(before.threads, 200);
    measure_now(&after);
    g->heap = (after.heap - before.heap) / g->lives;
    g->mapped = (after.mapped - before.mapped) / g->lives;
    g->fds = after.fds - before.fds;
    g->threads = after.threads - before.threads;
    return 0;
}

static void judge_memory(struct trial *t, const struct growth *bare,
                         const struct growth *full)
{
    int64_t each = (full->heap - bare->heap) / COLLECTS;

    if (full->threads > 0)
        return; /* each has a stack and more: joining them is what is missing */
    if (bare->heap >= CHUNK)
        trial_find(t, "leak", "open", "free in close() all that open() has got",
                   "%" PRId64 " bytes are lost with each open() and close()", bare->heap);
    else if (full->heap >= CHUNK)
        trial_find(t, "leak", "collect", "free it, at the latest in close()",
                   "collect() loses %" PRId64 " bytes at each call",
                   each > 0 ? each : INT64_C(1));
    else if (full->mapped >= MAPPED)
        trial_find(t, "mapping", "close", "munmap() in close() what it has mapped",
                   "%" PRId64 " KiB more stay mapped with each life",
                   full->mapped / 1024);
}

static void judge_rest(struct trial *t, const struct growth *bare,
                       const struct growth *full)
{
    const char *where = bare->fds * 2 >= bare->lives ? "open" : "collect";

    if (full->fds * 2 >= full->lives)
        trial_find(t, "fd-leak", where, "close them, at the latest in close()",
                   "%d descriptors stay open after %d lives: %s() opens what nobody "
                   "closes",
                   full->fds, full->lives, where);
    if (full->threads > 0)
        trial_find(t, "thread", "close", "join them in close()",
                   "%d threads live after close() of %d lives", full->threads,
                   full->lives);
    if (measure_children() > 0)
        trial_find(t, "child", "close", "end and wait for it in close()",
                   "it leaves a child process behind after close()");
}

void trial_leaks(struct trial *t)
{
    struct growth warm, bare, full;

    if (live(t, FEWEST, COLLECTS, &warm) || live(t, LIVES, 0, &bare) ||
        live(t, LIVES, COLLECTS, &full))
        return;
    if (bare.lives < FEWEST || full.lives < FEWEST) {
        trial_note(t, "only %d lives could be tried in %d s: leaks were not looked for",
                   full.lives, LIVES_MS / 1000);
        return;
    }
    judge_memory(t, &bare, &full);
    judge_rest(t, &bare, &full);
}

/* ---- long ----------------------------------------------------------------------- */

/* What close() does not give back is a leak, which another trial finds. */
static void judge_growth(struct trial *t, const struct measure m[3],
                         const struct measure *before, const struct measure *after,
                         uint32_t n)
{
    int64_t first = m[1].heap - m[0].heap, second = m[2].heap - m[1].heap;
    int64_t kept = after->heap - before->heap;
    int fds = m[2].fds - m[1].fds;

    if (n == 0)
        return;
    if (first / n >= CHUNK && second / n >= CHUNK && kept < second)
        trial_find(t, "growth", "collect", "bound what it remembers",
                   "collect() keeps %" PRId64 " more bytes at each call", second / n);
    if (fds * 2 >= (int)n && after->fds - before->fds < fds)
        trial_find(t, "fd-growth", "collect", "close what it opens before it returns",
                   "collect() keeps another descriptor open at each call");
}

void trial_long(struct trial *t)
{
    struct life *l = life_new(t, 0);
    struct measure before, m[3], after;
    uint32_t n, all;

    measure_now(&before);
    if (life_start(l) == 0) {
        all = life_collect_many(l, ROUND / 5, ROUND_MS);
        measure_now(&m[0]);
        n = life_collect_many(l, ROUND, ROUND_MS);
        measure_now(&m[1]);
        all += n + life_collect_many(l, n, 2 * ROUND_MS);
        measure_now(&m[2]);
        if (all >= ROUND / 10 && l->served.lines >= all && l->n_failed * 2 < all)
            trial_find(t, "chatter", "log",
                       "say what changes, once; a host shows 10 lines a second",
                       "it logs %" PRIu64 " lines in %u collects", l->served.lines, all);
        life_close(l);
        measure_now(&after);
        judge_growth(t, m, &before, &after, n);
    }
    life_free(l);
}
