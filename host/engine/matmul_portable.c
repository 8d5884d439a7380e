/*
 * engine/matmul_portable.c - the matrix product that runs everywhere.
 */
#include "engine/kernel.h"
#include "engine/vec.h"

/*
 * A tile of `rows` x 4 `quads` results, kept in registers while l runs over k. Always
 * inlined with literal sizes, so that the accumulators are scalars to the compiler.
 */
__attribute__((always_inline)) static inline void
tile(const struct gpt_matmul *p, size_t i, size_t j, int rows, int quads)
{
    v4 sum[4][4];
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < quads; q++)
            sum[r][q] =
                p->add ? v4_load(p->c + (i + (size_t)r) * p->c_row + j + 4 * (size_t)q)
                       : v4_all(0);
    const float *a = p->a + i * p->a_row;
    const float *b = p->b + j;
    const size_t a_row = p->a_row, a_col = p->a_col, b_row = p->b_row;
    for (size_t l = p->k; l; l--, a += a_col, b += b_row) {
        v4 w[4];
        for (int q = 0; q < quads; q++)
            w[q] = v4_load(b + 4 * q);
        for (int r = 0; r < rows; r++) {
            const v4 x = v4_all(a[(size_t)r * a_row]);
            for (int q = 0; q < quads; q++)
                sum[r][q] += x * w[q];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < quads; q++)
            v4_store(p->c + (i + (size_t)r) * p->c_row + j + 4 * (size_t)q, sum[r][q]);
}

/* The columns that do not fill four lanes, in the same order. */
static void edge(const struct gpt_matmul *p, size_t j)
{
    for (size_t i = 0; i < p->m; i++)
        for (size_t c = j; c < p->n; c++) {
            float *at = p->c + i * p->c_row + c;
            float sum = p->add ? *at : 0;
            for (size_t l = 0; l < p->k; l++)
                sum += p->a[i * p->a_row + l * p->a_col] * p->b[l * p->b_row + c];
            *at = sum;
        }
}

/* 8 columns of all rows. */
static void strip8(const struct gpt_matmul *p, size_t j)
{
    size_t i = 0;
    for (; i + 4 <= p->m; i += 4)
        tile(p, i, j, 4, 2);
    if (p->m - i == 3)
        tile(p, i, j, 3, 2);
    else if (p->m - i == 2)
        tile(p, i, j, 2, 2);
    else if (p->m - i == 1)
        tile(p, i, j, 1, 2);
}

static void strip4(const struct gpt_matmul *p, size_t j)
{
    size_t i = 0;
    for (; i + 4 <= p->m; i += 4)
        tile(p, i, j, 4, 1);
    for (; i < p->m; i++)
        tile(p, i, j, 1, 1);
}

void gpt_matmul_portable(const struct gpt_matmul *p)
{
    size_t j = 0;
    if (p->m == 1)
        for (; j + 16 <= p->n; j += 16)
            tile(p, 0, j, 1, 4);
    for (; j + 8 <= p->n; j += 8)
        strip8(p, j);
    for (; j + 4 <= p->n; j += 4)
        strip4(p, j);
    if (j < p->n)
        edge(p, j);
}
