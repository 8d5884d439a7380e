/*
 * Calibration of streams of one number: the mean of six clipped excesses, measured
 * against all rows before it, and then the rules.
 */
#include "flow/stream_lessons.h"
#include "flow/stream_state.h"

#include <math.h>

#define CLIP       6.0f /* nats: beyond, odder is not told apart */
#define LEVEL_MOST 10.0 /* decades before the range rule's */

_Static_assert(RULES_ONCE == STREAM_ONCE, "stream.h says how many");

/* The mean of six clipped excesses, as parts of CLIP. */
static float part_of(struct stream *s, float excess)
{
    return stream_mean_of_six(s, fminf(fmaxf(excess, 0), CLIP) / CLIP);
}

int stream_calibrate_rehearsed(struct stream *s, float excess)
{
    float six = part_of(s, excess);

    rules_hold(&s->rules, gauge_score(&s->yard.of[BY_SIX].gauge, (double)six));
    return gauge_add(&s->yard.of[BY_SIX].gauge, six);
}

/* P(a row is so odd by its level or by a breach of the range). The level leaves the
 * breaches the part of the budget that these can take, for a test that cannot be so rare
 * takes no more than it can (Tarone, "A modified Bonferroni method for discrete data",
 * 1990): together P(tail <= p) is at most p where breaches are rarer than p / 2, else at
 * most 1.5 p. Levels of few rows say nothing yet; breaches have the warm-up's, but the
 * first rows have seen the training. */
static double tail_of(const struct stream *s, double once, double depth)
{
    const struct breaches *b = &s->rules.breaches;
    uint32_t rows = rules_rows(&s->rules);
    double by_level = s->yard.of[BY_ROW].tail.n < TAIL_ROWS
                          ? 1
                          : past_tail(&s->yard.of[BY_ROW].tail, once);
    double by_range = s->scored < START_ROWS ? 1 : breach_tail(b, rows, depth);

    return fmin(by_range, fmin(1, by_level + fmin(by_level, breach_rate(b, rows))));
}

/* The hold would let nothing be odd for a fifth of the warm-up after anything was: the
 * tail is that of the level before it, of which one row in so many counts as the budget
 * allows. */
int stream_calibrate_number(struct stream *s, float excess, double depth,
                            struct verdict *out)
{
    float six = part_of(s, excess);
    double level = fmin(gauge_score(&s->yard.of[BY_SIX].gauge, (double)six), LEVEL_MOST);
    float once = (float)rules_once(&s->rules, level, s->options.alarm_rate);

    out->score = (float)rules_hold(&s->rules, level + rules_range(depth));
    out->tail = (float)tail_of(s, (double)once, depth);
    out->row_tail = out->tail;
    if (!s->options.past_off && gauge_add(&s->yard.of[BY_SIX].gauge, six))
        return -1;
    stream_tell_alarm(s, out);
    if (s->options.past_off)
        return 0;
    uint32_t counted = stream_counts(s, out);
    lessons_measure(s, (const float[STATISTICS]){ once, six }, depth, counted);
    if (!counted)
        return 0;
    if (past_add(&s->yard.of[BY_ROW].tail, once))
        return -1;
    rules_breach(&s->rules, depth);
    return 0;
}
