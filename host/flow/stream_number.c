/*
 * Calibration of streams of one number: the means of six clipped excesses and of six
 * clipped distances from the middle, each measured against all rows before it; the one
 * that is farther out, and then the rules.
 */
#include "flow/stream_lessons.h"
#include "flow/stream_state.h"

#include <math.h>
#include <string.h>

#define CLIP       6.0f /* nats, or deviations: beyond, odder is not told apart */
#define LEVEL_MOST 10.0 /* decades before the range rule's */

_Static_assert(RULES_ONCE == STREAM_ONCE, "stream.h says how many");

static float part_of(float x)
{
    return fminf(fmaxf(x, 0), CLIP) / CLIP;
}

/* What the row is gauged by: by what surprises the model, and by how far out the number
 * is, for a model that has learned what follows what is not surprised by a value that is
 * rare and was announced. Means of six, as parts of CLIP. */
static void measure(struct stream *s, float excess, double far, float by[STATISTICS])
{
    memset(by, 0, STATISTICS * sizeof *by);
    by[BY_SIX] = stream_mean_of_six(&s->six, part_of(excess));
    by[BY_FIELD] = stream_mean_of_six(&s->far, part_of((float)far));
}

int stream_calibrate_rehearsed(struct stream *s, float excess, double far)
{
    float by[STATISTICS];

    measure(s, excess, far, by);
    rules_hold(&s->rules, yardsticks_score(&s->yard, by));
    return yardsticks_gauge(&s->yard, by);
}

/* P(a row is so odd by either of the two levels): two chances are at most twice as many.
 * Levels of few rows say nothing yet. */
static double tail_of_levels(const struct stream *s, const float *by)
{
    static const enum statistic level[] = { BY_ROW, BY_WORST };
    double least = 1, levels = 0;

    for (uint32_t k = 0; k < sizeof level / sizeof *level; k++)
        if (yardsticks_tells(&s->yard, level[k], by, TAIL_ROWS)) {
            const struct past *past = &s->yard.of[level[k]].tail;
            least = fmin(least, past_tail(past, (double)by[level[k]]));
            levels++;
        }
    return levels > 0 ? fmin(1, least * levels) : 1;
}

/* P(a row is so odd by a level or by a breach of the range). The levels leave the
 * breaches the part of the budget that these can take, for a test that cannot be so rare
 * takes no more than it can (Tarone, "A modified Bonferroni method for discrete data",
 * 1990): together P(tail <= p) is at most p where breaches are rarer than p / 2, else at
 * most 1.5 p. Breaches have the warm-up's past, but the first rows have seen the
 * training. */
static double tail_of(const struct stream *s, const float *by, double depth)
{
    const struct breaches *b = &s->rules.breaches;
    uint32_t rows = rules_rows(&s->rules);
    double by_level = tail_of_levels(s, by);
    double by_range = s->scored < START_ROWS ? 1 : breach_tail(b, rows, depth);

    return fmin(by_range, fmin(1, by_level + fmin(by_level, breach_rate(b, rows))));
}

/* A level of one gauge as tails remember it: of an incident one row. */
static float once_of(struct stream *s, enum rules_level which, enum statistic gauge,
                     const float *by)
{
    double level = gauge_score(&s->yard.of[gauge].gauge, (double)by[gauge]);

    return (float)rules_once(&s->rules, which, fmin(level, LEVEL_MOST),
                             s->options.alarm_rate);
}

/* The hold would let nothing be odd for a fifth of the warm-up after anything was: the
 * tail is that of the levels before it, of which one row in so many counts as the budget
 * allows. */
int stream_calibrate_number(struct stream *s, float excess, double depth, double far,
                            struct verdict *out)
{
    float by[STATISTICS];

    measure(s, excess, far, by);
    double level = fmin(yardsticks_score(&s->yard, by), LEVEL_MOST);
    by[BY_ROW] = once_of(s, LEVEL_SURPRISE, BY_SIX, by);
    by[BY_WORST] = once_of(s, LEVEL_FAR, BY_FIELD, by);
    out->score = (float)rules_hold(&s->rules, level + rules_range(depth));
    out->tail = (float)tail_of(s, by, depth);
    out->row_tail = out->tail;
    if (!s->options.past_off && yardsticks_gauge(&s->yard, by))
        return -1;
    stream_tell_alarm(s, out);
    if (s->options.past_off)
        return 0;
    uint32_t counted = stream_counts(s, out);
    lessons_measure(s, by, depth, counted);
    if (!counted)
        return 0;
    if (yardsticks_tail(&s->yard, by))
        return -1;
    rules_breach(&s->rules, depth);
    return 0;
}
