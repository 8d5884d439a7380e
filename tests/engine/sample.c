/*
 * tests/engine/sample.c - made-up training windows for any shape.
 */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct gpt_shape sample_odd = {
    .vocab = 61, .width = 36, .heads = 3, .layers = 3, .context = 21, .sides = 31
};
const struct gpt_adam sample_adam = { .lr = .01f, .b1 = .85f, .b2 = .99f, .eps = 1e-8f };

void sample_plain(struct sample *w, const struct gpt_shape *s, uint32_t n, uint64_t seed)
{
    struct gpt_rng rng;
    gpt_rng_seed(&rng, seed);
    memset(w, 0, sizeof *w);
    for (uint32_t t = 0; t <= n; t++)
        w->id[t] = (uint16_t)gpt_rng_below(&rng, s->vocab);
    w->e = (struct gpt_example){ .n = n, .id = w->id, .next = w->id + 1, .weight = 1 };
}

void sample_full(struct sample *w, const struct gpt_shape *s, uint32_t n, uint64_t seed)
{
    sample_plain(w, s, n, seed);
    struct gpt_rng rng;
    gpt_rng_seed(&rng, seed + 1000);
    const float floor = 0.1f / (float)s->vocab;
    for (uint32_t t = 0; t < n; t++) {
        w->mask[t] = t % 4 == 1 ? 0 : (float)(0.2 + gpt_rng_uniform(&rng));
        w->side[t].row[0] =
            s->sides && t % 5 ? (uint16_t)gpt_rng_below(&rng, s->sides) : GPT_NO_SIDE;
        w->side[t].row[1] =
            s->sides && t % 3 ? (uint16_t)gpt_rng_below(&rng, s->sides) : GPT_NO_SIDE;
        w->p[t][0] = (float)(0.9 * gpt_rng_uniform(&rng));
        w->p[t][1] = (0.9f - w->p[t][0]) / 4;
        w->p[t][2] = (0.9f - w->p[t][0]) - w->p[t][1];
        w->target[t] = (struct gpt_target){
            .p = w->p[t],
            .first = (uint16_t)gpt_rng_below(&rng, s->vocab - 2),
            .n = 3,
            .floor = floor,
        };
    }
    w->e.target = w->target;
    w->e.side = w->side;
    w->e.mask = w->mask;
    w->e.weight = (float)(0.5 + gpt_rng_uniform(&rng));
}

int sample_skips(void)
{
    char why[160];
    if (gpt_isa_check(why, sizeof why) == 0)
        return 0;
    puts(why);
    return 77;
}

float *sample_weights(const struct gpt *g)
{
    const struct gpt_shape *s = gpt_shape_of(g);
    float *all = calloc(gpt_shape_params(s), sizeof *all);
    size_t at = 0;
    for (uint32_t i = 0; i < gpt_matrices(s); i++) {
        struct gpt_matrix m;
        gpt_matrix_at(s, i, &m);
        gpt_read(g, i, all + at);
        at += (size_t)m.rows * m.cols;
    }
    return all;
}

uint64_t sample_hash(const struct gpt *g)
{
    float *all = sample_weights(g);
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < gpt_shape_params(gpt_shape_of(g)); i++) {
        uint32_t bits;
        memcpy(&bits, &all[i], sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    free(all);
    return hash;
}

void sample_stir_sides(struct gpt *g, uint64_t seed)
{
    const struct gpt_shape *s = gpt_shape_of(g);
    const size_t size = (size_t)s->sides * s->width;
    float *rows = calloc(size, sizeof *rows);
    struct gpt_rng rng;
    gpt_rng_seed(&rng, seed);
    for (size_t i = 0; i < size; i++)
        rows[i] = (float)(0.08 * gpt_rng_gauss(&rng));
    gpt_write(g, 3, rows);
    free(rows);
}
