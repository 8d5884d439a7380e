/*
 * Calibration of streams of one number: the mean of six clipped excesses, measured
 * against all rows before it, and then the rules.
 */
#include "flow/stream_lessons.h"
#include "flow/stream_state.h"

#include <math.h>

#define CLIP       6.0f /* nats: beyond, odder is not told apart */
#define LEVEL_MOST 10.0 /* decades before the range rule's */

/* The mean of six clipped excesses, as parts of CLIP. */
static float part_of(struct stream *s, float excess)
{
    return stream_mean_of_six(s, fminf(fmaxf(excess, 0), CLIP) / CLIP);
}

int stream_calibrate_rehearsed(struct stream *s, float excess)
{
    float six = part_of(s, excess);

    rules_hold(&s->rules, gauge_score(&s->by_six, (double)six));
    return gauge_add(&s->by_six, six);
}

/* The hold would let nothing be odd for a fifth of the warm-up after anything was: the
 * tail is that of the score before it, of which one in six rows counts. */
int stream_calibrate_number(struct stream *s, float excess, double range,
                            struct verdict *out)
{
    float six = part_of(s, excess);
    double level = fmin(gauge_score(&s->by_six, (double)six), LEVEL_MOST);

    float once = (float)rules_six(&s->rules, level + range);
    out->score = (float)rules_hold(&s->rules, level + range);
    out->tail =
        s->row_tail.n < TAIL_ROWS ? 1 : (float)past_tail(&s->row_tail, (double)once);
    if (gauge_add(&s->by_six, six))
        return -1;
    stream_tell_alarm(s, out);
    lessons_measure(s, once, six, stream_counts(s, out));
    return stream_counts(s, out) ? past_add(&s->row_tail, once) : 0;
}
