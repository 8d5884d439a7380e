/*
 * Calibration: excess -> statistic -> score -> tail -> alarm.
 *
 * Two statistics, because an incident may last one row or an hour: the row's excess and
 * the mean of six. Each is measured against its own past. The newest rows are not past
 * yet (guard cells, as radar has: Finn & Johnson 1968): else an incident that takes a few
 * rows to be sure of would have become its own yardstick by then.
 */
#include "flow/stream_state.h"

#include <string.h>

_Static_assert(START_ROWS + GUARD_ROWS + TAIL_ROWS == STREAM_BLIND,
               "stream.h says how long");

/* Mean excess of the newest six rows, this one included. */
static float mean_of_six(struct stream *s, float excess)
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

/* P(one of the two is at least this odd), by the union bound. */
static double tail_of(const struct stream *s, float row, float six)
{
    if (s->row_tail.n < TAIL_ROWS)
        return 1;
    double by_row = past_tail(&s->row_tail, (double)row);
    double by_six = past_tail(&s->six_tail, (double)six);
    double least = by_row < by_six ? by_row : by_six;

    return least < 0.5 ? 2 * least : 1;
}

/* An incident counts once, with the row that opened it: leaving that out too would cut
 * the tail off and raise more and more alarms. What learning has not made usual in
 * SHIFT_ROWS rows is no incident any more. */
static uint32_t counts(struct stream *s, const struct verdict *v)
{
    s->open_rows = v->alarm ? s->open_rows + 1 : 0;
    return !v->alarm || v->onset || s->open_rows > SHIFT_ROWS;
}

/* The row waits behind the guard; the one that has waited longest becomes past. The first
 * rows after the training never do: an atom that watches this machine has seen it train.
 */
static int remember(struct stream *s, struct guarded now)
{
    struct guarded oldest = s->guarded[0];

    if (s->scored <= START_ROWS)
        return 0;
    if (s->n_guarded < GUARD_ROWS) {
        s->guarded[s->n_guarded++] = now;
        return 0;
    }
    if (gauge_add(&s->by_row, oldest.row) || gauge_add(&s->by_six, oldest.six))
        return -1;
    if (oldest.counts &&
        (past_add(&s->row_tail, oldest.row) || past_add(&s->six_tail, oldest.six)))
        return -1;
    memmove(s->guarded, s->guarded + 1, sizeof s->guarded - sizeof *s->guarded);
    s->guarded[GUARD_ROWS - 1] = now;
    return 0;
}

int stream_calibrate(struct stream *s, float excess, struct verdict *out)
{
    float six = mean_of_six(s, excess);
    double row_score = gauge_score(&s->by_row, (double)excess);
    double six_score = gauge_score(&s->by_six, (double)six);
    double score = row_score > six_score ? row_score : six_score;

    out->score = (float)(score < SCORE_MOST ? score : SCORE_MOST);
    out->tail = (float)tail_of(s, excess, six);
    int step = alarm_step(&s->alarm, (double)out->tail, s->options.alarm_rate);
    out->onset = step > 0;
    out->closed = step < 0;
    out->alarm = (int)s->alarm.open;
    s->alarms += step > 0;
    s->scored++;
    return remember(s, (struct guarded){ excess, six, counts(s, out) });
}
