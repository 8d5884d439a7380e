/*
 * A verdict as JSON: what was seen, how surprising each word was, what was expected
 * instead.
 */
#include "flow/verdict.h"

#include "flow/values.h"

#include <math.h>

static void write_word(struct jsonw *j, const struct kiri_schema *s, uint32_t id)
{
    char word[80];

    kiri_word(s, id, word, sizeof word);
    jsonw_string(j, word);
}

/* [lo, hi] of a number's word, null where it reaches to infinity; null for a word that is
 * none. */
static void write_range(const struct verdict_range *r, struct jsonw *j)
{
    if (isnan(r->lo)) {
        jsonw_null(j);
        return;
    }
    jsonw_array(j);
    jsonw_num(j, r->lo, 3);
    jsonw_num(j, r->hi, 3);
    jsonw_end(j);
}

static void write_ranges(const struct verdict_field *f, struct jsonw *j)
{
    jsonw_key(j, "range");
    write_range(&f->covers, j);
    jsonw_key(j, "expected_ranges");
    jsonw_array(j);
    for (uint32_t k = 0; k < f->n_expected; k++)
        write_range(&f->expected[k].covers, j);
    jsonw_end(j);
}

/* What each byte of a text cost, and its end. */
static void write_each(const struct verdict *d, const struct verdict_field *f,
                       struct jsonw *j)
{
    jsonw_key(j, "each");
    jsonw_array(j);
    for (uint32_t k = 0; k < f->n_each; k++)
        jsonw_num(j, (double)d->each[f->each + k], 3);
    jsonw_end(j);
}

void verdict_fields(const struct kiri_schema *s, const union kiri_value *v,
                    const struct verdict *d, int ranges, struct jsonw *j)
{
    jsonw_array(j);
    for (uint32_t i = 0; i < d->n_fields; i++) {
        const struct verdict_field *f = &d->field[i];
        const struct kiri_field *field = &s->fields[f->field];
        jsonw_object(j);
        jsonw_kstr(j, "name", field->name);
        if (ranges && field->unit)
            jsonw_kstr(j, "unit", field->unit);
        jsonw_key(j, "word");
        write_word(j, s, f->word);
        jsonw_key(j, "value");
        if (field->kind == KIRI_NUMBER && !kiri_is_missing(field, &v[f->field]))
            jsonw_num(j, value_finite(v[f->field].num), 5);
        else
            value_write(field, &v[f->field], j);
        jsonw_knum(j, "nats", (double)f->nats, 4);
        jsonw_key(j, "expected");
        jsonw_array(j);
        for (uint32_t k = 0; k < f->n_expected; k++) {
            jsonw_array(j);
            write_word(j, s, f->expected[k].word);
            jsonw_num(j, (double)f->expected[k].p, 2);
            jsonw_end(j);
        }
        jsonw_end(j);
        if (f->n_each)
            write_each(d, f, j);
        if (ranges)
            write_ranges(f, j);
        jsonw_end(j);
    }
    jsonw_end(j);
}

static const char *field_name(const struct kiri_schema *s, uint32_t f)
{
    return f < s->n_fields ? s->fields[f].name : "";
}

void verdict_write(const struct kiri_schema *s, const struct verdict *v, struct jsonw *j)
{
    jsonw_kint(j, "id", (int64_t)v->id);
    jsonw_kint(j, "gen", (int64_t)v->gen);
    jsonw_kstr(j, "state", stream_state_name(v->state));
    jsonw_knum(j, "surprise", (double)v->surprise, 4);
    jsonw_knum(j, "score", (double)v->score, 4);
    jsonw_knum(j, "tail", (double)v->tail, 3);
    jsonw_kbool(j, "alarm", v->onset);
    jsonw_kstr(j, "blame", field_name(s, v->blame));
    jsonw_kstr(j, "row_blame", field_name(s, v->row_blame));
}
