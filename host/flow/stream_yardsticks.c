#include "flow/stream_yardsticks.h"

static int gauged(const struct yardsticks *y, uint32_t i, const float *by)
{
    return y->gauged >> i & 1 && by[i] > NOT_MEASURED;
}

static int tailed(const struct yardsticks *y, uint32_t i, const float *by)
{
    return y->tailed >> i & 1 && by[i] > NOT_MEASURED;
}

int yardsticks_gauge(struct yardsticks *y, const float *by)
{
    for (uint32_t i = 0; i < STATISTICS; i++)
        if (gauged(y, i, by) && gauge_add(&y->of[i].gauge, by[i]))
            return -1;
    return 0;
}

int yardsticks_tail(struct yardsticks *y, const float *by)
{
    for (uint32_t i = 0; i < STATISTICS; i++)
        if (tailed(y, i, by) && past_add(&y->of[i].tail, by[i]))
            return -1;
    return 0;
}

void yardsticks_leave_gauges(struct yardsticks *y, const float *by)
{
    for (uint32_t i = 0; i < STATISTICS; i++)
        if (gauged(y, i, by))
            past_remove(&y->of[i].gauge.past, by[i]);
}

void yardsticks_leave_tails(struct yardsticks *y, const float *by)
{
    for (uint32_t i = 0; i < STATISTICS; i++)
        if (tailed(y, i, by))
            past_remove(&y->of[i].tail, by[i]);
}

void yardsticks_leave_tails_about(struct yardsticks *y, const float *by)
{
    for (uint32_t i = 0; i < STATISTICS; i++)
        if (tailed(y, i, by))
            past_remove_most(&y->of[i].tail, by[i]);
}

int yardsticks_tells(const struct yardsticks *y, uint32_t i, const float *by,
                     uint32_t enough)
{
    return tailed(y, i, by) && y->of[i].tail.n >= enough;
}

void yardsticks_resum(struct yardsticks *y)
{
    for (uint32_t i = 0; i < STATISTICS; i++)
        if (y->gauged >> i & 1)
            gauge_resum(&y->of[i].gauge);
}

double yardsticks_score(const struct yardsticks *y, const float *by)
{
    double most = 0;

    for (uint32_t i = 0; i < STATISTICS; i++) {
        double score = gauged(y, i, by) ? gauge_score(&y->of[i].gauge, (double)by[i]) : 0;
        if (score > most)
            most = score;
    }
    return most;
}

uint32_t yardsticks_share(const struct yardsticks *y)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < BY_LEAST; i++)
        n += y->tailed >> i & 1;
    return n;
}

void yardsticks_fini(struct yardsticks *y)
{
    for (uint32_t i = 0; i < STATISTICS; i++) {
        gauge_fini(&y->of[i].gauge);
        past_fini(&y->of[i].tail);
    }
}
