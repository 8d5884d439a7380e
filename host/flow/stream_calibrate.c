/*
 * Calibration: excess -> statistic -> score -> tail -> alarm.
 *
 * Several statistics, because an incident may last one row or an hour, and be of one
 * field or of all: the row's excess, the mean of six, and of several fields the one that
 * is the oddest in this row and the one that is the farthest out in six. Each is measured
 * against its own past. The newest rows are not past yet (guard cells, as radar has: Finn
 * & Johnson 1968): else an incident that takes a few rows to be sure of would have become
 * its own yardstick by then.
 *
 * A text's two statistics are the sum of its nats and its worst token.
 */
#include "flow/stream_lessons.h"
#include "flow/stream_runs.h"
#include "flow/stream_state.h"

#include <math.h>
#include <string.h>

_Static_assert(START_ROWS + GUARD_ROWS + TAIL_ROWS == STREAM_BLIND,
               "stream.h says how long");

#define NEARLY     10   /* times as likely as what is an alarm */
#define USUAL      0.02 /* what so many normal rows were is not odd, whatever a fit says */
#define USUAL_MOST 0.999999
#define HARDLY     0.7 /* times: beyond, how odd an alarm was is not remembered */
#define ROW_ROWS                                                                         \
    FIELDS_ENOUGH /* fewer normal rows, such as one night's, measure no row alone */

/* What a row is measured by, and how little of it is believed: a tail is this at least.
 */
struct measurement {
    float by[STATISTICS];
    double least[STATISTICS];
};

/* Mean of the newest six rows, this one included. */
float stream_mean_of_six(struct six *six, float x)
{
    float sum = 0;

    memmove(six->x, six->x + 1, sizeof six->x - sizeof *six->x);
    six->x[QUIET_ROWS - 1] = x;
    if (six->n < QUIET_ROWS)
        six->n++;
    for (uint32_t i = QUIET_ROWS - six->n; i < QUIET_ROWS; i++)
        sum += six->x[i];
    return sum / (float)six->n;
}

/* The least tail that a sum of excess (nats) is believed to have: the square of what the
 * model itself gives it, beside a usual row. Where all rows were alike the past has no
 * scale, and any word beside the usual one would be the oddest ever by far; the model
 * knows it for a neighbour of what is usual, one in ten. */
static double believed(double sum)
{
    return sum > 0 ? exp(-2 * sum) : 1;
}

/* P(such a row begins to be odd); a row that stands alone has no run. */
static double onset_of(const struct stream *s, enum statistic i, float x)
{
    const struct past *past = &s->yard.of[i].tail;

    return s->context ? runs_tail(past, (double)x) : past_tail(past, (double)x);
}

/* P(one of the statistics begins to be at least this odd). The union bound promises no
 * more than it keeps, but what several statistics see is counted several times; so how
 * small the least tail of normal rows is, is measured too (Westfall & Young,
 * "Resampling-based multiple testing", 1993). */
static double tail_of(const struct stream *s, struct measurement *x)
{
    uint32_t enough = s->context ? TAIL_ROWS : PAST_ENOUGH;
    double least = 1;
    int any = 0;

    for (uint32_t i = 0; i < BY_LEAST; i++)
        if (yardsticks_tells(&s->yard, i, x->by, enough)) {
            least = fmin(least, fmax(onset_of(s, i, x->by[i]), x->least[i]));
            any = 1;
        }
    x->by[BY_LEAST] = any ? (float)-log(least) : NOT_MEASURED;
    double most = fmin(1, least * yardsticks_share(&s->yard));
    if (!yardsticks_tells(&s->yard, BY_LEAST, x->by, enough))
        return most;
    double seen = past_seen(&s->yard.of[BY_LEAST].tail, (double)x->by[BY_LEAST]);
    if (seen > USUAL)
        return seen;
    return fmin(most, fmax(least, onset_of(s, BY_LEAST, x->by[BY_LEAST])));
}

/* P(a normal row is by itself at least this odd): in all of its fields or in one, so of
 * two chances (Sidak 1967). What the newest six rows were does not count, nor do runs. A
 * usual row's tail tells how usual, so only rare ones are believed no more than the model
 * believes. */
static double row_tail_of(const struct stream *s, const struct measurement *x)
{
    static const enum statistic by[] = { BY_ROW, BY_WORST };
    double least = 1, most = fmin(x->least[BY_ROW], USUAL);
    int n = 0;

    for (uint32_t k = 0; k < sizeof by / sizeof *by; k++) {
        enum statistic i = by[k];
        if (!yardsticks_tells(&s->yard, i, x->by, ROW_ROWS))
            continue;
        least = fmin(least, past_tail(&s->yard.of[i].tail, (double)x->by[i]));
        most = fmin(most, x->least[i]);
        n++;
    }
    least = fmax(least, most);
    double tail = n == 2 ? least * (2 - least) : least;
    return n ? fmin(tail, USUAL_MOST) : 1; /* 1 says that it cannot be told */
}

/* An incident counts once, with the row that opened it: leaving that out too would cut
 * the tail off and raise more and more alarms. What learning has not made usual by now is
 * no incident any more. */
uint32_t stream_counts(const struct stream *s, const struct verdict *v)
{
    return !v->alarm || v->onset || lessons_settled(s);
}

/* The row that has waited longest becomes past. 0, or -1: memory. */
static int enter(struct stream *s, const struct guarded *g)
{
    float cut[STATISTICS];
    const float *tail = g->by;

    if (g->counts == COUNTS_CUT) {
        stream_cut(s, g->by, cut);
        tail = cut;
    }
    return (g->counts != NEVER && yardsticks_gauge(&s->yard, g->by)) ||
                   ((g->counts == COUNTS || g->counts == COUNTS_CUT) &&
                    yardsticks_tail(&s->yard, tail))
               ? -1
               : 0;
}

/* The row waits behind the guard. The first rows after the training never become past: an
 * atom that watches this machine has seen it train (one that reads texts has not). */
static int remember(struct stream *s, const struct guarded *now)
{
    if (s->options.past_off || (s->context && s->scored <= START_ROWS))
        return 0;
    lessons_measure(s, now->by, 0, now->counts);
    if (s->n_guarded < GUARD_ROWS) {
        s->guarded[s->n_guarded++] = *now;
        return 0;
    }
    if (enter(s, &s->guarded[0]))
        return -1;
    memmove(s->guarded, s->guarded + 1, sizeof s->guarded - sizeof *s->guarded);
    s->guarded[GUARD_ROWS - 1] = *now;
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

/* Rows that are alarms by themselves are remembered as ones that nearly were: left out,
 * they would cut the tail off; as far out as they were, they would hide the next. An
 * exponential tail that is cut so comes out a tenth short, and half as many alarms again.
 * Alarms that last raise the tail when there are too many: theirs are remembered as
 * hardly more than alarms. The statistics share the rate: tail_of. */
static float no_more_than(const struct stream *s, enum statistic i, float x)
{
    const struct past *past = &s->yard.of[i].tail;
    double rate = s->options.alarm_rate;

    if (i != BY_LEAST)
        rate /= yardsticks_share(&s->yard);
    rate *= s->context ? HARDLY / runs_share(past) : NEARLY;
    double level = past_level(past, rate);
    return (double)x > level ? (float)level : x;
}

void stream_cut(const struct stream *s, const float *by, float *cut)
{
    memcpy(cut, by, STATISTICS * sizeof *cut);
    for (uint32_t i = 0; i < STATISTICS; i++)
        if (yardsticks_tells(&s->yard, i, by, 0))
            cut[i] = no_more_than(s, i, by[i]);
}

/* What stands alone is cut at once and for good, also in the gauges; a row of an alarm
 * when it becomes past, if people do not say by then what it was. */
static int calibrate(struct stream *s, struct measurement *x, struct verdict *out)
{
    struct guarded now = { 0 };

    out->score = (float)fmin(yardsticks_score(&s->yard, x->by), SCORE_MOST);
    out->tail = (float)tail_of(s, x);
    out->row_tail = s->by_sum ? out->tail : (float)row_tail_of(s, x);
    stream_tell_alarm(s, out);
    memcpy(now.by, x->by, sizeof now.by);
    if (out->alarm && !s->context)
        stream_cut(s, x->by, now.by);
    now.counts = stream_counts(s, out);
    if (now.counts && out->alarm && s->context && !lessons_settled(s))
        now.counts = COUNTS_CUT;
    return remember(s, &now);
}

/* The field of the greatest excess, and the one that is the farthest out in the newest
 * six rows. */
static void by_fields(struct stream *s, const struct verdict *v, struct measurement *x)
{
    float each[KIRI_MAX_FIELDS], worst = v->n_fields ? v->field[0].excess : 0;

    for (uint32_t i = 0; i < v->n_fields; i++) {
        each[i] = v->field[i].excess;
        worst = fmaxf(worst, each[i]);
    }
    struct farthest far = fields_see(&s->fields, each, v->n_fields);
    x->by[BY_FIELD] = s->fields.n < FIELDS_ENOUGH ? NOT_MEASURED : far.out;
    x->least[BY_FIELD] = believed((double)far.sum);
    x->by[BY_WORST] = worst;
    x->least[BY_WORST] = believed((double)worst);
}

int stream_calibrate(struct stream *s, float excess, uint32_t tokens, struct verdict *out)
{
    float six = stream_mean_of_six(&s->six, excess);
    double rows = s->six.n, n = tokens;
    struct measurement x = {
        { excess, six },
        { believed(n * (double)excess), believed(n * rows * (double)six) },
    };

    by_fields(s, out, &x);
    if (calibrate(s, &x, out))
        return -1;
    if (s->scored > START_ROWS && stream_counts(s, out) && !s->options.past_off)
        fields_learn(&s->fields);
    return 0;
}

int stream_calibrate_sum(struct stream *s, float sum, float worst, struct verdict *out)
{
    float first = s->schema->aggregate == KIRI_WORST ? worst : sum;

    return calibrate(s, &(struct measurement){ { first, worst }, { 0 } }, out);
}

int stream_calibrate_seed(struct stream *s, const struct school_mark *mark, uint32_t n)
{
    for (uint32_t i = 0; i < n && s->by_sum; i++) {
        float worst = mark[i].worst;
        float sum = s->schema->aggregate == KIRI_WORST ? worst : mark[i].sum;
        const float by[STATISTICS] = { sum, worst };
        if (yardsticks_gauge(&s->yard, by) || yardsticks_tail(&s->yard, by)) {
            yardsticks_fini(&s->yard);
            return -1;
        }
    }
    return 0;
}
