/*
 * engine/backward.c - one window forward and backward.
 */
#include "engine/backward.h"

#include <string.h>

/* ---- layout ---- */

void gpt_turned(const struct gpt_shape *s, struct gpt_turned *at)
{
    struct gpt_layout w;
    gpt_layout(s, &w);
    *at = (struct gpt_turned){ .layer = s->vocab * w.d };
    at->out = at->qkv + 3 * w.d * w.d;
    at->fc1 = at->out + s->width * w.d;
    at->fc2 = at->fc1 + (size_t)4 * s->width * w.d;
    at->layer_size = at->fc2 + s->width * w.f;
    at->total = at->layer + s->layers * at->layer_size;
}

void gpt_turn(const struct gpt *g, const struct gpt_kernel *k, float *turned)
{
    const size_t width = g->shape.width, d = g->at.d, f = g->at.f;
    struct gpt_turned to;
    gpt_turned(&g->shape, &to);
    k->transpose(g->w + g->at.head, g->at.v, width, g->shape.vocab, turned + to.head, d);
    for (uint32_t layer = 0; layer < g->shape.layers; layer++) {
        const float *w = g->w + g->at.layer + layer * g->at.layer_size;
        float *t = turned + to.layer + layer * to.layer_size;
        k->transpose(w + g->at.qkv, 3 * d, width, 3 * d, t + to.qkv, d);
        k->transpose(w + g->at.out, d, width, width, t + to.out, d);
        k->transpose(w + g->at.fc1, f, width, 4 * width, t + to.fc1, d);
        k->transpose(w + g->at.fc2, d, 4 * width, width, t + to.fc2, f);
    }
}

static size_t lay_lane(struct gpt_lane *lane, const struct gpt_shape *s, float *floats)
{
    struct gpt_layout at;
    gpt_layout(s, &at);
    const size_t rows = s->context;
    const size_t chunk = rows < GPT_CHUNK ? rows : GPT_CHUNK;
    const struct {
        float **part;
        size_t size;
    } parts[] = {
        { &lane->grad, at.total },   { &lane->logits, chunk * at.v },
        { &lane->dx, rows * at.d },  { &lane->dh, rows * at.d },
        { &lane->d_o, rows * at.d }, { &lane->dqkv, rows * 3 * at.d },
        { &lane->df, rows * at.f },
    };
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (floats)
            *parts[i].part = floats + used;
        used += gpt_pad(parts[i].size);
    }
    return used;
}

size_t gpt_lane_size(const struct gpt_shape *s)
{
    struct gpt_lane lane;
    return lay_lane(&lane, s, NULL) + gpt_tape_size(s, s->context, 1);
}

void gpt_lane_init(struct gpt_lane *lane, const struct gpt_kernel *k,
                   const struct gpt_shape *s, float *floats)
{
    *lane = (struct gpt_lane){ .loss = 0 };
    const size_t used = lay_lane(lane, s, floats);
    gpt_tape_init(&lane->tape, k, s, s->context, 1, floats + used);
}

/* ---- loss ---- */

double gpt_position_weight(const struct gpt_example *e, uint32_t t, uint32_t vocab)
{
    if (!e->target && e->next[t] >= vocab)
        return 0;
    return (double)e->weight * (e->mask ? (double)e->mask[t] : 1);
}

/* Loss of rows t0..t0+n-1, whose logits become their gradient. */
static double judge_rows(const struct gpt *g, struct gpt_lane *lane,
                         const struct gpt_example *e, double total, uint32_t t0,
                         uint32_t n)
{
    double share[GPT_CHUNK];
    for (uint32_t t = 0; t < n; t++)
        share[t] = gpt_position_weight(e, t0 + t, g->shape.vocab) / total;
    return lane->tape.k->judge(
        &(struct gpt_judge){ .x = lane->logits,
                             .row = g->at.v,
                             .n = n,
                             .vocab = g->shape.vocab,
                             .share = share,
                             .target = e->target ? e->target + t0 : NULL,
                             .next = e->target ? NULL : e->next + t0 });
}

/* ---- backward ---- */

/* dw (in x out) = or += x^T (in x n) dy (n x out). */
static void weigh(const struct gpt_kernel *k, const float *x, size_t x_row, size_t in,
                  const float *dy, size_t dy_row, size_t n, size_t out, float *dw,
                  int add)
{
    k->matmul(&(struct gpt_matmul){ .m = in,
                                    .n = out,
                                    .k = n,
                                    .a = x,
                                    .a_row = 1,
                                    .a_col = x_row,
                                    .b = dy,
                                    .b_row = dy_row,
                                    .c = dw,
                                    .c_row = out,
                                    .add = add });
}

/* dx (n x in) = dy (n x out) wt (out x in); widths are padded but out. */
static void carry(const struct gpt_kernel *k, const float *dy, size_t dy_row, size_t n,
                  size_t out, const float *wt, size_t in, float *dx)
{
    k->matmul(&(struct gpt_matmul){ .m = n,
                                    .n = in,
                                    .k = out,
                                    .a = dy,
                                    .a_row = dy_row,
                                    .a_col = 1,
                                    .b = wt,
                                    .b_row = in,
                                    .c = dx,
                                    .c_row = in });
}

/* Head and loss, a chunk of rows at a time: sets dx. */
static void head_back(const struct gpt *g, const float *turned, struct gpt_lane *lane,
                      const struct gpt_example *e, double total, int fresh)
{
    const struct gpt_kernel *k = lane->tape.k;
    const size_t d = g->at.d, v = g->at.v;
    for (uint32_t t = 0; t < e->n; t += GPT_CHUNK) {
        const uint32_t n = e->n - t < GPT_CHUNK ? e->n - t : GPT_CHUNK;
        const float *x = lane->tape.x + t * d;
        gpt_head(g, k, x, n, lane->logits);
        lane->loss += judge_rows(g, lane, e, total, t, n);
        weigh(k, x, d, g->shape.width, lane->logits, v, n, v, lane->grad + g->at.head,
              !fresh || t > 0);
        carry(k, lane->logits, v, n, g->shape.vocab, turned, d, lane->dx + t * d);
    }
}

static void mlp_back(const struct gpt *g, const float *wt,
                     const struct gpt_turned *turned, struct gpt_lane *lane,
                     const struct gpt_acts *a, size_t n, float *dw, int add)
{
    const struct gpt_kernel *k = lane->tape.k;
    const size_t width = g->shape.width, d = g->at.d, f = g->at.f;
    weigh(k, a->f, f, 4 * width, lane->dx, d, n, d, dw + g->at.fc2, add);
    carry(k, lane->dx, d, n, width, wt + turned->fc2, f, lane->df);
    k->relu_back(a->f, lane->df, n * f);
    weigh(k, a->h2, d, width, lane->df, f, n, f, dw + g->at.fc1, add);
    carry(k, lane->df, f, n, 4 * width, wt + turned->fc1, d, lane->dh);
    k->norm_back(a->h2, a->r2, lane->dh, n, width, d, lane->dx);
}

static void attention_back(const struct gpt *g, const float *wt,
                           const struct gpt_turned *turned, struct gpt_lane *lane,
                           const struct gpt_acts *a, uint32_t n, float *dw, int add)
{
    const struct gpt_kernel *k = lane->tape.k;
    const size_t width = g->shape.width, d = g->at.d;
    weigh(k, a->o, d, width, lane->dx, d, n, d, dw + g->at.out, add);
    carry(k, lane->dx, d, n, width, wt + turned->out, d, lane->d_o);
    k->attend_back(&(struct gpt_attend_back){ .of = gpt_attention(&lane->tape, a, n, 0),
                                              .d_o = lane->d_o,
                                              .dq = lane->dqkv,
                                              .dk = lane->dqkv + d,
                                              .dv = lane->dqkv + 2 * d,
                                              .d_row = 3 * d });
    weigh(k, a->h1, d, width, lane->dqkv, 3 * d, n, 3 * d, dw + g->at.qkv, add);
    carry(k, lane->dqkv, 3 * d, n, 3 * d, wt + turned->qkv, d, lane->dh);
    k->norm_back(a->h1, a->r1, lane->dh, n, width, d, lane->dx);
}

/* The gradient of the summed embeddings, dh [n][d], to each row that was summed. */
static void embed_back(const struct gpt *g, struct gpt_lane *lane,
                       const struct gpt_example *e)
{
    const size_t d = g->at.d;
    for (uint32_t t = 0; t < e->n; t++) {
        const float *from = lane->dh + t * d;
        lane->tape.k->add(lane->grad + g->at.wte + e->id[t] * d, from, d);
        lane->tape.k->add(lane->grad + g->at.wpe + t * d, from, d);
        for (int j = 0; e->side && j < GPT_SIDE_SLOTS; j++)
            if (e->side[t].row[j] != GPT_NO_SIDE)
                lane->tape.k->add(lane->grad + g->at.side + e->side[t].row[j] * d, from,
                                  d);
    }
}

void gpt_backward(const struct gpt *g, const float *turned, struct gpt_lane *lane,
                  const struct gpt_example *e, double total, int fresh)
{
    struct gpt_turned to;
    gpt_turned(&g->shape, &to);
    if (fresh) /* the embeddings' gradients are scattered; all others are set below */
        memset(lane->grad, 0, g->at.head * sizeof *lane->grad);
    gpt_run(g, &lane->tape, e->id, e->side, e->n, 0);
    head_back(g, turned + to.head, lane, e, total, fresh);
    for (uint32_t layer = g->shape.layers; layer-- > 0;) {
        const struct gpt_acts a = gpt_tape_layer(&lane->tape, layer);
        const float *wt = turned + to.layer + layer * to.layer_size;
        float *dw = lane->grad + g->at.layer + layer * g->at.layer_size;
        mlp_back(g, wt, &to, lane, &a, e->n, dw, !fresh);
        attention_back(g, wt, &to, lane, &a, e->n, dw, !fresh);
    }
    const size_t d = g->at.d;
    memset(lane->dh, 0, e->n * d * sizeof *lane->dh);
    lane->tape.k->norm_back(lane->tape.x0, lane->tape.r0, lane->dx, e->n, g->shape.width,
                            d, lane->dh);
    embed_back(g, lane, e);
}
