/*
 * engine/wide_matmul.h - the matrix product in vectors of LANES floats.
 *
 * A tile of rows x cols vectors of the result stays in registers while l runs over k:
 * each step loads `cols` vectors of b and one float of a for each row. The sizes of a
 * tile are literal (a size that is a variable would put its sums in memory), so tiles are
 * written by macros: ROWS3(X, cols) is X(0, cols) X(1, cols) X(2, cols).
 *
 * Each element is a chain of fused multiply-adds over l from 0 up, whatever the tile it
 * falls into: that is what keeps its bits.
 */
#ifndef KIRI_ENGINE_WIDE_MATMUL_H
#define KIRI_ENGINE_WIDE_MATMUL_H

#include "engine/kernel.h"
#include "engine/layout.h"

#define INLINE __attribute__((always_inline)) static inline

/* ---- one tile ---- */

#define ROWS1(X, cols) X(0, cols)
#define ROWS2(X, cols) ROWS1(X, cols) X(1, cols)
#define ROWS3(X, cols) ROWS2(X, cols) X(2, cols)
#define ROWS4(X, cols) ROWS3(X, cols) X(3, cols)
#define ROWS5(X, cols) ROWS4(X, cols) X(4, cols)
#define ROWS6(X, cols) ROWS5(X, cols) X(5, cols)
#define ROWS7(X, cols) ROWS6(X, cols) X(6, cols)
#define ROWS8(X, cols) ROWS7(X, cols) X(7, cols)

#define COLS1(X, r) X(r, 0)
#define COLS2(X, r) COLS1(X, r) X(r, 1)
#define COLS3(X, r) COLS2(X, r) X(r, 2)
#define COLS4(X, r) COLS3(X, r) X(r, 3)
#define COLS8(X, r) COLS4(X, r) X(r, 4) X(r, 5) X(r, 6) X(r, 7)

#define SUM(r, q)   vf s##r##q;
#define ZERO(r, q)  s##r##q = vf_all(0);
#define READ(r, q)  s##r##q = vf_load(c + (r)*c_row + (q)*LANES);
#define TAKE(r, q)  const vf b##q = vf_load(b + (q)*LANES);
#define ADD(r, q)   s##r##q = vf_fma(x, b##q, s##r##q);
#define WRITE(r, q) vf_store(c + (r)*c_row + (q)*LANES, s##r##q);
/* The same where only the first `some` columns are there. */
#define READ_SOME(r, q)  s##r##q = vf_load_some(c + (r)*c_row, some);
#define TAKE_SOME(r, q)  const vf b##q = vf_load_some(b, some);
#define WRITE_SOME(r, q) vf_store_some(c + (r)*c_row, s##r##q, some);

#define SUMS(r, cols)  cols(SUM, r)
#define ZEROS(r, cols) cols(ZERO, r)
#define READS(r, cols) cols(READ, r)
#define ADDS(r, cols)                                                                    \
    {                                                                                    \
        const vf x = vf_all(a[(r)*a_row]);                                               \
        cols(ADD, r)                                                                     \
    }
#define WRITES(r, cols)      cols(WRITE, r)
#define READS_SOME(r, cols)  cols(READ_SOME, r)
#define WRITES_SOME(r, cols) cols(WRITE_SOME, r)

/* Rows i.., vectors from column j. a_row and a_col come apart from p because one is the
 * literal 1. */
#define TILE_OF(name, rows, cols, READS, TAKE, WRITES)                                   \
    INLINE void name(const struct gpt_matmul *p, size_t a_row, size_t a_col, size_t i,   \
                     size_t j, size_t some)                                              \
    {                                                                                    \
        const size_t b_row = p->b_row, c_row = p->c_row;                                 \
        const float *a = p->a + i * a_row, *b = p->b + j;                                \
        float *c = p->c + i * c_row + j;                                                 \
        (void)some;                                                                      \
        ROWS##rows(SUMS, COLS##cols);                                                    \
        if (p->add) {                                                                    \
            ROWS##rows(READS, COLS##cols);                                               \
        } else {                                                                         \
            ROWS##rows(ZEROS, COLS##cols);                                               \
        }                                                                                \
        for (size_t l = p->k; l; l--, a += a_col, b += b_row) {                          \
            COLS##cols(TAKE, 0);                                                         \
            ROWS##rows(ADDS, COLS##cols);                                                \
        }                                                                                \
        ROWS##rows(WRITES, COLS##cols);                                                  \
    }
#define TILE(rows, cols) TILE_OF(tile_##rows##x##cols, rows, cols, READS, TAKE, WRITES)
#define EDGE(rows)       TILE_OF(tile_##rows##xe, rows, 1, READS_SOME, TAKE_SOME, WRITES_SOME)

/* ---- columns of tiles ---- */

/* How many of `left` rows the next tile takes when none takes more than `most`: all take
 * about the same, because a small tile cannot keep the multipliers busy. */
INLINE size_t next_rows(size_t left, size_t most)
{
    const size_t tiles = (left + most - 1) / most;
    return (left + tiles - 1) / tiles;
}

#define CASE(rows, cols)                                                                 \
    case rows:                                                                           \
        tile_##rows##x##cols(p, a_row, a_col, i, j, some);                               \
        break;
#define CASES6(cols)                                                                     \
    CASE(1, cols) CASE(2, cols) CASE(3, cols) CASE(4, cols) CASE(5, cols) CASE(6, cols)
#define CASES8(cols) CASES6(cols) CASE(7, cols) CASE(8, cols)

/* strip_C: all rows of C vectors from column j, or of the `some` columns from j when C is
 * e, in tiles of at most `most` rows. */
#define STRIP(cols, most)                                                                \
    INLINE void strip_##cols(const struct gpt_matmul *p, size_t a_row, size_t a_col,     \
                             size_t j, size_t some)                                      \
    {                                                                                    \
        for (size_t i = 0, n; i < p->m; i += n) {                                        \
            n = next_rows(p->m - i, most);                                               \
            switch (n) {                                                                 \
                CASES##most(cols)                                                        \
            }                                                                            \
        }                                                                                \
    }

/* clang-format off */
/* NOLINTBEGIN(readability-function-size) */
#define STRIP_OF_6(cols)                                                                 \
    TILE(1, cols) TILE(2, cols) TILE(3, cols) TILE(4, cols) TILE(5, cols) TILE(6, cols)  \
    STRIP(cols, 6)
#define STRIP_OF_8(cols)                                                                 \
    TILE(1, cols) TILE(2, cols) TILE(3, cols) TILE(4, cols) TILE(5, cols) TILE(6, cols)  \
    TILE(7, cols) TILE(8, cols)                                                          \
    STRIP(cols, 8)

EDGE(1) EDGE(2) EDGE(3) EDGE(4) EDGE(5) EDGE(6)

/* By the number of registers: 32, 16, and 32 short ones. */
#if LANES == 16
EDGE(7) EDGE(8)
STRIP(e, 8) STRIP_OF_8(1) STRIP_OF_8(2) STRIP_OF_8(3)
#define WIDEST 3
#elif LANES == 8
STRIP(e, 6) STRIP_OF_6(1) STRIP_OF_6(2)
#define WIDEST 2
#else
STRIP(e, 6) STRIP_OF_6(1) STRIP_OF_6(2) STRIP_OF_6(3) STRIP_OF_6(4)
#define WIDEST 4
#endif

/* One row has too few sums to keep the multipliers busy, but for many columns at once. */
TILE(1, 8)
/* NOLINTEND(readability-function-size) */

/* How many vectors the next strip takes of `left`: no narrow one if it can be helped. */
INLINE size_t next_cols(size_t left)
{
#if WIDEST == 3
    return left == 1 ? 1 : left % 3 == 0 || left % 2 == 1 ? 3 : 2;
#else
    return left < WIDEST ? left : WIDEST;
#endif
}
/* clang-format on */

INLINE void strips(const struct gpt_matmul *p, size_t a_row, size_t a_col)
{
    size_t j = 0;
    if (p->m == 1)
        for (; j + 8 * LANES <= p->n; j += 8 * LANES)
            tile_1x8(p, a_row, a_col, 0, j, 0);
    for (size_t n; j + LANES <= p->n; j += n * LANES) {
        n = next_cols((p->n - j) / LANES);
        switch (n) {
        case 1: strip_1(p, a_row, a_col, j, 0); break;
        case 2: strip_2(p, a_row, a_col, j, 0); break;
#if WIDEST >= 3
        case 3: strip_3(p, a_row, a_col, j, 0); break;
#endif
#if WIDEST >= 4
        case 4: strip_4(p, a_row, a_col, j, 0); break;
#endif
        }
    }
    if (j < p->n)
        strip_e(p, a_row, a_col, j, p->n - j);
}

/* a by rows, and a by columns. */
__attribute__((noinline)) static void strips_of_rows(const struct gpt_matmul *p)
{
    strips(p, p->a_row, 1);
}

__attribute__((noinline)) static void strips_of_cols(const struct gpt_matmul *p)
{
    strips(p, 1, p->a_col);
}

static void product(const struct gpt_matmul *p)
{
    if (p->a_row == 1)
        strips_of_cols(p);
    else
        strips_of_rows(p);
}

/* ---- what does not fit the first cache ---- */

#define PACK_ROWS  128u /* of b at once                                     */
#define PACK_COLS  (WIDEST * LANES)
#define PACK_LEAST 24u   /* rows of a that make copying b worth its while   */
#define PACK_FAR   8192u /* floats of b's memory that the cache still holds */

/* b, a strip of PACK_ROWS x PACK_COLS at a time, copied to where its rows follow each
 * other: rows a power of two apart would fall upon each other in the cache. */
static void packed(const struct gpt_matmul *p)
{
    float b[PACK_ROWS * PACK_COLS];
    for (size_t j = 0; j < p->n; j += PACK_COLS) {
        const size_t n = p->n - j < PACK_COLS ? p->n - j : PACK_COLS;
        for (size_t l = 0; l < p->k; l += PACK_ROWS) {
            const size_t k = p->k - l < PACK_ROWS ? p->k - l : PACK_ROWS;
            const float *from = p->b + l * p->b_row + j;
            for (size_t i = 0; i < k; i++)
                for (size_t q = 0; q < n; q += LANES)
                    vf_store(b + i * PACK_COLS + q, vf_load(from + i * p->b_row + q));
            struct gpt_matmul part = *p;
            part.n = n;
            part.k = k;
            part.a += l * p->a_col;
            part.b = b;
            part.b_row = PACK_COLS;
            part.c += j;
            part.add = p->add || l > 0;
            product(&part);
        }
    }
}

static void matmul(const struct gpt_matmul *p)
{
    if (p->k * p->b_row > PACK_FAR && p->m >= PACK_LEAST && p->n % LANES == 0)
        packed(p);
    else
        product(p);
}

#endif
