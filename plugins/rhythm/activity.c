#include "activity.h"

#include <math.h>

static int64_t at_most(int64_t most, int64_t x)
{
    return x < most ? x : most;
}

/* Input after a pause. Of the time between two looks only the last input is known; so a
 * pause is what was certainly one: up to the look before. */
static void input(struct activity *a, int64_t last)
{
    int64_t quiet_until = a->looked ? a->looked : last;

    if (a->past.begun == 0 || quiet_until - a->past.last >= a->break_ms)
        a->past.begun = last;
    a->past.last = last;
}

void activity_look(struct activity *a, int64_t now, int64_t last)
{
    a->past.last = at_most(now, a->past.last);
    a->past.begun = at_most(now, a->past.begun);
    a->looked = at_most(now, a->looked);
    last = at_most(now, last);

    if (a->looked) {
        a->seen_ms += now - a->looked;
        if (last > a->looked)
            a->busy_ms += now - a->looked;
    }
    if (last > a->past.last)
        input(a, last);
    a->looked = now;
}

void activity_blind(struct activity *a)
{
    a->looked = 0;
}

double activity_idle(const struct activity *a, int64_t now)
{
    return a->past.last ? (double)(now - a->past.last) / 1000 : NAN;
}

double activity_focus(const struct activity *a, int64_t now)
{
    if (a->past.begun == 0 || now - a->past.last >= a->break_ms)
        return 0;
    return (double)(a->past.last - a->past.begun) / 60000;
}

double activity_share(struct activity *a)
{
    double share = a->seen_ms > 0 ? 100 * (double)a->busy_ms / (double)a->seen_ms : NAN;

    a->busy_ms = a->seen_ms = 0;
    return share;
}
