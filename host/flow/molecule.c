#include "flow/molecule.h"

#include "flow/stream_runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHIFT_ROWS 1024u /* an alarm that is open for so many is the new normal */
#define HARDLY     0.7   /* times: beyond, how odd an alarm was is not remembered */
#define MOST       20.0f /* decades of a score */
#define HUGE_SUM   1e200
#define GOLDEN     0.6180339887498949

void molecule_init(struct molecule *m, double rate)
{
    *m = (struct molecule){ .rate = rate, .alarm = ALARM_START };
}

void molecule_fini(struct molecule *m)
{
    free(m->atom);
    past_fini(&m->past);
    *m = (struct molecule){ 0 };
}

/* ---- who counts ------------------------------------------------------------------ */

static int is_young(const struct molecule_atom *a, int64_t now)
{
    return !isnan(a->nats) &&
           (a->period_ms ? now - a->ts < MOLECULE_YOUNG * (int64_t)a->period_ms
                         : now == a->ts);
}

/* Periods that differ by less than a half are one. */
static int is_complete(const struct molecule *m, int64_t now)
{
    int64_t shortest = UINT32_MAX;

    for (uint32_t i = 0; i < m->n; i++)
        if (is_young(&m->atom[i], now) && m->atom[i].period_ms < shortest)
            shortest = m->atom[i].period_ms;
    if (m->rows && now - m->ts >= shortest + shortest / 2)
        return 1;
    for (uint32_t i = 0; i < m->n; i++) {
        const struct molecule_atom *a = &m->atom[i];
        if (is_young(a, now) && a->period_ms < shortest + shortest / 2 &&
            now - a->ts > shortest / 2)
            return 0;
    }
    return 1;
}

static void hear(struct molecule_atom *a, const struct molecule_row *row)
{
    a->ts = row->ts;
    a->period_ms = row->period_ms;
    a->nats = (float)-log(row->tail);
}

/* ---- what it comes to ------------------------------------------------------------ */

/* -ln P(chi-square of 2 n degrees of freedom >= 2 sum) = sum - ln(1 + sum + sum^2/2! +
 * ...), n terms; they are kept from overflowing. */
static double nats_of(double sum, uint32_t n)
{
    double term = 1, all = 1, scaled = 0;

    for (uint32_t i = 1; i < n; i++) {
        term *= sum / i;
        all += term;
        if (all > HUGE_SUM) {
            term /= HUGE_SUM;
            all /= HUGE_SUM;
            scaled += log(HUGE_SUM);
        }
    }
    return fmax(0, sum - log(all) - scaled);
}

static void add_up(struct molecule *m, int64_t now, struct molecule_verdict *out)
{
    double sum = 0;

    for (uint32_t i = 0; i < m->n; i++) {
        struct molecule_atom *a = &m->atom[i];
        a->counted = is_young(a, now);
        out->atoms += a->counted != 0;
        sum += a->counted ? (double)a->nats : 0;
    }
    double nats = out->atoms ? nats_of(sum, out->atoms) : 0;
    out->sum = (float)sum;
    out->nats = (float)nats;
}

/* ---- against its past ------------------------------------------------------------ */

static int enter(struct molecule *m, float nats, int cut)
{
    if (cut) {
        double rate = m->rate * HARDLY / runs_share(&m->past);
        nats = fminf(nats, (float)past_level(&m->past, rate));
    }
    return past_add(&m->past, nats);
}

/* As in a stream, an alarm counts once, with the row that opened it, and no row is past
 * at once (stream_calibrate.c). 0, or -1: memory. */
static int remember(struct molecule *m, const struct molecule_verdict *v)
{
    int settled = m->open_rows > SHIFT_ROWS;

    if (m->n_guarded == MOLECULE_GUARD) {
        if (m->guarded[0].counts && enter(m, m->guarded[0].nats, m->guarded[0].cut))
            return -1;
        memmove(m->guarded, m->guarded + 1, sizeof m->guarded - sizeof *m->guarded);
        m->n_guarded--;
    }
    m->guarded[m->n_guarded].nats = v->nats;
    m->guarded[m->n_guarded].counts = v->atoms && (!v->alarm || v->onset || settled);
    m->guarded[m->n_guarded++].cut = v->alarm && !settled;
    return 0;
}

/* The past of atoms that know nothing of each other: an even sample of the exponential
 * law, in an order in which great ones do not follow each other. */
static int begin(struct molecule *m)
{
    for (uint32_t i = 0; i < MOLECULE_PRIOR; i++) {
        double place = (i + 1) * GOLDEN, tail = place - floor(place);
        if (past_add(&m->past, (float)-log(tail)))
            return -1;
    }
    return 0;
}

static int judge(struct molecule *m, struct molecule_verdict *out)
{
    if (m->past.n == 0 && begin(m))
        return -1;
    out->score = fminf(out->nats / (float)M_LN10, MOST);
    if (out->atoms)
        out->tail = (float)runs_tail(&m->past, (double)out->nats);
    int went = alarm_step(&m->alarm, (double)out->tail, m->rate);

    out->alarm = (int)m->alarm.open;
    out->onset = went > 0;
    out->closed = went < 0;
    m->open_rows = out->alarm ? m->open_rows + 1 : 0;
    m->alarms += out->onset != 0;
    m->rows++;
    return remember(m, out);
}

static int make_room(struct molecule *m, uint32_t atom)
{
    if (atom < m->n)
        return 0;
    struct molecule_atom *more = realloc(m->atom, (atom + 1) * sizeof *more);
    if (!more)
        return -1;
    memset(more + m->n, 0, (atom + 1 - m->n) * sizeof *more);
    m->atom = more;
    m->n = atom + 1;
    return 0;
}

int molecule_push(struct molecule *m, uint32_t atom, const struct molecule_row *row,
                  struct molecule_verdict *out)
{
    *out = (struct molecule_verdict){ .tail = 1 };
    if (make_room(m, atom))
        return -1;
    hear(&m->atom[atom], row);
    out->complete = !row->period_ms || is_complete(m, row->ts);
    if (!out->complete)
        return 0;
    m->ts = row->ts;
    add_up(m, row->ts, out);
    return judge(m, out);
}

int molecule_again(struct molecule *m, float nats, uint32_t atoms,
                   struct molecule_verdict *out)
{
    *out = (struct molecule_verdict){
        .complete = 1, .atoms = atoms, .nats = nats, .tail = 1
    };
    return judge(m, out);
}

void molecule_leave(struct molecule *m, uint32_t atom)
{
    if (atom < m->n)
        m->atom[atom] = (struct molecule_atom){ 0 };
}

double molecule_level(const struct molecule *m, double rate)
{
    return past_level(&m->past, rate) / M_LN10;
}
