#include "flow/stream_runs.h"

#define PART  200u /* the greatest part ... */
#define RARE  0.02 /* what is more likely makes no runs worth counting */
#define LEAST 10u  /* ... or so many */

double runs_share(const struct past *p)
{
    uint32_t top = p->n / PART > LEAST ? p->n / PART : LEAST, quiet = QUIET_ROWS;
    uint32_t above = 0, runs = 0, oldest = p->n == PAST_ROWS ? p->at : 0;

    if (p->n < PAST_ENOUGH)
        return 1;
    float level = p->sorted[p->n - top - 1];
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t at = oldest + i < PAST_ROWS ? oldest + i : oldest + i - PAST_ROWS;
        if (!(p->ring[at] > level)) {
            quiet++;
            continue;
        }
        above++;
        runs += quiet >= QUIET_ROWS;
        quiet = 0;
    }
    return (runs + 1.0) / (above + 1.0); /* one more of each: a few are no measure */
}

double runs_tail(const struct past *p, double x)
{
    double tail = past_tail(p, x);

    return tail > RARE ? tail : tail * runs_share(p);
}
