/* trial_memory.c - memory that runs out: each request of the atom's own code fails once.
 */
#include "load/abuse/hooks.h"
#include "load/abuse/measure.h"
#include "load/abuse/trial.h"

#include "base/clock.h"

#define MOST_REQUEST 300  /* requests of one callback */
#define CHUNK        16   /* bytes: less for each is noise */
#define TIMES        20   /* the same failure again, to see what is lost */
#define SHORT_MS     3000 /* for all of open() */

/* open() whose nth request fails, and a short life if it succeeds all the same: 1 if
 * there was such a request. */
static int open_short(struct trial *t, unsigned n)
{
    struct life *l = life_new(t, 0);
    int failed, rc;

    hooks_fail(n);
    rc = life_open(l);
    failed = hooks_failed();
    if (rc == KIRI_OK && life_schema(l) == 0)
        life_collect(l);
    life_close(l);
    life_free(l);
    return failed;
}

/* The same some times: bytes that are lost each time. The C library keeps up to seven
 * freed blocks of a size aside, which are no loss. */
static int64_t lost_by(struct trial *t, unsigned n)
{
    struct measure before, after;

    measure_now(&before);
    for (int i = 0; i < TIMES; i++)
        open_short(t, n);
    measure_now(&after);
    return (after.heap - before.heap) / TIMES;
}

static void short_open(struct trial *t)
{
    int64_t until = clock_mono(&clock_system) + SHORT_MS, usual, lost;

    (void)lost_by(t, 0);
    usual = lost_by(t, 0);
    for (unsigned n = 1; n <= MOST_REQUEST && clock_mono(&clock_system) < until; n++) {
        trial_when(t, " when request %u of open() for memory fails", n);
        if (!open_short(t, n))
            return;
        lost = lost_by(t, n) - usual;
        if (lost >= CHUNK)
            trial_find(t, "leak-short", "open", "give back what it had got by then",
                       "open() loses memory");
    }
}

static void short_collect(struct trial *t)
{
    struct life *l = life_new(t, 0);
    int failed = 1;

    trial_when(t, "%s", "");
    if (life_start(l) == 0) {
        life_collect(l);
        for (unsigned n = 1; failed && n <= MOST_REQUEST; n++) {
            trial_when(t, " when request %u of collect() for memory fails", n);
            hooks_fail(n);
            life_collect(l);
            failed = hooks_failed();
            life_collect(l); /* it must be able to go on */
        }
        life_close(l);
    }
    life_free(l);
}

void trial_memory(struct trial *t)
{
    if (!t->hooked) {
        trial_skip(t, "its own code asks for none");
        return;
    }
    short_open(t);
    short_collect(t);
}
