#include "flow/stream_breach.h"

#include "flow/calibrate.h"

#include <math.h>

static double log_depth(double depth)
{
    return log(fmin(depth, BREACH_DEEPEST) / BREACH_MARGIN);
}

/* Of exchangeable rows. */
static double by_chance(uint32_t rows)
{
    return 2.0 / (rows + 1.0);
}

double breach_rate(const struct breaches *b, uint32_t rows)
{
    return fmin(1, by_chance(rows) * (b->seen + 1) / (b->expected + 1));
}

double breach_tail(const struct breaches *b, uint32_t rows, double depth)
{
    if (!(depth > BREACH_MARGIN) || rows < BREACH_ENOUGH)
        return 1;
    double deep = log1p(log_depth(depth) / (b->depth + 1));
    return breach_rate(b, rows) * exp(-(b->seen + 1) * deep);
}

void breach_add(struct breaches *b, uint32_t rows, double depth)
{
    const double keep = 1 - 1.0 / PAST_ROWS;

    if (rows < BREACH_ENOUGH || isnan(depth))
        return;
    b->expected = keep * b->expected + by_chance(rows);
    b->seen *= keep;
    b->depth *= keep;
    if (depth > BREACH_MARGIN) {
        b->seen += 1;
        b->depth += log_depth(depth);
    }
}

void breach_take_back(struct breaches *b, double depth, uint64_t ago)
{
    if (!(depth > BREACH_MARGIN) || !ago)
        return;
    double left = pow(1 - 1.0 / PAST_ROWS, (double)(ago - 1));
    b->seen = fmax(0, b->seen - left);
    b->depth = fmax(0, b->depth - left * log_depth(depth));
}
