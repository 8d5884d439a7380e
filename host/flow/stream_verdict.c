#include "flow/stream_verdict.h"

#include <math.h>
#include <string.h>

/* A word takes its place among those that were expected, most probable first. */
static void expect_word(uint16_t id, float p, struct verdict_field *out)
{
    uint32_t at = out->n_expected;

    if (p < 0.02f || (at == STREAM_EXPECTED && p <= out->expected[at - 1].p))
        return;
    if (at == STREAM_EXPECTED)
        at--;
    else
        out->n_expected++;
    for (; at > 0 && out->expected[at - 1].p < p; at--)
        out->expected[at] = out->expected[at - 1];
    out->expected[at].word = id;
    out->expected[at].p = p;
}

/* The most probable words of field f at position t; a text may also have ended there. */
static void expect(const struct stream *s, uint32_t f, uint32_t t,
                   struct verdict_field *out)
{
    const float *logp = s->logp + (size_t)t * s->vocab;
    uint32_t first, n = kiri_schema_words(s->schema, f, &first);

    for (uint32_t id = first; id < first + n; id++)
        expect_word((uint16_t)id, expf(logp[id]), out);
    for (uint32_t k = 0; k < out->n_expected; k++)
        language_range(&s->language, f, out->expected[k].word - first,
                       &out->expected[k].covers);
    if (s->schema->fields[f].kind == KIRI_TEXT)
        expect_word(s->bos, expf(logp[s->bos]), out);
}

/* The nats of a text's tokens [t, end), one by one. */
static void tell_each(const struct stream *s, uint32_t t, uint32_t end,
                      struct verdict *out, struct verdict_field *field)
{
    uint32_t n = end - t;

    if (n > STREAM_EACH - out->n_each)
        return;
    memcpy(out->each + out->n_each, s->nll + t, n * sizeof *out->each);
    field->each = (uint16_t)out->n_each;
    field->n_each = (uint16_t)n;
    out->n_each += n;
}

/* Tokens [t, end) are field f's. */
static void judge_field(const struct stream *s, const struct memory *m, uint32_t t,
                        uint32_t end, struct verdict_field *out)
{
    uint32_t worst = t, first;
    float nats = 0, excess = 0;

    for (uint32_t i = t; i < end; i++) {
        nats += s->nll[i];
        excess += s->nll[i] - s->entropy[i];
        if (s->nll[i] > s->nll[worst])
            worst = i;
    }
    *out = (struct verdict_field){
        .field = m->token[t].field,
        .word = m->token[worst].id,
        .nats = nats / (float)(end - t),
        .excess = excess / (float)(end - t),
    };
    kiri_schema_words(s->schema, out->field, &first);
    language_range(&s->language, out->field, out->word - first, &out->covers);
    expect(s, out->field, worst, out);
}

struct evidence verdict_read(const struct stream *s, const struct memory *m,
                             struct verdict *out)
{
    struct evidence all = { 0 };
    float nats = 0, excess = 0, most = -INFINITY;
    uint32_t scored = 0;

    out->row_blame = s->schema->n_fields;
    for (uint32_t t = 0, end; t < m->n; t = end) {
        uint32_t f = m->token[t].field;
        for (end = t; end < m->n && m->token[end].field == f; end++)
            ;
        if (s->schema->fields[f].flags & KIRI_CONTEXT)
            continue;
        for (uint32_t i = t; i < end; i++) {
            nats += s->nll[i];
            excess += s->nll[i] - s->entropy[i];
            all.sum += (double)s->nll[i];
            if (s->nll[i] > all.worst)
                all.worst = s->nll[i];
        }
        scored += end - t;
        struct verdict_field *v = &out->field[out->n_fields++];
        judge_field(s, m, t, end, v);
        if (s->schema->fields[f].kind == KIRI_TEXT)
            tell_each(s, t, end, out, v);
        if (v->excess > most) {
            most = v->excess;
            out->row_blame = f;
        }
    }
    out->blame = out->row_blame;
    out->surprise = scored ? nats / (float)scored : 0;
    all.excess = scored ? excess / (float)scored : 0;
    all.tokens = scored;
    return all;
}
