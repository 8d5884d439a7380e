#include "eval/thin.h"

#include <math.h>
#include <stdlib.h>

#define DIGITS 5 /* of a value: a screen has some thousand pixels */

uint32_t thin_bucket(uint32_t rows, uint32_t most)
{
    return rows > most ? (rows - 1) / most + 1 : 1;
}

static void write_times(const int64_t *ts, uint32_t n, uint32_t k, struct jsonw *j)
{
    uint64_t times = 0;
    int64_t step = 0;

    jsonw_key(j, "t");
    if (!ts || !n) {
        jsonw_null(j);
        return;
    }
    jsonw_array(j);
    jsonw_int(j, ts[0]);
    jsonw_array(j);
    for (uint32_t i = k; i < n + (uint64_t)k; i += k) {
        int64_t now = i < n ? ts[i] - ts[i - k] : INT64_MAX;
        if (times && (now != step || i >= n)) {
            jsonw_array(j);
            jsonw_int(j, step);
            jsonw_int(j, (int64_t)times);
            jsonw_end(j);
            times = 0;
        }
        if (i >= n)
            break;
        step = now;
        times++;
    }
    jsonw_end(j);
    jsonw_int(j, ts[n - 1]);
    jsonw_end(j);
}

/* The smallest or the greatest number in each bucket. */
static void write_extremes(const float *x, uint32_t n, uint32_t k, int greatest,
                           struct jsonw *j)
{
    jsonw_array(j);
    for (uint32_t from = 0; from < n; from += k) {
        float best = NAN;
        for (uint32_t i = from; i < n && i - from < k; i++)
            if (!isnan(x[i]) && (isnan(best) || (greatest ? x[i] > best : x[i] < best)))
                best = x[i];
        jsonw_num(j, (double)best, DIGITS);
    }
    jsonw_end(j);
}

static void write_signals(const struct series *s, uint32_t k, const char *key,
                          int greatest, struct jsonw *j)
{
    jsonw_key(j, key);
    jsonw_array(j);
    for (uint32_t i = 0; i < s->n_signals; i++)
        write_extremes(s->signal[i].x, s->n, k, greatest, j);
    jsonw_end(j);
}

/* Three decimals tell all that can be seen; scores of others may be of any size. */
static void write_scores(const struct series *s, uint32_t k, struct jsonw *j)
{
    double most = 0;

    for (uint32_t i = 0; i < s->n; i++)
        most = fmax(most, fabs(s->score[i]));
    double unit = most > 0 ? pow(10, floor(log10(most)) - 4) : 1;

    jsonw_key(j, "s");
    jsonw_array(j);
    for (uint32_t from = 0; from < s->n; from += k) {
        double best = s->score[from];
        for (uint32_t i = from; i < s->n && i - from < k; i++)
            best = fmax(best, s->score[i]);
        jsonw_num(j, round(best / unit) * unit, DIGITS);
    }
    jsonw_end(j);
}

static void write_events(const struct measured *m, struct jsonw *j)
{
    jsonw_key(j, "events");
    jsonw_array(j);
    for (uint32_t i = 0; i < m->events.n; i++) {
        jsonw_array(j);
        jsonw_int(j, m->events.at[i].first);
        jsonw_int(j, m->events.at[i].last);
        jsonw_int(j, m->met && m->met[i] != EVENT_MISSED ? (int64_t)m->met[i] : -1);
        jsonw_end(j);
    }
    jsonw_end(j);
}

/* Why the alarm of this row: rows are asked for in order, *at goes along. */
static const char *reason_of(const struct series *s, uint32_t row, uint32_t *at)
{
    while (*at < s->n_reasons && s->reason[*at].row < row)
        ++*at;
    return *at < s->n_reasons && s->reason[*at].row == row ? s->reason[*at].text : NULL;
}

static void write_alarms(const struct series *s, struct jsonw *j)
{
    uint32_t judged = s->n - s->from, at = 0;
    uint8_t *onset = malloc(judged + (size_t)1);

    jsonw_key(j, "alarms");
    jsonw_array(j);
    j->out->failed |= !onset;
    if (onset)
        onsets_of(s->alarm + s->from, judged, onset);
    for (uint32_t i = 0; onset && i < judged; i++) {
        if (!onset[i])
            continue;
        jsonw_array(j);
        jsonw_int(j, (int64_t)s->from + i);
        jsonw_int(j, s->odd[s->from + i]);
        jsonw_string(j, reason_of(s, s->from + i, &at));
        jsonw_end(j);
    }
    jsonw_end(j);
    free(onset);
}

static void write_open(const struct series *s, struct jsonw *j)
{
    jsonw_key(j, "open");
    jsonw_array(j);
    for (uint32_t i = s->from, to; i < s->n; i = to + 1) {
        for (to = i; to < s->n && s->open[to]; to++)
            ;
        if (to == i)
            continue;
        jsonw_array(j);
        jsonw_int(j, i);
        jsonw_int(j, (int64_t)to - 1);
        jsonw_end(j);
    }
    jsonw_end(j);
}

void thin_write(const struct series *s, const struct measured *m, uint32_t most,
                struct jsonw *j)
{
    uint32_t k = thin_bucket(s->n, most);

    jsonw_object(j);
    jsonw_kint(j, "n", s->n);
    jsonw_kint(j, "k", k);
    jsonw_kint(j, "from", s->from);
    jsonw_kint(j, "more", s->more);
    write_times(s->ts, s->n, k, j);
    jsonw_key(j, "name");
    jsonw_array(j);
    for (uint32_t i = 0; i < s->n_signals; i++)
        jsonw_string(j, s->signal[i].name);
    jsonw_end(j);
    if (k == 1) {
        write_signals(s, k, "x", 1, j);
    } else {
        write_signals(s, k, "lo", 0, j);
        write_signals(s, k, "hi", 1, j);
    }
    write_scores(s, k, j);
    write_events(m, j);
    write_alarms(s, j);
    write_open(s, j);
    jsonw_end(j);
}
