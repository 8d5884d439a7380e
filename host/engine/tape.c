/*
 * engine/tape.c - the forward pass over a run of rows.
 */
#include "engine/tape.h"

#include <assert.h>
#include <string.h>

/* Takes `floats` whole lines from *at and moves it on; counts them when *at is NULL. */
static float *take(float **at, size_t *total, size_t floats)
{
    float *here = *at;
    if (here)
        *at += gpt_pad(floats);
    *total += gpt_pad(floats);
    return here;
}

/* Parts of one layer but kv, in `floats` or only counted. */
static struct gpt_acts lay_acts(const struct gpt_shape *s, uint32_t rows, int kept,
                                float *floats, size_t *total)
{
    struct gpt_layout at;
    gpt_layout(s, &at);
    const size_t p =
        kept ? s->heads * gpt_pad(s->context) * rows : s->context * gpt_pad(rows);
    struct gpt_acts a = { .h1 = take(&floats, total, rows * at.d) };
    a.r1 = take(&floats, total, rows);
    a.q = take(&floats, total, rows * at.d);
    a.p = take(&floats, total, p);
    a.o = take(&floats, total, rows * at.d);
    a.h2 = take(&floats, total, rows * at.d);
    a.r2 = take(&floats, total, rows);
    a.f = take(&floats, total, rows * at.f);
    return a;
}

/* Lays the whole tape in floats, or only counts it when floats is NULL. */
static size_t lay_tape(struct gpt_tape *tape, float *floats)
{
    const struct gpt_shape *s = &tape->shape;
    const size_t d = tape->at.d, keys = tape->kept ? s->context : 0;
    const size_t queries = tape->rows < s->context ? tape->rows : s->context;
    size_t total = 0, each = 0;
    tape->x = take(&floats, &total, tape->rows * d);
    tape->x0 = take(&floats, &total, tape->rows * d);
    tape->r0 = take(&floats, &total, tape->rows);
    tape->work = take(&floats, &total,
                      gpt_attend_work(s->heads, s->width / s->heads, queries, keys));
    tape->kv_step = (tape->kept ? tape->rows : s->context) * 2 * d;
    float *kv = take(&floats, &total, s->layers * tape->kv_step);
    tape->first = lay_acts(s, tape->rows, tape->kept, floats, &each);
    tape->first.kv = kv;
    tape->acts_step = tape->kept ? each : 0;
    return total + (tape->kept ? s->layers : 1) * each;
}

size_t gpt_tape_size(const struct gpt_shape *s, uint32_t rows, int kept)
{
    struct gpt_tape tape = { .shape = *s, .rows = rows, .kept = kept };
    gpt_layout(s, &tape.at);
    return lay_tape(&tape, NULL);
}

void gpt_tape_init(struct gpt_tape *tape, const struct gpt_kernel *k,
                   const struct gpt_shape *s, uint32_t rows, int kept, float *floats)
{
    *tape = (struct gpt_tape){ .k = k, .shape = *s, .rows = rows, .kept = kept };
    gpt_layout(s, &tape->at);
    lay_tape(tape, floats);
}

struct gpt_acts gpt_tape_layer(const struct gpt_tape *tape, uint32_t layer)
{
    const size_t on = layer * tape->acts_step;
    struct gpt_acts a = tape->first;
    a.h1 += on;
    a.r1 += on;
    a.q += on;
    a.p += on;
    a.o += on;
    a.h2 += on;
    a.r2 += on;
    a.f += on;
    a.kv += layer * tape->kv_step;
    return a;
}

/* Token, position and side rows summed, into x [n][d]. */
static void embed(const struct gpt *g, const struct gpt_span *span, float *x)
{
    const size_t d = g->at.d;
    for (uint32_t t = 0; t < span->n; t++, x += d) {
        assert(span->id[t] < g->shape.vocab);
        const float *token = g->w + g->at.wte + span->id[t] * d;
        const float *place = g->w + g->at.wpe + (span->base + t) * d;
        for (size_t i = 0; i < d; i++)
            x[i] = token[i] + place[i];
        for (int j = 0; span->side && j < GPT_SIDE_SLOTS; j++) {
            const uint16_t row = span->side[t].row[j];
            if (row == GPT_NO_SIDE)
                continue;
            assert(row < g->shape.sides);
            const float *more = g->w + g->at.side + row * d;
            for (size_t i = 0; i < d; i++)
                x[i] += more[i];
        }
    }
}

/* c (n x out) = or += a (n x in) w (in x out), all in rows. */
static void product(const struct gpt_kernel *k, const float *a, size_t a_row, size_t n,
                    size_t in, const float *w, size_t w_row, size_t out, float *c,
                    size_t c_row, int add)
{
    k->matmul(&(struct gpt_matmul){ .m = n,
                                    .n = out,
                                    .k = in,
                                    .a = a,
                                    .a_row = a_row,
                                    .a_col = 1,
                                    .b = w,
                                    .b_row = w_row,
                                    .c = c,
                                    .c_row = c_row,
                                    .add = add });
}

struct gpt_attend gpt_attention(const struct gpt_tape *tape, const struct gpt_acts *a,
                                const struct gpt_span *span, size_t row)
{
    const struct gpt_shape *s = &tape->shape;
    const size_t d = tape->at.d, n = span->n;
    const size_t key = tape->kept ? row : 0; /* a cache has one window only */
    const size_t p_row = gpt_pad(tape->kept ? n : tape->rows);
    return (struct gpt_attend){
        .n = span->n,
        .base = span->base,
        .heads = s->heads,
        .size = s->width / s->heads,
        .q = a->q + row * d,
        .k = a->kv + key * 2 * d,
        .v = a->kv + key * 2 * d + d,
        .q_row = d,
        .kv_row = 2 * d,
        .p = a->p + key * s->heads * gpt_pad(s->context),
        .p_head = tape->kept ? n * p_row : 0,
        .p_row = p_row,
        .o = a->o + row * d,
        .o_row = d,
        .work = tape->work,
    };
}

static void run_layer(const struct gpt *g, struct gpt_tape *tape, uint32_t layer,
                      const struct gpt_span *span, uint32_t spans, size_t n)
{
    const struct gpt_kernel *k = tape->k;
    const size_t d = g->at.d, f = g->at.f, width = g->shape.width;
    const float *w = g->w + g->at.layer + layer * g->at.layer_size;
    const struct gpt_acts a = gpt_tape_layer(tape, layer);
    float *kv = a.kv + span[0].base * 2 * d;

    k->norm(tape->x, n, width, d, a.h1, a.r1);
    product(k, a.h1, d, n, width, w + g->at.qkv, 3 * d, d, a.q, d, 0);
    product(k, a.h1, d, n, width, w + g->at.qkv + d, 3 * d, 2 * d, kv, 2 * d, 0);
    for (uint32_t i = 0, row = 0; i < spans; row += span[i++].n) {
        const struct gpt_attend attend = gpt_attention(tape, &a, &span[i], row);
        k->attend(&attend);
    }
    product(k, a.o, d, n, width, w + g->at.out, d, d, tape->x, d, 1);

    k->norm(tape->x, n, width, d, a.h2, a.r2);
    product(k, a.h2, d, n, width, w + g->at.fc1, f, f, a.f, f, 0);
    k->relu(a.f, n * f);
    product(k, a.f, f, n, 4 * width, w + g->at.fc2, d, d, tape->x, d, 1);
}

void gpt_run(const struct gpt *g, struct gpt_tape *tape, const struct gpt_span *span,
             uint32_t spans)
{
    const size_t d = g->at.d;
    size_t n = 0;
    for (uint32_t i = 0; i < spans; n += span[i++].n) {
        assert(span[i].n >= 1 && span[i].base + span[i].n <= g->shape.context);
        assert(n + span[i].n <= tape->rows && (spans == 1 || span[i].base == 0));
        embed(g, &span[i], tape->x + n * d);
    }
    tape->k->norm(tape->x, n, g->shape.width, d, tape->x0, tape->r0);
    memcpy(tape->x, tape->x0, n * d * sizeof *tape->x);
    for (uint32_t layer = 0; layer < g->shape.layers; layer++)
        run_layer(g, tape, layer, span, spans, n);
}

void gpt_head(const struct gpt *g, const struct gpt_kernel *k, const float *x, uint32_t n,
              float *logits)
{
    const size_t v = g->at.v;
    product(k, x, g->at.d, n, g->shape.width, g->w + g->at.head, v, v, logits, v, 0);
    for (uint32_t t = 0; t < n; t++)
        for (size_t i = g->shape.vocab; i < v; i++)
            logits[t * v + i] = -GPT_HUGE_LOGIT;
}
