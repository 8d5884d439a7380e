/*
 * engine/backward.c - one window forward and backward.
 */
#include "engine/backward.h"

#include <math.h>
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

int gpt_direct(const struct gpt *g, const struct gpt_kernel *k, size_t rows)
{
    const size_t widest = g->at.f > g->at.v ? g->at.f : g->at.v;
    const size_t both = (widest > 3 * g->at.d ? widest : 3 * g->at.d) + g->at.d;
    return k->matmul_turned && rows >= GPT_PAD * 3 / 4 && rows <= 2 * GPT_PAD &&
           both * gpt_pad(rows) <= GPT_TURNED;
}

static uint32_t rows_of(const struct gpt_shape *s, uint32_t windows)
{
    const uint32_t rows = s->width < 32 ? 64 : s->width > 64 ? GPT_PACK : 2 * s->width;
    const uint32_t fit = rows / s->context;
    const uint32_t most = fit > 1 ? fit : 1;
    return (windows < most ? windows : most) * s->context;
}

static size_t lay_desk(struct gpt_desk *desk, const struct gpt_shape *s, size_t rows,
                       float *floats)
{
    struct gpt_layout at;
    gpt_layout(s, &at);
    const size_t chunk = rows < GPT_CHUNK ? rows : GPT_CHUNK;
    const struct {
        float **part;
        size_t size;
    } parts[] = {
        { &desk->logits, chunk * at.v },  { &desk->dx, rows * at.d },
        { &desk->dh, rows * at.d },       { &desk->d_o, rows * at.d },
        { &desk->dqkv, rows * 3 * at.d }, { &desk->df, rows * at.f },
    };
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (floats)
            *parts[i].part = floats + used;
        used += gpt_pad(parts[i].size);
    }
    return used;
}

size_t gpt_desk_size(const struct gpt_shape *s, uint32_t windows)
{
    const uint32_t rows = rows_of(s, windows);
    struct gpt_desk desk;
    return lay_desk(&desk, s, rows, NULL) + gpt_tape_size(s, rows, 1);
}

void gpt_desk_init(struct gpt_desk *desk, const struct gpt_kernel *k,
                   const struct gpt_shape *s, uint32_t windows, float *floats)
{
    const uint32_t rows = rows_of(s, windows);
    const size_t used = lay_desk(desk, s, rows, floats);
    gpt_tape_init(&desk->tape, k, s, rows, 1, floats + used);
}

/* ---- loss ---- */

double gpt_position_weight(const struct gpt_example *e, uint32_t t, uint32_t vocab)
{
    if (!e->target && e->next[t] >= vocab)
        return 0;
    return (double)e->weight * (e->mask ? (double)e->mask[t] : 1);
}

/* The pack that is at work: its windows and their spans in the rows of the tape. */
struct pack {
    const struct gpt *g;
    struct gpt_desk *desk;
    const struct gpt_example *e[GPT_PACK];
    struct gpt_span span[GPT_PACK];
    uint32_t n;    /* windows */
    uint32_t rows; /* of all */
    double total;
    const float *turned; /* NULL: there is no transposed copy */
    struct gpt_turned to;
    float *grad;
    int add;  /* grad holds something already          */
    int last; /* nothing is added to grad after this   */
    int sound;
};

/* A matrix from `in` to `out`, rows of its two sides padded to in_row and out_row; where
 * it lies in the weights and in their transposed copy. */
struct link {
    size_t in, in_row, out, out_row;
    size_t w, turned;
};

/* dw (in x out) = or += x^T (in x n) dy (n x out). */
static void weigh(struct pack *p, const struct link *m, const float *x, const float *dy,
                  size_t n, int add)
{
    const struct gpt_kernel *k = p->desk->tape.k;
    float *dw = p->grad + m->w;
    k->matmul(&(struct gpt_matmul){ .m = m->in,
                                    .n = m->out_row,
                                    .k = n,
                                    .a = x,
                                    .a_row = 1,
                                    .a_col = m->in_row,
                                    .b = dy,
                                    .b_row = m->out_row,
                                    .c = dw,
                                    .c_row = m->out_row,
                                    .add = add });
    if (p->last) /* while it is in the cache */
        p->sound = p->sound && k->sound(dw, m->in * m->out_row);
}

/* dx (n x in) = dy (n x out) w^T (out x in). */
static void carry(const struct pack *p, const struct link *m, const float *dy, size_t n,
                  float *dx)
{
    const struct gpt_kernel *k = p->desk->tape.k;
    struct gpt_matmul product = { .m = n,
                                  .n = m->in,
                                  .k = m->out,
                                  .a = dy,
                                  .a_row = m->out_row,
                                  .a_col = 1,
                                  .b = p->g->w + m->w,
                                  .b_row = m->out_row,
                                  .c = dx,
                                  .c_row = m->in_row };
    if (!p->turned) {
        k->matmul_turned(&product);
        return;
    }
    product.n = m->in_row;
    product.b = p->turned + m->turned;
    product.b_row = m->in_row;
    k->matmul(&product);
}

/* Loss of positions t0..t0+n-1 of one window, whose logits become their gradient. */
static double judge_rows(const struct pack *p, const struct gpt_example *e, uint32_t t0,
                         uint32_t n, float *logits)
{
    const uint32_t vocab = p->g->shape.vocab;
    double share[GPT_CHUNK];
    for (uint32_t t = 0; t < n; t++)
        share[t] = gpt_position_weight(e, t0 + t, vocab) / p->total;
    return p->desk->tape.k->judge(
        &(struct gpt_judge){ .x = logits,
                             .row = p->g->at.v,
                             .n = n,
                             .vocab = vocab,
                             .share = share,
                             .target = e->target ? e->target + t0 : NULL,
                             .next = e->target ? NULL : e->next + t0 });
}

/* ---- backward ---- */

/* Logits of n rows and what they should have been: sets dx of these rows. */
static void head_rows(struct pack *p, uint32_t row, uint32_t n)
{
    const struct gpt *g = p->g;
    const struct gpt_desk *desk = p->desk;
    const size_t d = g->at.d;
    const struct link head = { g->shape.width, d,          g->shape.vocab,
                               g->at.v,        g->at.head, p->to.head };
    weigh(p, &head, desk->tape.x + row * d, desk->logits, n, p->add || row > 0);
    carry(p, &head, desk->logits, n, desk->dx + row * d);
}

/* Head and loss, as many whole windows at a time as fit a chunk, or a chunk of one that
 * does not. Returns the loss. */
static double head_back(struct pack *p)
{
    const size_t d = p->g->at.d, v = p->g->at.v;
    double loss = 0;
    uint32_t row = 0, t = 0; /* t: positions of window i that are done */
    for (uint32_t i = 0; i < p->n;) {
        float *const logits = p->desk->logits;
        uint32_t n = p->e[i]->n - t < GPT_CHUNK ? p->e[i]->n - t : GPT_CHUNK;
        const uint32_t first = i, from = t;
        t += n;
        while (i < p->n && t == p->e[i]->n) {
            i++;
            t = 0;
            if (i < p->n && n + p->e[i]->n <= GPT_CHUNK) {
                t = p->e[i]->n;
                n += t;
            }
        }
        gpt_head(p->g, p->desk->tape.k, p->desk->tape.x + row * d, n, logits);
        for (uint32_t at = 0, j = first; at < n; j++) {
            const uint32_t begin = j == first ? from : 0;
            const uint32_t left = p->e[j]->n - begin;
            const uint32_t some = left < n - at ? left : n - at;
            loss += judge_rows(p, p->e[j], begin, some, logits + at * v);
            at += some;
        }
        head_rows(p, row, n);
        row += n;
    }
    return loss;
}

static void mlp_back(struct pack *p, uint32_t layer, const struct gpt_acts *a)
{
    const struct gpt_layout *at = &p->g->at;
    const struct gpt_desk *desk = p->desk;
    const struct gpt_kernel *k = desk->tape.k;
    const size_t width = p->g->shape.width, d = at->d, f = at->f, n = p->rows;
    const size_t w = at->layer + layer * at->layer_size;
    const size_t turned = p->to.layer + layer * p->to.layer_size;
    const struct link fc1 = { width, d, 4 * width, f, w + at->fc1, turned + p->to.fc1 };
    const struct link fc2 = { 4 * width, f, width, d, w + at->fc2, turned + p->to.fc2 };
    weigh(p, &fc2, a->f, desk->dx, n, p->add);
    carry(p, &fc2, desk->dx, n, desk->df);
    k->relu_back(a->f, desk->df, n * f);
    weigh(p, &fc1, a->h2, desk->df, n, p->add);
    carry(p, &fc1, desk->df, n, desk->dh);
    k->norm_back(a->h2, a->r2, desk->dh, n, width, d, desk->dx);
}

static void attention_back(struct pack *p, uint32_t layer, const struct gpt_acts *a)
{
    const struct gpt_layout *at = &p->g->at;
    const struct gpt_desk *desk = p->desk;
    const struct gpt_kernel *k = desk->tape.k;
    const size_t width = p->g->shape.width, d = at->d, n = p->rows;
    const size_t w = at->layer + layer * at->layer_size;
    const size_t turned = p->to.layer + layer * p->to.layer_size;
    const struct link out = { width, d, width, d, w + at->out, turned + p->to.out };
    const struct link qkv = { width, d, 3 * d, 3 * d, w + at->qkv, turned + p->to.qkv };
    weigh(p, &out, a->o, desk->dx, n, p->add);
    carry(p, &out, desk->dx, n, desk->d_o);
    for (uint32_t i = 0, row = 0; i < p->n; row += p->span[i++].n) {
        float *dq = desk->dqkv + row * 3 * d;
        k->attend_back(&(struct gpt_attend_back){
            .of = gpt_attention(&desk->tape, a, &p->span[i], row),
            .d_o = desk->d_o + row * d,
            .dq = dq,
            .dk = dq + d,
            .dv = dq + 2 * d,
            .d_row = 3 * d });
    }
    weigh(p, &qkv, a->h1, desk->dqkv, n, p->add);
    carry(p, &qkv, desk->dqkv, n, desk->dh);
    k->norm_back(a->h1, a->r1, desk->dh, n, width, d, desk->dx);
}

/* The gradient of the summed embeddings, from [n][d], to each row that was summed. */
static void embed_back(const struct pack *p, const struct gpt_example *e,
                       const float *from)
{
    const struct gpt_layout *at = &p->g->at;
    const struct gpt_kernel *k = p->desk->tape.k;
    const size_t d = at->d;
    for (uint32_t t = 0; t < e->n; t++, from += d) {
        k->add(p->grad + at->wte + e->id[t] * d, from, d);
        k->add(p->grad + at->wpe + t * d, from, d);
        for (int j = 0; e->side && j < GPT_SIDE_SLOTS; j++)
            if (e->side[t].row[j] != GPT_NO_SIDE)
                k->add(p->grad + at->side + e->side[t].row[j] * d, from, d);
    }
}

static double pack_back(struct pack *p)
{
    const struct gpt *g = p->g;
    struct gpt_desk *desk = p->desk;
    gpt_run(g, &desk->tape, p->span, p->n);
    const double loss = head_back(p);
    for (uint32_t layer = g->shape.layers; layer-- > 0;) {
        const struct gpt_acts a = gpt_tape_layer(&desk->tape, layer);
        mlp_back(p, layer, &a);
        attention_back(p, layer, &a);
    }
    const size_t d = g->at.d;
    memset(desk->dh, 0, p->rows * d * sizeof *desk->dh);
    desk->tape.k->norm_back(desk->tape.x0, desk->tape.r0, desk->dx, p->rows,
                            g->shape.width, d, desk->dh);
    for (uint32_t i = 0, row = 0; i < p->n; row += p->e[i++]->n)
        embed_back(p, p->e[i], desk->dh + row * d);
    return loss;
}

double gpt_backward(const struct gpt *g, const float *turned, struct gpt_desk *desk,
                    const struct gpt_windows *w, double total, float *grad)
{
    struct pack p = {
        .g = g, .desk = desk, .total = total, .turned = turned, .grad = grad, .sound = 1
    };
    double loss = 0;
    gpt_turned(&g->shape, &p.to);
    /* the embeddings' gradients are scattered; all others are set by the first pack */
    memset(grad, 0, g->at.head * sizeof *grad);
    for (uint32_t i = 0; i < w->n; p.add = 1) {
        p.n = p.rows = 0;
        for (; i < w->n && p.n < GPT_PACK; i += w->step) {
            const struct gpt_example *e = &w->e[i];
            if (p.rows + e->n > desk->tape.rows)
                break;
            p.e[p.n] = e;
            p.span[p.n++] = (struct gpt_span){ .id = e->id, .side = e->side, .n = e->n };
            p.rows += e->n;
        }
        p.last = i >= w->n;
        loss += pack_back(&p);
    }
    return p.sound && desk->tape.k->sound(grad, g->at.head) ? loss : (double)NAN;
}
