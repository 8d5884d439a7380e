#include "flow/combined.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A_DAY      (1.0 / 86400)
#define ROWS_A_DAY 1000 /* of atoms that only speak when something happens */

void combined_init(struct combined *c, double alarm_per_s)
{
    *c = (struct combined){ .last = { .tail = 1 } };
    combined_adjust(c, alarm_per_s);
    molecule_init(&c->molecule, 0);
}

void combined_fini(struct combined *c)
{
    molecule_fini(&c->molecule);
    free(c->voice);
    *c = (struct combined){ 0 };
}

void combined_adjust(struct combined *c, double alarm_per_s)
{
    c->alarm_per_s = alarm_per_s > 0 ? alarm_per_s : A_DAY;
}

/* ---- voices ---------------------------------------------------------------------- */

static struct combined_voice *find(const struct combined *c, const char *name)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (strcmp(c->voice[i].name, name) == 0)
            return &c->voice[i];
    return NULL;
}

static struct combined_voice *add(struct combined *c)
{
    uint32_t cap = c->cap ? 2 * c->cap : 8;

    if (c->n == c->cap) {
        struct combined_voice *more = realloc(c->voice, cap * sizeof *more);
        if (!more)
            return NULL;
        c->voice = more;
        c->cap = cap;
    }
    return &c->voice[c->n++];
}

/* The place of that name, of one who left, or a new one; NULL: memory is short. */
static struct combined_voice *place(struct combined *c, const char *name)
{
    struct combined_voice *v = find(c, name);

    if (v)
        return v;
    v = find(c, "");
    if (!v)
        v = add(c);
    if (v) {
        *v = (struct combined_voice){ .tail = 1 };
        snprintf(v->name, sizeof v->name, "%s", name);
    }
    return v;
}

void combined_leave(struct combined *c, const char *name)
{
    struct combined_voice *v = find(c, name);

    if (!v)
        return;
    molecule_leave(&c->molecule, (uint32_t)(v - c->voice));
    *v = (struct combined_voice){ .tail = 1 };
}

/* Two at least have something to say. */
static int is_together(const struct combined *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < c->n; i++)
        n += c->voice[i].speaks != 0;
    return n > 1;
}

/* ---- rows ------------------------------------------------------------------------ */

/* The budget a row: by the shortest period, as often as there will be rows. */
static double rate_of(const struct combined *c)
{
    uint32_t shortest = 0;

    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t period = c->voice[i].period_ms;
        if (period && (!shortest || period < shortest))
            shortest = period;
    }
    double rate =
        shortest ? c->alarm_per_s * shortest / 1e3 : c->alarm_per_s * 86400 / ROWS_A_DAY;
    return rate < 1 ? rate : 1;
}

int combined_join(struct combined *c, const char *name, uint32_t period_ms)
{
    struct combined_voice *v = place(c, name);

    if (v)
        v->period_ms = period_ms;
    return v ? 0 : -1;
}

int combined_again(struct combined *c, int64_t ts, float nats, uint32_t atoms)
{
    c->molecule.rate = rate_of(c);
    c->last_ts = ts;
    return molecule_again(&c->molecule, nats, atoms, &c->last);
}

double combined_tail(const struct verdict *v)
{
    return v->state == STREAM_LEARNING ? (double)NAN : (double)v->row_tail;
}

int combined_push(struct combined *c, const char *name, const struct molecule_row *row)
{
    struct combined_voice *v = place(c, name);
    struct molecule_verdict verdict;

    if (!v)
        return -1;
    v->tail = row->tail;
    v->period_ms = row->period_ms;
    v->speaks |= !isnan(row->tail);
    if (!is_together(c))
        return 0;
    c->molecule.rate = rate_of(c);
    if (molecule_push(&c->molecule, (uint32_t)(v - c->voice), row, &verdict))
        return -1;
    if (!verdict.complete)
        return 0;
    c->last = verdict;
    c->last_ts = row->ts;
    return 1;
}

/* ---- as JSON --------------------------------------------------------------------- */

/* Of those who counted, the name of the oddest; "": nobody did. */
static const char *oddest(const struct combined *c)
{
    const struct combined_voice *first = NULL;

    for (uint32_t i = 0; i < c->molecule.n && i < c->n; i++)
        if (c->molecule.atom[i].counted && (!first || c->voice[i].tail < first->tail))
            first = &c->voice[i];
    return first ? first->name : "";
}

static void write_atoms(const struct combined *c, struct jsonw *j)
{
    jsonw_key(j, "atoms");
    jsonw_array(j);
    for (uint32_t i = 0; i < c->molecule.n && i < c->n; i++) {
        if (!c->molecule.atom[i].counted)
            continue;
        jsonw_object(j);
        jsonw_kstr(j, "name", c->voice[i].name);
        jsonw_knum(j, "tail", c->voice[i].tail, 3);
        jsonw_end(j);
    }
    jsonw_end(j);
}

void combined_members(const struct combined *c, struct jsonw *j)
{
    const struct molecule_verdict *v = &c->last;

    jsonw_kstr(j, "state", v->alarm ? "alarm" : "normal");
    jsonw_knum(j, "sum", (double)v->sum, 4);
    jsonw_knum(j, "score", (double)v->score, 4);
    jsonw_knum(j, "tail", (double)v->tail, 3);
    jsonw_kbool(j, "alarm", v->onset);
    jsonw_kstr(j, "blame", oddest(c));
    write_atoms(c, j);
}

void combined_message(const struct combined *c, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    combined_members(c, &j);
}
