#include "eval/print.h"

#include "base/units.h"
#include "base/value.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define CELL  64
#define NAMES 48u /* columns of a name on a terminal */

enum form { TEXT, MARKDOWN };

/* ---- one figure ------------------------------------------------------------------ */

/* .912, 1, and a dash for what is no number. */
static const char *part(double x, char out[CELL])
{
    if (isnan(x))
        return "-";
    snprintf(out, CELL, "%.3f", x);
    return out;
}

static const char *count_of(double x, char out[CELL])
{
    if (isnan(x))
        return "-";
    snprintf(out, CELL, fabs(x) >= 100 ? "%.0f" : "%.3g", x);
    return out;
}

/* The delay as people say it: by time if there is one. */
static const char *delay_of(const struct measures *m, char out[CELL])
{
    char time[40];

    if (isnan(m->delay_rows))
        return "-";
    if (isnan(m->delay_ms)) {
        snprintf(out, CELL, "%.4g row%s", m->delay_rows, m->delay_rows == 1 ? "" : "s");
        return out;
    }
    if (m->delay_ms <= 0)
        return "at once";
    units_duration_print((int64_t)m->delay_ms, time, sizeof time);
    snprintf(out, CELL, "%s", time);
    return out;
}

static double wrong(const struct measures *m)
{
    return m->has_alarms ? (double)m->alarms - m->right : (double)NAN;
}

/* False alarms a day; without times in 1,000 rows. */
static double rate(const struct measures *m, double alarms)
{
    double rows = (double)m->judged - m->odd;

    if (!(rows > 0))
        return (double)NAN;
    return isnan(m->days) ? 1e3 * alarms / rows : alarms / m->days;
}

static const char *per(const struct measures *m)
{
    return isnan(m->days) ? "in 1,000 rows" : "a day";
}

/* ---- a row for each stream ------------------------------------------------------- */

enum column { ROWS, FOUND, AUROC, AP, VUS, F1, DELAY, WRONG, COLUMNS };
static const struct {
    const char *head;
    int width;
} columns[COLUMNS] = { { "rows", 9 },   { "found", 7 }, { "AUROC", 6 },  { "AP", 6 },
                       { "VUS-PR", 6 }, { "F1", 6 },    { "delay", 11 }, { "false", 6 } };

static const char *cell(const struct measures *m, enum column c, char out[CELL])
{
    switch (c) {
    case ROWS: snprintf(out, CELL, "%" PRIu32, m->rows); break;
    case FOUND:
        if (m->has_alarms)
            snprintf(out, CELL, "%" PRIu32 "/%" PRIu32, m->found, m->events);
        else
            snprintf(out, CELL, "-/%" PRIu32, m->events);
        break;
    case AUROC: return part(m->auroc, out);
    case AP: return part(m->ap, out);
    case VUS: return part(m->vus, out);
    case F1: return part(m->f1, out);
    case DELAY: return delay_of(m, out);
    case WRONG: return count_of(wrong(m), out);
    case COLUMNS: break;
    }
    return out;
}

/* At most NAMES columns: the end of a name tells more than its beginning. */
static const char *short_name(const char *name, char out[NAMES * 4 + 1])
{
    size_t n = strlen(name);
    int cut = n > NAMES;

    if (cut)
        name += n - NAMES + 3;
    while (cut && ((unsigned char)*name & 0xc0) == 0x80)
        name++;
    snprintf(out, NAMES * 4 + 1, "%s", cut ? "..." : "");
    value_show(name, out + strlen(out), NAMES * 4 + 1 - strlen(out));
    return out;
}

static int widest(const struct eval *e)
{
    char name[NAMES * 4 + 1];
    size_t most = strlen("stream");

    for (size_t i = 0; i < e->corpus.n; i++) {
        size_t n = strlen(short_name(e->corpus.stream[i].name, name));
        most = n > most ? n : most;
    }
    return (int)most;
}

/* | splits cells, and a name may have one. */
static void put_escaped(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (strchr("|\\`*_<>[]", *text))
            buf_puts(out, "\\");
        buf_put(out, text, 1);
    }
}

static void put_streams(const struct eval *e, enum form form, struct buf *out)
{
    char text[CELL], name[NAMES * 4 + 1], shown[512];
    int width = widest(e);

    if (form == TEXT)
        buf_putf(out, "%-*s", width, "stream");
    else
        buf_puts(out, "| stream |");
    for (int c = 0; c < COLUMNS; c++)
        if (form == TEXT)
            buf_putf(out, " %*s", columns[c].width, columns[c].head);
        else
            buf_putf(out, " %s |", columns[c].head);
    buf_puts(out, form == TEXT ? "\n" : "\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < e->corpus.n; i++) {
        const char *full = e->corpus.stream[i].name;
        if (form == TEXT) {
            buf_putf(out, "%-*s", width, short_name(full, name));
        } else {
            buf_puts(out, "| ");
            put_escaped(value_show(full, shown, sizeof shown), out);
            buf_puts(out, " |");
        }
        for (int c = 0; c < COLUMNS; c++) {
            const char *x = cell(&e->trial[i].measured.m, (enum column)c, text);
            if (form == TEXT)
                buf_putf(out, " %*s", columns[c].width, x);
            else
                buf_putf(out, " %s |", x);
        }
        buf_puts(out, "\n");
    }
    buf_puts(out, "\n");
}

/* ---- all together ---------------------------------------------------------------- */

static void put(enum form form, const char *what, const char *value, const char *note,
                struct buf *out)
{
    if (form == TEXT)
        buf_putf(out, "%-18s %8s  %s\n", what, value, note);
    else
        buf_putf(out, "| %s | %s | %s |\n", what, value, note);
}

static void put_mean(enum form form, const char *what, const struct mean *x,
                     double pooled, struct buf *out)
{
    char value[CELL], other[CELL], note[160];
    int n = snprintf(note, sizeof note, "mean of %" PRIu32 " stream%s", x->of,
                     x->of == 1 ? "" : "s");

    if (!isnan(pooled) && x->of > 1)
        snprintf(note + n, sizeof note - (size_t)n, "; all rows ranked together %s",
                 part(pooled, other));
    put(form, what, part(x->value, value), note, out);
}

static void put_alarms(enum form form, const struct measures *m, struct buf *out)
{
    char value[CELL], one[CELL], two[CELL], note[256];

    snprintf(note, sizeof note,
             "precision %s (%" PRIu32 " of %" PRIu32 " alarms), recall %s (%" PRIu32
             " of %" PRIu32 " events)",
             part(m->precision, one), m->right, m->alarms, part(m->recall, two), m->found,
             m->events);
    put(form, "F1 of alarms", part(m->f1, value), note, out);
    snprintf(note, sizeof note, "precision %s, recall %s: rows in which one is open",
             part(m->rows_precision, one), part(m->rows_recall, two));
    put(form, "F1 of rows", part(m->rows_f1, value), note, out);
    snprintf(note, sizeof note, "median of the events found; %s row%s",
             count_of(m->delay_rows, one), m->delay_rows == 1 ? "" : "s");
    put(form, "delay", delay_of(m, value), note, out);
    if (isnan(m->promised))
        snprintf(note, sizeof note, "%s; no budget was promised", per(m));
    else
        snprintf(note, sizeof note, "%s; %s promised", per(m),
                 count_of(rate(m, m->promised), one));
    put(form, "false alarms", count_of(rate(m, wrong(m)), value), note, out);
}

static void put_overall(const struct overall *o, enum form form, uint32_t buffer,
                        struct buf *out)
{
    char value[CELL], note[160];

    if (form == MARKDOWN)
        buf_puts(out, "| figure | value | |\n|---|--:|---|\n");
    put_mean(form, "AUROC", &o->auroc, o->all.auroc, out);
    put_mean(form, "average precision", &o->ap, o->all.ap, out);
    snprintf(note, sizeof note,
             "mean of %" PRIu32 " stream%s; buffers of 0 to %" PRIu32 " rows", o->vus.of,
             o->vus.of == 1 ? "" : "s", buffer);
    put(form, "VUS-PR", part(o->vus.value, value), note, out);
    if (o->all.has_alarms)
        put_alarms(form, &o->all, out);
    else
        put(form, "F1 of alarms", "-", "the scores say no alarms: --threshold T would",
            out);
    snprintf(note, sizeof note,
             "mean of %" PRIu32 " stream%s, each at its best threshold: an oracle",
             o->events_best.of, o->events_best.of == 1 ? "" : "s");
    put(form, "best F1 of alarms", part(o->events_best.value, value), note, out);
    put(form, "best F1 of rows", part(o->rows_best.value, value), note, out);
}

static void print_as(const struct eval *e, const struct eval_options *o, enum form form,
                     struct buf *out)
{
    const struct overall *all = &e->all;

    if (e->corpus.n > 1)
        put_streams(e, form, out);
    buf_putf(out,
             "%" PRIu32 " stream%s, %" PRIu32 " rows, %" PRIu32 " judged; %" PRIu32
             " event%s, %" PRIu32 " rows\n",
             all->streams, all->streams == 1 ? "" : "s", all->all.rows, all->all.judged,
             all->all.events, all->all.events == 1 ? "" : "s", all->all.odd);
    buf_puts(out, form == TEXT ? "" : "\n");
    put_overall(all, form, o->buffer, out);
}

void print_text(const struct eval *e, const struct eval_options *o, struct buf *out)
{
    print_as(e, o, TEXT, out);
}

void print_markdown(const struct eval *e, const struct eval_options *o, struct buf *out)
{
    print_as(e, o, MARKDOWN, out);
}
