/*
 * engine/wide_turn.h - transposing, and the product with a transposed matrix.
 *
 * Four rows of four floats are turned at once in each quad of lanes.
 */
#ifndef KIRI_ENGINE_WIDE_TURN_H
#define KIRI_ENGINE_WIDE_TURN_H

#include "engine/wide_matmul.h"

#include <assert.h>

/* b [cols][LANES] = a [rows][cols] transposed, rows <= LANES, the lanes from rows on 0.
 * Both are read and written in whole vectors: a's rows up to whole lines. Writes rows of
 * b below `cols` only. */
static void turn_lanes(const float *a, size_t a_row, size_t rows, size_t cols, float *b,
                       size_t b_row)
{
    static const float none[16];
    for (size_t j = 0; j < cols; j += 16) {
        const float *at[LANES];
        for (size_t r = 0; r < LANES; r++)
            at[r] = r < rows ? a + r * a_row + j : none;
        for (size_t q = 0; q < 16 && j + q < cols; q += 4) {
            vf x[4];
            for (int r = 0; r < 4; r++)
                x[r] = vf_quads(at + r, q);
            vf_turn(&x[0], &x[1], &x[2], &x[3]);
            for (size_t r = 0; r < 4 && j + q + r < cols; r++)
                vf_store(b + (j + q + r) * b_row, x[r]);
        }
    }
}

static void transpose(const float *a, size_t a_row, size_t rows, size_t cols, float *b,
                      size_t b_row)
{
    for (size_t i = 0; i < rows; i += LANES) {
        const size_t n = rows - i < LANES ? rows - i : LANES;
        turn_lanes(a + i * a_row, a_row, n, cols, b + i, b_row);
    }
}

/* a, n <= LANES rows of width floats padded to whole lines, = b transposed, `width` rows
 * of LANES floats. */
static void turn_back(const float *b, size_t b_row, size_t width, size_t n, float *a,
                      size_t a_row)
{
    float last[16 * LANES]; /* of a line of columns whose rows may be fewer than n */
    for (size_t j = 0; j < width; j += 16) {
        const size_t left = width - j < 16 ? width - j : 16;
        for (size_t i = 0; i < 16; i += LANES) {
            const size_t some = i < left ? left - i < LANES ? left - i : LANES : 0;
            float *to = n == LANES ? a + j + i : last + i;
            turn_lanes(b + (j + i) * b_row, b_row, some, LANES, to,
                       n == LANES ? a_row : 16);
        }
        for (size_t t = 0; n < LANES && t < n; t++)
            for (size_t i = 0; i < 16; i += LANES)
                vf_store(a + t * a_row + j + i, vf_load(last + t * 16 + i));
    }
}

/* c (m x n) = a (m x k) b^T, b (n x k), by way of c^T = b a^T: a few rows are sooner
 * turned than b. */
static void matmul_turned(const struct gpt_matmul *p)
{
    const size_t wide = (p->m + LANES - 1) / LANES * LANES;
    float a[GPT_TURNED], *c = a + p->k * wide; /* [k][wide], [n][wide] */
    assert((p->k + p->n) * wide <= GPT_TURNED);
    transpose(p->a, p->a_row, p->m, p->k, a, wide);
    product(&(struct gpt_matmul){ .m = p->n,
                                  .n = wide,
                                  .k = p->k,
                                  .a = p->b,
                                  .a_row = p->b_row,
                                  .a_col = 1,
                                  .b = a,
                                  .b_row = wide,
                                  .c = c,
                                  .c_row = wide });
    for (size_t t = 0; t < p->m; t += LANES) {
        const size_t rows = p->m - t < LANES ? p->m - t : LANES;
        turn_back(c + t, wide, p->n, rows, p->c + t * p->c_row, p->c_row);
    }
}

#endif
