#include "bench/composition.h"

#include "bench/table.h"
#include "flow/molecule.h"
#include "flow/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define FIELDS_MOST 12u
#define PERIOD_MS   300000u
#define CONTEXT     3u    /* as in rhythm's published language */
#define NO_ALARM    1e-13 /* less than any tail */
#define HOUR_MS     3600000
#define DAY_MS      (24LL * HOUR_MS)

extern const struct kiri_schema pulse_classic, pulse_default, rhythm_classic;

/* What the atoms read: the published words, and the clock as the plugins have it now. */
enum { PULSE, RHYTHM, JOINT, ATOMS };
static const struct {
    const struct kiri_schema *from;
    const char *symbol;
    unsigned read_by; /* bit i: atom i */
} words[] = {
    { &rhythm_classic, "I", 1u << RHYTHM | 1u << JOINT },
    { &rhythm_classic, "A", 1u << RHYTHM | 1u << JOINT },
    { &pulse_classic, "C", 1u << PULSE | 1u << JOINT },
    { &pulse_classic, "M", 1u << PULSE | 1u << JOINT },
    { &pulse_classic, "D", 1u << PULSE | 1u << JOINT },
    { &pulse_classic, "S", 1u << PULSE | 1u << JOINT },
    { &pulse_classic, "L", 1u << PULSE | 1u << JOINT },
    { &pulse_classic, "N", 1u << PULSE | 1u << JOINT },
    { &pulse_default, "H", 1u << PULSE | 1u << RHYTHM | 1u << JOINT },
    { &pulse_default, "W", 1u << PULSE | 1u << RHYTHM | 1u << JOINT },
};

struct atom {
    struct kiri_field field[FIELDS_MOST];
    struct kiri_schema schema;
    struct stream *stream;
    struct verdict verdict;
};

enum { TRAIN, CALIBRATE, TEST, WEEKS };

struct run {
    struct table week[WEEKS];
    struct atom atom[ATOMS];
    struct molecule two, three;
    struct past past[COMPOSED_WAYS]; /* of the second week */
    uint64_t rows;
};

/* ---- atoms ----------------------------------------------------------------------- */

static struct kiri_field field_of(const struct kiri_schema *s, const char *symbol)
{
    uint32_t i = 0;

    while (strcmp(s->fields[i].symbol, symbol) != 0)
        i++;
    return s->fields[i];
}

/* Until the third week nothing is an alarm: the second is known to be normal. */
static struct stream_options options_of(const struct run *r, uint64_t seed, double rate)
{
    return (struct stream_options){ .seed = seed,
                                    .warmup = (uint32_t)r->week[TRAIN].rows,
                                    .alarm_rate = rate,
                                    .hold_ms = DAY_MS };
}

static int make_atom(struct run *r, unsigned which, uint64_t seed, struct kiri_error *err)
{
    struct atom *a = &r->atom[which];
    struct stream_options o = options_of(r, seed, NO_ALARM);
    char why[128];

    a->schema = (struct kiri_schema){ .size = sizeof a->schema,
                                      .fields = a->field,
                                      .period_ms = PERIOD_MS,
                                      .context = CONTEXT };
    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].read_by >> which & 1)
            a->field[a->schema.n_fields++] = field_of(words[i].from, words[i].symbol);
    a->stream = stream_new(&a->schema, &o, why, sizeof why);
    return a->stream ? 0 : kiri_fail(err, KIRI_INTERNAL, "%s", why);
}

/* Row x of the table in the atom's fields; the data's clock is UTC. */
static void fill(const struct atom *a, const struct table *t, const double *x, int64_t ts,
                 union kiri_value v[FIELDS_MOST])
{
    for (uint32_t i = 0; i < a->schema.n_fields; i++) {
        const struct kiri_field *f = &a->field[i];
        if (f->kind == KIRI_HOUR)
            v[i].choice = (int32_t)(ts / HOUR_MS % 24);
        else if (f->kind == KIRI_WEEKDAY)
            v[i].choice = (int32_t)((ts / DAY_MS + 3) % 7); /* 1970 began on a Thursday */
        else if (f->kind == KIRI_CHOICE)
            v[i].choice = (int32_t)x[table_column(t, f->symbol)];
        else
            v[i].num = x[table_column(t, f->symbol)];
    }
}

/* The first week is learned, when it is over, and nothing later. */
static int push(struct atom *a, const struct table *t, const double *x, int64_t ts,
                uint64_t id)
{
    union kiri_value v[FIELDS_MOST] = { 0 };
    struct stream_row row = { .id = id, .ts = ts, .v = v };
    enum stream_due due = stream_due(a->stream);
    struct stream_lesson lesson;

    fill(a, t, x, ts, v);
    if (due == STREAM_A_TURN)
        stream_skip(a->stream);
    else if (due && stream_learn(a->stream, NULL, NULL, NULL, &lesson))
        return -1;
    return stream_push(a->stream, &row, &a->verdict);
}

/* ---- what their rows come to ----------------------------------------------------- */

static double nats_of(const struct atom *a)
{
    return -log((double)a->verdict.row_tail);
}

/* The molecule's row, of its first n atoms at the same time. */
static int combine(struct molecule *m, const struct atom *atom, uint32_t n, int64_t ts,
                   double *score)
{
    struct molecule_verdict v = { 0 };

    for (uint32_t i = 0; i < n; i++) {
        struct molecule_row row = { ts, PERIOD_MS, (double)atom[i].verdict.row_tail };
        if (molecule_push(m, i, &row, &v))
            return -1;
    }
    *score = (double)v.score;
    return 0;
}

static int rank(struct run *r, int64_t ts, double score[COMPOSED_WAYS])
{
    const struct atom *a = r->atom;

    score[COMPOSED_PULSE] = nats_of(&a[PULSE]);
    score[COMPOSED_RHYTHM] = nats_of(&a[RHYTHM]);
    score[COMPOSED_JOINT] = nats_of(&a[JOINT]);
    score[COMPOSED_MAX] = fmax(nats_of(&a[PULSE]), nats_of(&a[RHYTHM]));
    score[COMPOSED_SUM] =
        (double)a[PULSE].verdict.surprise + (double)a[RHYTHM].verdict.surprise;
    return combine(&r->two, a, 2, ts, &score[COMPOSED_MOLECULE]) ||
           combine(&r->three, a, ATOMS, ts, &score[COMPOSED_THREE]);
}

/* ---- three weeks ----------------------------------------------------------------- */

static int one_row(struct run *r, int week, size_t i, struct composed *out)
{
    const struct table *t = &r->week[week];
    const double *x = t->x + i * t->columns;
    int64_t ts = (int64_t)x[table_column(t, "ts")];
    double score[COMPOSED_WAYS];

    r->rows++;
    for (unsigned a = 0; a < ATOMS; a++)
        if (push(&r->atom[a], t, x, ts, r->rows))
            return -1;
    if (week == TRAIN)
        return 0;
    if (rank(r, ts, score))
        return -1;
    for (unsigned w = 0; w < COMPOSED_WAYS; w++) {
        if (week == TEST)
            out->score[w][i] = score[w];
        else if (r->atom[PULSE].verdict.row_tail < 1 &&
                 past_add(&r->past[w], (float)score[w]))
            return -1;
    }
    if (week == TEST)
        out->label[i] = (unsigned char)x[table_column(t, "label")];
    return 0;
}

/* The second week is over: the thresholds, and alarms from here on. */
static void set_budget(struct run *r, uint64_t seed, struct composed *out)
{
    struct stream_options o = options_of(r, seed, COMPOSITION_BUDGET);

    for (unsigned w = 0; w < COMPOSED_WAYS; w++)
        out->level[w] = past_level(&r->past[w], COMPOSITION_BUDGET);
    out->level[COMPOSED_MOLECULE] = molecule_level(&r->two, COMPOSITION_BUDGET);
    out->level[COMPOSED_THREE] = molecule_level(&r->three, COMPOSITION_BUDGET);
    o.past_off = 1;
    r->two.rate = r->three.rate = COMPOSITION_BUDGET;
    for (unsigned a = 0; a < ATOMS; a++)
        stream_adjust(r->atom[a].stream, &o);
}

static int live(struct run *r, uint64_t seed, struct composed *out)
{
    for (int week = 0; week < WEEKS; week++) {
        if (week == TEST)
            set_budget(r, seed, out);
        for (size_t i = 0; i < r->week[week].rows; i++)
            if (one_row(r, week, i, out))
                return -1;
    }
    return 0;
}

/* ---- files ----------------------------------------------------------------------- */

static int read_week(struct table *t, const char *dir, const char *name,
                     struct kiri_error *err)
{
    static const char *const more[] = { "ts", "label" };
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (table_read(t, path, err))
        return -1;
    for (size_t i = 0; i < COUNT(words) + COUNT(more); i++) {
        const char *column = i < COUNT(words) ? words[i].symbol : more[i - COUNT(words)];
        if (i < COUNT(words) && words[i].from == &pulse_default)
            continue; /* the clock is ts */
        if (table_column(t, column) == t->columns)
            return kiri_fail(err, KIRI_BAD_DATA, "%s: there is no column %s", path,
                             column);
    }
    return t->rows ? 0 : kiri_fail(err, KIRI_BAD_DATA, "%s: there are no rows", path);
}

static int make_room(struct composed *out, size_t n)
{
    out->n = n;
    out->label = calloc(n, sizeof *out->label);
    for (unsigned w = 0; w < COMPOSED_WAYS; w++)
        if (!(out->score[w] = calloc(n, sizeof *out->score[w])))
            return -1;
    return out->label ? 0 : -1;
}

void composed_free(struct composed *c)
{
    free(c->label);
    for (unsigned w = 0; w < COMPOSED_WAYS; w++)
        free(c->score[w]);
    *c = (struct composed){ 0 };
}

static void end(struct run *r)
{
    for (int i = 0; i < WEEKS; i++)
        table_free(&r->week[i]);
    for (unsigned i = 0; i < ATOMS; i++)
        stream_free(r->atom[i].stream);
    for (unsigned w = 0; w < COMPOSED_WAYS; w++)
        past_fini(&r->past[w]);
    molecule_fini(&r->two);
    molecule_fini(&r->three);
    free(r);
}

int composition_run(const char *dir, uint64_t seed, struct composed *out,
                    struct kiri_error *err)
{
    static const char *const names[] = { "train.csv", "calibrate.csv", "test.csv" };
    struct run *r = calloc(1, sizeof *r);
    int rc = 0;

    *out = (struct composed){ 0 };
    if (!r)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    molecule_init(&r->two, NO_ALARM);
    molecule_init(&r->three, NO_ALARM);
    for (int i = 0; i < WEEKS && !rc; i++)
        rc = read_week(&r->week[i], dir, names[i], err);
    for (unsigned i = 0; i < ATOMS && !rc; i++)
        rc = make_atom(r, i, seed, err);
    if (!rc && (make_room(out, r->week[TEST].rows) || live(r, seed, out)))
        rc = kiri_fail(err, KIRI_INTERNAL, "memory is short");
    end(r);
    return rc;
}
