#include "eval/events.h"

#include <math.h>
#include <stdlib.h>

int spans_of(const uint8_t *odd, uint32_t n, struct spans *out)
{
    uint32_t runs = 0;

    for (uint32_t i = 0; i < n; i++)
        runs += odd[i] && (i == 0 || !odd[i - 1]);
    *out = (struct spans){ .at = calloc(runs + (size_t)1, sizeof *out->at) };
    if (!out->at)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        if (!odd[i])
            continue;
        if (i == 0 || !odd[i - 1])
            out->at[out->n++].first = i;
        out->at[out->n - 1].last = i;
    }
    return 0;
}

void spans_free(struct spans *s)
{
    free(s->at);
    *s = (struct spans){ 0 };
}

uint32_t onsets_of(const uint8_t *alarm, uint32_t n, uint8_t *onset)
{
    uint32_t quiet = EVENTS_QUIET, onsets = 0;

    for (uint32_t i = 0; i < n; i++) {
        int opens = alarm[i] && quiet >= EVENTS_QUIET;
        quiet = alarm[i] ? 0 : quiet + (quiet < EVENTS_QUIET);
        onset[i] = (uint8_t)opens;
        onsets += opens != 0;
    }
    return onsets;
}

int events_meet(const struct spans *events, const uint8_t *onset, uint32_t n,
                struct meeting *m)
{
    uint32_t k = 0;

    *m = (struct meeting){ .row = malloc((events->n + (size_t)1) * sizeof *m->row) };
    if (!m->row)
        return -1;
    for (uint32_t i = 0; i < events->n; i++)
        m->row[i] = EVENT_MISSED;
    for (uint32_t row = 0; row < n; row++) {
        while (k < events->n && events->at[k].last < row)
            k++;
        if (!onset[row])
            continue;
        m->alarms++;
        if (k == events->n || events->at[k].first > row)
            continue;
        m->right++;
        if (m->row[k] == EVENT_MISSED) {
            m->row[k] = row;
            m->found++;
        }
    }
    return 0;
}

/* ---- the best threshold ---------------------------------------------------------- */

/* Onsets while the threshold comes down, row by row. */
struct sweep {
    uint8_t *at_or_above, *onset; /* [n] */
    uint32_t *event;              /* [n] of the row, from 1; 0: none */
    uint32_t *hits;               /* [events] onsets in it */
    uint32_t n, alarms, right, found;
};

static void count_onset(struct sweep *s, uint32_t row, int more)
{
    uint32_t event = s->event[row];

    s->onset[row] = more > 0;
    if (more > 0)
        s->alarms++;
    else
        s->alarms--;
    if (!event)
        return;
    if (more > 0) {
        s->right++;
        s->found += s->hits[event - 1]++ == 0;
    } else {
        s->right--;
        s->found -= --s->hits[event - 1] == 0;
    }
}

/* One row more is at or above: it may open an alarm, and close in on those that did. */
static void lower_to(struct sweep *s, uint32_t row)
{
    int quiet = 1;

    for (uint32_t back = 1; back <= EVENTS_QUIET && back <= row; back++)
        quiet &= !s->at_or_above[row - back];
    s->at_or_above[row] = 1;
    if (quiet)
        count_onset(s, row, 1);
    for (uint32_t on = row + 1; on < s->n && on - row <= EVENTS_QUIET; on++)
        if (s->onset[on])
            count_onset(s, on, -1);
}

static void sweep(struct sweep *s, const struct ranking *r, uint32_t events,
                  struct best *out)
{
    for (uint32_t i = 0, to; i < r->n; i = to) {
        to = ranking_reach(r, i);
        for (uint32_t k = i; k < to; k++)
            lower_to(s, r->at[k].row);
        double precision = (double)s->right / s->alarms;
        double recall = (double)s->found / events, f1 = f1_of(precision, recall);
        if (!(f1 <= out->f1))
            *out = (struct best){ f1, precision, recall, r->at[i].score };
    }
}

int events_best_f1(const struct ranking *r, const struct spans *events, struct best *out)
{
    struct sweep s = { .n = r->n };
    size_t rows = r->n + (size_t)1;
    int rc = -1;

    *out = (struct best){ (double)NAN, (double)NAN, (double)NAN, (double)NAN };
    if (!events->n)
        return 0;
    s.at_or_above = calloc(rows, 1);
    s.onset = calloc(rows, 1);
    s.event = calloc(rows, sizeof *s.event);
    s.hits = calloc(events->n, sizeof *s.hits);
    if (s.at_or_above && s.onset && s.event && s.hits) {
        for (uint32_t k = 0; k < events->n; k++)
            for (uint32_t row = events->at[k].first; row <= events->at[k].last; row++)
                s.event[row] = k + 1;
        sweep(&s, r, events->n, out);
        rc = 0;
    }
    free(s.at_or_above);
    free(s.onset);
    free(s.event);
    free(s.hits);
    return rc;
}
