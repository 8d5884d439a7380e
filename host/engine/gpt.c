/*
 * engine/gpt.c - shapes, arenas, and the weights as named matrices.
 */
#include "engine/gpt.h"
#include "engine/layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGMA 0.08 /* deviation of fresh weights, as published */

/* ---- shapes ---- */

int gpt_shape_check(const struct gpt_shape *s, char *why, size_t cap)
{
    const struct {
        const char *what;
        uint32_t value, least, most;
    } bounds[] = {
        { "vocabulary", s->vocab, 2, 65535 }, { "width", s->width, 1, 1024 },
        { "heads", s->heads, 1, 64 },         { "layers", s->layers, 1, 32 },
        { "context", s->context, 1, 4096 },   { "sides", s->sides, 0, 4096 },
    };
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        if (bounds[i].value < bounds[i].least || bounds[i].value > bounds[i].most) {
            snprintf(why, cap, "%s is %u, but must be between %u and %u", bounds[i].what,
                     bounds[i].value, bounds[i].least, bounds[i].most);
            return -1;
        }
    }
    if (s->width % s->heads != 0) {
        snprintf(why, cap, "width is %u, but must be a multiple of heads, %u", s->width,
                 s->heads);
        return -1;
    }
    return 0;
}

size_t gpt_shape_params(const struct gpt_shape *s)
{
    const size_t d = s->width;
    const size_t rows = (size_t)2 * s->vocab + s->context + s->sides;
    return rows * d + s->layers * 12 * d * d;
}

void gpt_layout(const struct gpt_shape *s, struct gpt_layout *at)
{
    const size_t d = gpt_pad(s->width);
    const size_t v = gpt_pad(s->vocab);
    const size_t f = gpt_pad((size_t)4 * s->width);
    *at = (struct gpt_layout){ .d = d, .v = v, .f = f };
    at->wpe = at->wte + s->vocab * d;
    at->side = at->wpe + s->context * d;
    at->head = at->side + s->sides * d;
    at->layer = at->head + s->width * v;
    at->out = at->qkv + s->width * 3 * d;
    at->fc1 = at->out + s->width * d;
    at->fc2 = at->fc1 + s->width * f;
    at->layer_size = at->fc2 + (size_t)4 * s->width * d;
    at->total = at->layer + s->layers * at->layer_size;
}

/* ---- arenas ---- */

void *gpt_arena(size_t head, size_t floats, float **first)
{
    const size_t line = GPT_PAD * sizeof(float);
    char *p = calloc(1, head + line + floats * sizeof(float));
    if (!p)
        return NULL;
    const size_t off = (size_t)((uintptr_t)(p + head) % line);
    *first = (float *)(void *)(p + head + (off ? line - off : 0));
    return p;
}

static struct gpt *blank(const struct gpt_shape *s)
{
    char why[96];
    if (gpt_shape_check(s, why, sizeof why) != 0)
        return NULL;
    struct gpt_layout at;
    gpt_layout(s, &at);
    float *w;
    struct gpt *g = gpt_arena(sizeof *g, at.total, &w);
    if (g)
        *g = (struct gpt){ .shape = *s, .at = at, .w = w };
    return g;
}

/* ---- named matrices ---- */

/* Published element (r, c) of a matrix is at + r * row + c * col. */
struct view {
    size_t at, row, col;
    uint32_t rows, cols;
    const char *name; /* within its layer, if it has one */
    int layer;        /* -1: none */
};

static struct view view_of(const struct gpt_shape *s, uint32_t i)
{
    struct gpt_layout at;
    gpt_layout(s, &at);
    const uint32_t d = s->width;
    const uint32_t first = s->sides ? 4 : 3;
    if (i < first) {
        const struct view outer[4] = {
            { at.wte, at.d, 1, s->vocab, d, "wte", -1 },
            { at.wpe, at.d, 1, s->context, d, "wpe", -1 },
            { at.head, 1, at.v, s->vocab, d, "lm_head", -1 },
            { at.side, at.d, 1, s->sides, d, "side", -1 },
        };
        return outer[i];
    }
    const struct view inner[6] = {
        { at.qkv, 1, 3 * at.d, d, d, "attn_wq", 0 },
        { at.qkv + at.d, 1, 3 * at.d, d, d, "attn_wk", 0 },
        { at.qkv + 2 * at.d, 1, 3 * at.d, d, d, "attn_wv", 0 },
        { at.out, 1, at.d, d, d, "attn_wo", 0 },
        { at.fc1, 1, at.f, 4 * d, d, "mlp_fc1", 0 },
        { at.fc2, 1, at.d, d, 4 * d, "mlp_fc2", 0 },
    };
    const uint32_t layer = (i - first) / 6;
    struct view w = inner[(i - first) % 6];
    w.at += at.layer + layer * at.layer_size;
    w.layer = (int)layer;
    return w;
}

uint32_t gpt_matrices(const struct gpt_shape *s)
{
    return (s->sides ? 4 : 3) + 6 * s->layers;
}

void gpt_matrix_at(const struct gpt_shape *s, uint32_t i, struct gpt_matrix *out)
{
    const struct view w = view_of(s, i);
    out->rows = w.rows;
    out->cols = w.cols;
    if (w.layer < 0)
        snprintf(out->name, sizeof out->name, "%s", w.name);
    else
        snprintf(out->name, sizeof out->name, "layer%d.%s", w.layer, w.name);
}

void gpt_pull(const struct gpt_shape *s, const float *arena, uint32_t i, float *out)
{
    const struct view w = view_of(s, i);
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++)
            out[r * w.cols + c] = arena[w.at + r * w.row + c * w.col];
}

void gpt_push(const struct gpt_shape *s, float *arena, uint32_t i, const float *in)
{
    const struct view w = view_of(s, i);
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++)
            arena[w.at + r * w.row + c * w.col] = in[r * w.cols + c];
}

void gpt_read(const struct gpt *g, uint32_t i, float *out)
{
    gpt_pull(&g->shape, g->w, i, out);
}

int gpt_write(struct gpt *g, uint32_t i, const float *in)
{
    struct gpt_matrix m;
    gpt_matrix_at(&g->shape, i, &m);
    for (size_t k = 0; k < (size_t)m.rows * m.cols; k++)
        if (!isfinite(in[k]))
            return -1;
    gpt_push(&g->shape, g->w, i, in);
    return 0;
}

/* ---- models ---- */

/* Drawn in the published order, so that padding and layout never change a model. */
static void draw(struct gpt *g, uint64_t seed)
{
    struct gpt_rng rng;
    gpt_rng_seed(&rng, seed);
    for (uint32_t i = 0; i < gpt_matrices(&g->shape); i++) {
        const struct view w = view_of(&g->shape, i);
        if (g->shape.sides && i == 3)
            continue; /* the side embedding begins at zero */
        for (size_t r = 0; r < w.rows; r++)
            for (size_t c = 0; c < w.cols; c++)
                g->w[w.at + r * w.row + c * w.col] = (float)(SIGMA * gpt_rng_gauss(&rng));
    }
}

struct gpt *gpt_new(const struct gpt_shape *s, uint64_t seed)
{
    struct gpt *g = blank(s);
    if (g)
        draw(g, seed);
    return g;
}

struct gpt *gpt_copy(const struct gpt *g)
{
    struct gpt *twin = blank(&g->shape);
    if (twin)
        memcpy(twin->w, g->w, g->at.total * sizeof *g->w);
    return twin;
}

void gpt_free(struct gpt *g)
{
    free(g);
}

const struct gpt_shape *gpt_shape_of(const struct gpt *g)
{
    return &g->shape;
}
