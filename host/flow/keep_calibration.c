#include "flow/keep_calibration.h"

#include "flow/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OLD_TURNS 9u /* before fields were measured one by one */
#define TURNS     (OLD_TURNS + 9u)
#define OLD_SUMS  4u
#define SUMS      (2u * STATISTICS)
#define GUARDED                                                                          \
    6u /* columns: row, six, what counts, field, least; older files: three               \
        */
#define OLD_GUARDED 3u

static const char *const gauge_names[STATISTICS] = {
    [BY_ROW] = "calibration.row",     [BY_SIX] = "calibration.six",
    [BY_FIELD] = "calibration.field", [BY_WORST] = "calibration.worst",
    [BY_LEAST] = "calibration.least",
};
static const char *const tail_names[STATISTICS] = {
    [BY_ROW] = "calibration.row_tail",     [BY_SIX] = "calibration.six_tail",
    [BY_FIELD] = "calibration.field_tail", [BY_WORST] = "calibration.worst_tail",
    [BY_LEAST] = "calibration.least_tail",
};

/* Where in the turns: a gauge's ring index (and beside it when its sums were made anew),
 * a tail's, and the alarm's. */
static const uint8_t gauge_turn[STATISTICS] = { 0, 2, 9, 12, 15 },
                     tail_turn[STATISTICS] = { 4, 5, 11, 14, 17 };
enum { ALARM_QUIET = 6, ALARM_OPEN, SHIFT };

struct keep_calibration {
    double sums[SUMS];
    uint32_t turns[TURNS];
    float guarded[GUARD_ROWS][GUARDED];
    uint32_t fields[3];
    double holds[]; /* age in rows and score, of the peaks one after the other */
};

/* ---- saving ---------------------------------------------------------------------- */

/* What waits behind the guard. */
static void guards_of(const struct stream *s, float (*all)[GUARDED])
{
    for (uint32_t i = 0; i < s->n_guarded; i++) {
        const struct guarded *g = &s->guarded[i];
        all[i][0] = g->by[BY_ROW];
        all[i][1] = g->by[BY_SIX];
        all[i][2] = (float)g->counts;
        all[i][3] = g->by[BY_FIELD];
        all[i][4] = g->by[BY_WORST];
        all[i][5] = g->by[BY_LEAST];
    }
}

/* The scores that hold the next ones back. */
static void holds_of(const struct stream *s, double *out)
{
    const struct peak *all[] = { &s->rules.held, &s->rules.once[LEVEL_SURPRISE],
                                 &s->rules.once[LEVEL_FAR] };

    for (uint32_t k = 0; k < sizeof all / sizeof *all; k++)
        for (uint32_t i = 0; i < all[k]->n; i++) {
            const struct peak *p = all[k];
            const struct peak_entry *e = &p->queue[(p->first + i) % p->span];
            *out++ = (double)(p->at - e->row);
            *out++ = e->x;
        }
}

struct keep_calibration *keep_calibration_of(const struct stream *s)
{
    const struct rules *r = &s->rules;
    size_t n_holds = (size_t)r->held.n + r->once[LEVEL_SURPRISE].n + r->once[LEVEL_FAR].n;
    struct keep_calibration *c = calloc(1, sizeof *c + 2 * n_holds * sizeof *c->holds);

    if (!c)
        return NULL;
    for (uint32_t i = 0; i < STATISTICS; i++) {
        const struct gauge *g = &s->yard.of[i].gauge;
        c->sums[2 * i] = g->mean;
        c->sums[2 * i + 1] = g->m2;
        c->turns[gauge_turn[i]] = g->past.at;
        c->turns[gauge_turn[i] + 1] = g->since;
        c->turns[tail_turn[i]] = s->yard.of[i].tail.at;
    }
    c->turns[ALARM_QUIET] = s->alarm.quiet;
    c->turns[ALARM_OPEN] = s->alarm.open;
    c->turns[SHIFT] = s->shift_rows;
    c->fields[0] = s->fields.n_recent;
    c->fields[1] = s->fields.n_waiting;
    c->fields[2] = s->fields.n;
    guards_of(s, c->guarded);
    holds_of(s, c->holds);
    return c;
}

static void put_rules(struct safetensors_writer *w, const struct stream *s,
                      const struct keep_calibration *c)
{
    const struct peak *held = &s->rules.held, *once = s->rules.once;

    if (!s->one_number)
        return;
    safetensors_put(w, "calibration.held", TENSOR_F64, 2, (uint64_t[]){ held->n, 2 },
                    c->holds);
    safetensors_put(w, "calibration.six_peaks", TENSOR_F64, 2, (uint64_t[]){ once->n, 2 },
                    c->holds + 2 * (size_t)held->n);
    safetensors_put(w, "calibration.far_peaks", TENSOR_F64, 2,
                    (uint64_t[]){ once[LEVEL_FAR].n, 2 },
                    c->holds + 2 * ((size_t)held->n + once->n));
    safetensors_put(w, "calibration.breaches", TENSOR_F64, 1, &(uint64_t){ 3 },
                    &s->rules.breaches);
    safetensors_put(w, "calibration.last_far", TENSOR_F32, 1, &(uint64_t){ s->far.n },
                    s->far.x + QUIET_ROWS - s->far.n);
}

static void put_fields(struct safetensors_writer *w, const struct stream *s,
                       const struct keep_calibration *c)
{
    const struct fields *f = &s->fields;
    uint64_t one[1] = { KIRI_MAX_FIELDS };

    if (!(s->yard.tailed >> BY_FIELD & 1))
        return;
    safetensors_put(w, "fields.recent", TENSOR_F32, 2,
                    (uint64_t[]){ QUIET_ROWS, KIRI_MAX_FIELDS }, f->recent);
    safetensors_put(w, "fields.waiting", TENSOR_F32, 2,
                    (uint64_t[]){ FIELDS_WAIT, KIRI_MAX_FIELDS }, f->waiting);
    safetensors_put(w, "fields.mean", TENSOR_F64, 1, one, f->mean);
    safetensors_put(w, "fields.variance", TENSOR_F64, 1, one, f->variance);
    safetensors_put(w, "fields.rows", TENSOR_U32, 1, &(uint64_t){ 3 }, c->fields);
}

void keep_calibration_put(struct safetensors_writer *w, const struct stream *s,
                          const struct keep_calibration *c)
{
    for (uint32_t i = 0; i < STATISTICS; i++) {
        model_put_past(w, gauge_names[i], &s->yard.of[i].gauge.past);
        model_put_past(w, tail_names[i], &s->yard.of[i].tail);
    }
    safetensors_put(w, "calibration.guarded", TENSOR_F32, 2,
                    (uint64_t[]){ s->n_guarded, GUARDED }, c->guarded);
    safetensors_put(w, "calibration.sums", TENSOR_F64, 1, &(uint64_t){ SUMS }, c->sums);
    safetensors_put(w, "calibration.turns", TENSOR_U32, 1, &(uint64_t){ TURNS },
                    c->turns);
    safetensors_put(w, "calibration.last", TENSOR_F32, 1, &(uint64_t){ s->six.n },
                    s->six.x + QUIET_ROWS - s->six.n);
    safetensors_put(w, "blame.recent", TENSOR_F32, 2,
                    (uint64_t[]){ QUIET_ROWS, KIRI_MAX_FIELDS }, s->blame.recent);
    safetensors_put(w, "blame.sum", TENSOR_F64, 1, &(uint64_t){ KIRI_MAX_FIELDS },
                    s->blame.sum);
    put_rules(w, s, c);
    put_fields(w, s, c);
}

/* ---- loading --------------------------------------------------------------------- */

static uint32_t counts_of(float saved)
{
    return saved >= COUNTS_CUT ? COUNTS_CUT
           : saved >= NEVER    ? NEVER
           : saved > 0         ? COUNTS
                               : 0;
}

static int get_guarded(struct stream *s, const struct safetensors *st,
                       struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "calibration.guarded");
    float all[GUARDED * GUARD_ROWS];

    if (!t || t->n_dims != 2 || t->shape[0] > GUARD_ROWS ||
        (t->shape[1] != OLD_GUARDED && t->shape[1] != GUARDED))
        return kiri_fail(err, KIRI_BAD_DATA, "the calibration's newest rows are damaged");
    if (safetensors_copy(st, "calibration.guarded", TENSOR_F32, t->count, all, err))
        return -1;
    s->n_guarded = (uint32_t)t->shape[0];
    for (uint32_t i = 0; i < s->n_guarded; i++) {
        const float *row = all + i * t->shape[1];
        s->guarded[i] = (struct guarded){ .by = { row[0], row[1], NOT_MEASURED,
                                                  NOT_MEASURED, NOT_MEASURED },
                                          .counts = counts_of(row[2]) };
        if (t->shape[1] == GUARDED)
            memcpy(&s->guarded[i].by[BY_FIELD], row + OLD_GUARDED, 3 * sizeof *row);
    }
    return 0;
}

static int get_yardsticks(struct stream *s, const struct safetensors *st,
                          uint32_t statistics, const double *sums, const uint32_t *turns,
                          struct kiri_error *err)
{
    for (uint32_t i = 0; i < statistics; i++) {
        struct gauge *g = &s->yard.of[i].gauge;
        if (turns[gauge_turn[i] + 1] > PAST_ROWS || sums[2 * i + 1] < 0)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "the calibration's counters are out of range");
        if (model_get_past(st, gauge_names[i], turns[gauge_turn[i]], &g->past, err) ||
            model_get_past(st, tail_names[i], turns[tail_turn[i]], &s->yard.of[i].tail,
                           err))
            return -1;
        g->mean = sums[2 * i];
        g->m2 = sums[2 * i + 1];
        g->since = turns[gauge_turn[i] + 1];
    }
    return 0;
}

static int get_fields(struct stream *s, const struct safetensors *st,
                      struct kiri_error *err)
{
    struct fields *f = &s->fields;
    uint32_t rows[3];

    if (!safetensors_find(st, "fields.rows"))
        return 0;
    if (safetensors_copy(st, "fields.recent", TENSOR_F32, QUIET_ROWS * KIRI_MAX_FIELDS,
                         f->recent[0], err) ||
        safetensors_copy(st, "fields.waiting", TENSOR_F32, FIELDS_WAIT * KIRI_MAX_FIELDS,
                         f->waiting[0], err) ||
        safetensors_copy(st, "fields.mean", TENSOR_F64, KIRI_MAX_FIELDS, f->mean, err) ||
        safetensors_copy(st, "fields.variance", TENSOR_F64, KIRI_MAX_FIELDS, f->variance,
                         err) ||
        safetensors_copy(st, "fields.rows", TENSOR_U32, 3, rows, err))
        return -1;
    f->n_recent = rows[0];
    f->n_waiting = rows[1];
    f->n = rows[2];
    if (fields_sound(f))
        return 0;
    return kiri_fail(err, KIRI_BAD_DATA, "what its fields' past was is damaged");
}

/* What the open alarm's rows were about. */
static int get_blame(struct stream *s, const struct safetensors *st,
                     struct kiri_error *err)
{
    struct blame *b = &s->blame;

    if (!safetensors_find(st, "blame.recent"))
        return 0;
    return safetensors_copy(st, "blame.recent", TENSOR_F32, QUIET_ROWS * KIRI_MAX_FIELDS,
                            b->recent, err) ||
                   safetensors_copy(st, "blame.sum", TENSOR_F64, KIRI_MAX_FIELDS, b->sum,
                                    err)
               ? -1
               : 0;
}

static int get_peak(struct peak *p, const struct safetensors *st, const char *name,
                    struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, name);
    double pairs[2 * RULES_HOLD];

    if (t && t->count % 2 == 0 && t->count <= sizeof pairs / sizeof *pairs &&
        safetensors_copy(st, name, TENSOR_F64, t->count, pairs, err) == 0) {
        uint32_t n = (uint32_t)t->count / 2, old = 0;
        while (old < n && pairs[2 * (size_t)old] > p->span)
            old++; /* another warm-up, and so a shorter hold, is configured now */
        if (peak_restore(p, pairs + 2 * (size_t)old, n - old) == 0)
            return 0;
    }
    return kiri_fail(err, KIRI_BAD_DATA, "%s is missing or damaged", name);
}

static int get_breaches(struct breaches *b, const struct safetensors *st,
                        struct kiri_error *err)
{
    double all[3];

    if (!safetensors_find(st, "calibration.breaches"))
        return 0;
    if (safetensors_copy(st, "calibration.breaches", TENSOR_F64, 3, all, err))
        return -1;
    for (int i = 0; i < 3; i++)
        if (!isfinite(all[i]) || all[i] < 0)
            return kiri_fail(err, KIRI_BAD_DATA, "the breaches of the range are damaged");
    *b = (struct breaches){ all[0], all[1], all[2] };
    return 0;
}

static int get_rules(struct rules *r, const struct safetensors *st,
                     struct kiri_error *err)
{
    return get_peak(&r->held, st, "calibration.held", err) ||
                   get_peak(&r->once[LEVEL_SURPRISE], st, "calibration.six_peaks", err) ||
                   (safetensors_find(st, "calibration.far_peaks") &&
                    get_peak(&r->once[LEVEL_FAR], st, "calibration.far_peaks", err)) ||
                   get_breaches(&r->breaches, st, err)
               ? -1
               : 0;
}

/* The newest rows' values. */
static int get_six(struct six *six, const struct safetensors *st, const char *name,
                   struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, name);

    if (!t || t->count > QUIET_ROWS)
        return kiri_fail(err, KIRI_BAD_DATA, "%s is missing or damaged", name);
    six->n = (uint32_t)t->count;
    return safetensors_copy(st, name, TENSOR_F32, six->n, six->x + QUIET_ROWS - six->n,
                            err);
}

int keep_calibration_get(struct stream *s, const struct safetensors *st,
                         struct kiri_error *err)
{
    const struct tensor *all = safetensors_find(st, "calibration.turns");
    int old = all && all->count == OLD_TURNS;
    double sums[SUMS] = { 0 };
    uint32_t turns[TURNS] = { 0 };

    if (safetensors_copy(st, "calibration.sums", TENSOR_F64, old ? OLD_SUMS : SUMS, sums,
                         err) ||
        safetensors_copy(st, "calibration.turns", TENSOR_U32, old ? OLD_TURNS : TURNS,
                         turns, err))
        return -1;
    if (turns[ALARM_QUIET] > QUIET_ROWS || turns[ALARM_OPEN] > 1)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "the calibration's counters are out of range");
    s->alarm = (struct alarm){ turns[ALARM_QUIET], turns[ALARM_OPEN] };
    s->shift_rows = turns[SHIFT];
    return get_six(&s->six, st, "calibration.last", err) ||
                   get_yardsticks(s, st, old ? BY_FIELD : STATISTICS, sums, turns, err) ||
                   get_guarded(s, st, err) || get_fields(s, st, err) ||
                   get_blame(s, st, err) ||
                   (s->one_number && get_rules(&s->rules, st, err)) ||
                   (safetensors_find(st, "calibration.last_far") &&
                    get_six(&s->far, st, "calibration.last_far", err))
               ? -1
               : 0;
}
