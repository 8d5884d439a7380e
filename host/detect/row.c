#include "detect/row.h"

#include "detect/times.h"
#include "flow/values.h"

#include <math.h>
#include <string.h>

static const struct cell *cell_at(const struct record *record, int64_t at)
{
    static const struct cell none;

    return at >= 0 && (uint64_t)at < record->n ? &record->cell[at] : &none;
}

static void flag(struct row *r, enum flaw f, const char *column)
{
    if (!(r->flaws & FLAW(f)))
        r->column[f] = column;
    r->flaws |= FLAW(f);
}

static void read_number(struct row *r, const struct cell *c, const char *column,
                        union kiri_value *v)
{
    double x = 0;
    int kind = c->text ? times_number(c->text, c->len, &x) : 2;

    v->num = kind == 0 || kind == 1 ? value_finite(x) : (double)NAN;
    if (kind)
        flag(r, kind < 0 ? FLAW_TEXT : kind == 1 ? FLAW_INFINITE : FLAW_MISSING, column);
}

static void read_choice(struct row *r, const struct cell *c, const char *column,
                        const struct kiri_field *f, union kiri_value *v)
{
    char word[PLAN_WORD + 1];

    v->choice = -1;
    if (!plan_word(c, word)) {
        flag(r, FLAW_MISSING, column);
        return;
    }
    for (int32_t i = 0; f->choices[i]; i++)
        if (strcmp(f->choices[i], word) == 0)
            v->choice = i;
    if (v->choice < 0)
        flag(r, FLAW_WORD, column);
}

static void read_text(struct row *r, const struct cell *c, const char *column,
                      const struct kiri_field *f, union kiri_value *v)
{
    v->text.ptr = c->text;
    v->text.len = c->len;
    if (!c->text)
        flag(r, FLAW_MISSING, column);
    else if (c->cut || c->len > f->max_len)
        flag(r, FLAW_CUT, column);
}

static void read_field(struct row *r, const struct cell *c, const char *column,
                       const struct kiri_field *f, union kiri_value *v)
{
    switch (f->kind) {
    case KIRI_NUMBER: read_number(r, c, column, v); break;
    case KIRI_CHOICE: read_choice(r, c, column, f, v); break;
    case KIRI_TEXT: read_text(r, c, column, f, v); break;
    default: return; /* the clock's */
    }
    if ((f->flags & KIRI_ALWAYS) && kiri_is_missing(f, v))
        r->empty = 1;
}

static void read_time(struct row *r, const struct cell *c, const char *column,
                      struct row_clock *clock)
{
    int64_t ms;

    r->stamp = *c;
    if (!c->text || times_parse(c->text, c->len, &ms)) {
        flag(r, FLAW_NO_TIME, column);
        r->ts = clock->previous;
        return;
    }
    if (clock->begun && ms < clock->latest)
        flag(r, FLAW_BACKWARDS, column);
    else if (clock->begun && ms == clock->previous)
        flag(r, FLAW_REPEATS, column);
    clock->previous = ms;
    if (!clock->begun || ms > clock->latest)
        clock->latest = ms;
    clock->begun = 1;
    r->ts = ms;
}

void row_take(const struct plan *p, const struct binding *b, const struct record *record,
              struct row_clock *clock, struct row *out)
{
    const uint32_t whole = FLAW(FLAW_BLANK) | FLAW(FLAW_JSON);

    *out = (struct row){ .ts = 0 };
    kiri_missing(p->schema, out->v);
    if (p->time)
        read_time(out, cell_at(record, b->time), p->time, clock);
    for (uint32_t i = 0; i < p->schema->n_fields; i++)
        read_field(out, cell_at(record, b->at[i]), p->column[i], &p->schema->fields[i],
                   &out->v[i]);
    if (p->time)
        values_clock(p->schema, out->ts, out->v);
    if (record->flaws & whole) /* which says it all */
        out->flaws &= FLAW(FLAW_REPEATS);
    out->flaws |= record->flaws | (out->empty ? FLAW(FLAW_UNSCORED) : 0);
}
