#include "eval/print.h"

#include <math.h>

#define DIGITS 6

static void number(struct jsonw *j, const char *key, double x)
{
    jsonw_knum(j, key, x, DIGITS);
}

static void best(struct jsonw *j, const char *key, const struct best *b, int by_tail)
{
    jsonw_key(j, key);
    if (isnan(b->f1)) {
        jsonw_null(j);
        return;
    }
    jsonw_object(j);
    number(j, "f1", b->f1);
    number(j, "precision", b->precision);
    number(j, "recall", b->recall);
    number(j, by_tail ? "tail" : "threshold", b->threshold);
    jsonw_end(j);
}

/* What alarms have to do with events. */
static void alarms(struct jsonw *j, const struct measures *m)
{
    double wrong = (double)m->alarms - m->right;

    jsonw_key(j, "alarms");
    if (!m->has_alarms) {
        jsonw_null(j);
        return;
    }
    jsonw_object(j);
    jsonw_kint(j, "opened", m->alarms);
    jsonw_kint(j, "right", m->right);
    jsonw_kint(j, "false", (int64_t)m->alarms - m->right);
    jsonw_kint(j, "events_found", m->found);
    number(j, "precision", m->precision);
    number(j, "recall", m->recall);
    number(j, "f1", m->f1);
    number(j, "rows_precision", m->rows_precision);
    number(j, "rows_recall", m->rows_recall);
    number(j, "rows_f1", m->rows_f1);
    number(j, "delay_rows", m->delay_rows);
    number(j, "delay_ms", m->delay_ms);
    number(j, "false_per_day", wrong / m->days);
    number(j, "promised_per_day", m->promised / m->days);
    number(j, "false_per_1000_rows", 1e3 * wrong / ((double)m->judged - m->odd));
    number(j, "promised_per_1000_rows", 1e3 * m->promised / ((double)m->judged - m->odd));
    jsonw_end(j);
}

static void counts(struct jsonw *j, const struct measures *m)
{
    jsonw_kint(j, "rows", m->rows);
    jsonw_kint(j, "judged", m->judged);
    jsonw_kint(j, "anomalous", m->odd);
    jsonw_kint(j, "events", m->events);
}

void print_stream(const struct trial *t, const char *name, struct jsonw *j)
{
    const struct measures *m = &t->measured.m;

    jsonw_kstr(j, "name", name);
    counts(j, m);
    number(j, "auroc", m->auroc);
    number(j, "average_precision", m->ap);
    number(j, "vus_pr", m->vus);
    alarms(j, m);
    best(j, "best_rows_oracle", &m->rows_best, 0);
    best(j, "best_events_oracle", &m->events_best, m->by_tail);
}

static void mean(struct jsonw *j, const char *key, const struct mean *x)
{
    jsonw_key(j, key);
    jsonw_object(j);
    number(j, "mean", x->value);
    jsonw_kint(j, "streams", x->of);
    jsonw_end(j);
}

void print_overall(const struct overall *o, struct jsonw *j)
{
    jsonw_kint(j, "streams", o->streams);
    counts(j, &o->all);
    mean(j, "auroc", &o->auroc);
    mean(j, "average_precision", &o->ap);
    mean(j, "vus_pr", &o->vus);
    mean(j, "f1", &o->f1);
    mean(j, "best_rows_oracle", &o->rows_best);
    mean(j, "best_events_oracle", &o->events_best);
    jsonw_key(j, "pooled");
    jsonw_object(j);
    number(j, "auroc", o->all.auroc);
    number(j, "average_precision", o->all.ap);
    alarms(j, &o->all);
    best(j, "best_rows_oracle", &o->all.rows_best, 0);
    jsonw_end(j);
}

void print_json(const struct eval *e, const struct eval_options *o, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    jsonw_object(&j);
    jsonw_kstr(&j, "path", o->corpus.path);
    jsonw_kint(&j, "seed", (int64_t)o->detect.seed);
    jsonw_kint(&j, "buffer", o->buffer);
    jsonw_key(&j, "overall");
    jsonw_object(&j);
    print_overall(&e->all, &j);
    jsonw_end(&j);
    jsonw_key(&j, "streams");
    jsonw_array(&j);
    for (size_t i = 0; i < e->corpus.n; i++) {
        buf_puts(out, i ? "" : "\n");
        jsonw_object(&j);
        print_stream(&e->trial[i], e->corpus.stream[i].name, &j);
        jsonw_end(&j);
        buf_puts(out, "\n");
    }
    jsonw_end(&j);
    jsonw_end(&j);
    buf_puts(out, "\n");
}
