/*
 * Calibration: excess -> statistic -> score -> tail -> alarm.
 *
 * Two statistics, because an incident may last one row or an hour: the row's excess and
 * the mean of six. Each is measured against its own past. The newest rows are not past
 * yet (guard cells, as radar has: Finn & Johnson 1968): else an incident that takes a few
 * rows to be sure of would have become its own yardstick by then.
 *
 * A text's two statistics are the sum of its nats and its worst token.
 */
#include "flow/stream_lessons.h"
#include "flow/stream_state.h"

#include <math.h>
#include <string.h>

_Static_assert(START_ROWS + GUARD_ROWS + TAIL_ROWS == STREAM_BLIND,
               "stream.h says how long");

#define NEARLY 10 /* times as likely as what is an alarm */

/* Mean excess of the newest six rows, this one included. */
float stream_mean_of_six(struct stream *s, float excess)
{
    float sum = 0;

    memmove(s->six, s->six + 1, sizeof s->six - sizeof *s->six);
    s->six[QUIET_ROWS - 1] = excess;
    if (s->n_six < QUIET_ROWS)
        s->n_six++;
    for (uint32_t i = QUIET_ROWS - s->n_six; i < QUIET_ROWS; i++)
        sum += s->six[i];
    return sum / (float)s->n_six;
}

/* The least tail that a sum of excess (nats) is believed to have: the square of what the
 * model itself gives it, beside a usual row. Where all rows were alike the past has no
 * scale, and any word beside the usual one would be the oddest ever by far; the model
 * knows it for a neighbour of what is usual, one in ten. */
static double believed(double sum)
{
    return sum > 0 ? exp(-2 * sum) : 1;
}

/* P(one of the two is at least this odd), by the union bound; least: what the row and the
 * six are believed to have. */
static double tail_of(const struct stream *s, float row, float six, const double least[2])
{
    if (s->row_tail.n < (s->context ? TAIL_ROWS : PAST_ENOUGH))
        return 1;
    double by_row = fmax(past_tail(&s->row_tail, (double)row), least[0]);
    double by_six = fmax(past_tail(&s->six_tail, (double)six), least[1]);
    double least_of_two = fmin(by_row, by_six);

    return least_of_two < 0.5 ? 2 * least_of_two : 1;
}

/* An incident counts once, with the row that opened it: leaving that out too would cut
 * the tail off and raise more and more alarms. What learning has not made usual by now is
 * no incident any more. */
uint32_t stream_counts(const struct stream *s, const struct verdict *v)
{
    return !v->alarm || v->onset || lessons_settled(s);
}

/* The row waits behind the guard; the one that has waited longest becomes past. The first
 * rows after the training never do: an atom that watches this machine has seen it train
 * (one that reads texts has not). */
static int remember(struct stream *s, struct guarded now)
{
    struct guarded oldest = s->guarded[0];

    if (s->context && s->scored <= START_ROWS)
        return 0;
    lessons_measure(s, now.row, now.six, 0, now.counts);
    if (s->n_guarded < GUARD_ROWS) {
        s->guarded[s->n_guarded++] = now;
        return 0;
    }
    if (oldest.counts != NEVER &&
        (gauge_add(&s->by_row, oldest.row) || gauge_add(&s->by_six, oldest.six)))
        return -1;
    if (oldest.counts == COUNTS &&
        (past_add(&s->row_tail, oldest.row) || past_add(&s->six_tail, oldest.six)))
        return -1;
    memmove(s->guarded, s->guarded + 1, sizeof s->guarded - sizeof *s->guarded);
    s->guarded[GUARD_ROWS - 1] = now;
    return 0;
}

/* One step of the alarm; 1: it opens, -1: it closes. Rows that stand alone are alarms by
 * themselves: nothing waits for quiet rows. */
static int step(struct stream *s, double tail)
{
    if (s->context)
        return alarm_step(&s->alarm, tail, s->options.alarm_rate);
    int was = (int)s->alarm.open;
    s->alarm.open = tail <= s->options.alarm_rate;
    return s->alarm.open ? 1 : -was;
}

void stream_tell_alarm(struct stream *s, struct verdict *out)
{
    int went = step(s, (double)out->tail);

    out->onset = went > 0;
    out->closed = went < 0;
    out->alarm = (int)s->alarm.open;
    s->alarms += went > 0;
    s->scored++;
    lessons_follow(s, out);
}

/* A row that is an alarm by itself is remembered as one that nearly was: left out, it
 * would cut the tail off; as far out as it was, it would hide the next. An exponential
 * tail that is cut so comes out a tenth short, and half as many alarms again. The two
 * statistics share the rate: tail_of. */
static float no_more_than(float x, const struct past *past, double rate)
{
    double level = past_level(past, NEARLY * rate / 2);

    return (double)x > level ? (float)level : x;
}

static int calibrate(struct stream *s, float row, float six, const double least[2],
                     struct verdict *out)
{
    double row_score = gauge_score(&s->by_row, (double)row);
    double six_score = gauge_score(&s->by_six, (double)six);
    double score = row_score > six_score ? row_score : six_score;

    out->score = (float)(score < SCORE_MOST ? score : SCORE_MOST);
    out->tail = (float)tail_of(s, row, six, least);
    stream_tell_alarm(s, out);
    if (out->alarm && !s->context) {
        row = no_more_than(row, &s->row_tail, s->options.alarm_rate);
        six = no_more_than(six, &s->six_tail, s->options.alarm_rate);
    }
    return remember(s, (struct guarded){ row, six, stream_counts(s, out) });
}

int stream_calibrate(struct stream *s, float excess, uint32_t tokens, struct verdict *out)
{
    float six = stream_mean_of_six(s, excess);
    double rows = s->n_six, n = tokens;

    return calibrate(s, excess, six,
                     (const double[]){ believed(n * (double)excess),
                                       believed(n * rows * (double)six) },
                     out);
}

int stream_calibrate_sum(struct stream *s, float sum, float worst, struct verdict *out)
{
    return calibrate(s, s->schema->aggregate == KIRI_WORST ? worst : sum, worst,
                     (const double[]){ 0, 0 }, out);
}

int stream_calibrate_seed(struct stream *s, const struct school_mark *mark, uint32_t n)
{
    for (uint32_t i = 0; i < n && s->by_sum; i++) {
        float worst = mark[i].worst;
        float sum = s->schema->aggregate == KIRI_WORST ? worst : mark[i].sum;
        if (gauge_add(&s->by_row, sum) || gauge_add(&s->by_six, worst) ||
            past_add(&s->row_tail, sum) || past_add(&s->six_tail, worst)) {
            gauge_fini(&s->by_row);
            gauge_fini(&s->by_six);
            past_fini(&s->row_tail);
            past_fini(&s->six_tail);
            return -1;
        }
    }
    return 0;
}
