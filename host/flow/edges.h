/*
 * flow/edges.h - how a number with a learned scale is cut into words.
 *
 * 32 inner words over what the stream has shown so far, half by rank and half by value:
 * u(x) = F(x) / 2 + (x - lo) / (hi - lo) / 2, F the empirical distribution, cut at k
 * / 32. By rank alone a far value would be a neighbour of the common ones, by value alone
 * the common ones would all be one word. Three words beyond each side: more than 2, 10
 * and 50 % of the range outside; what is less is still the outermost inner word.
 *
 * Words in order: 0..2 far below to below, 3..34 inner, 35..37 above to far above. Pure.
 */
#ifndef KIRI_FLOW_EDGES_H
#define KIRI_FLOW_EDGES_H

#include <stddef.h>
#include <stdint.h>

#define EDGES_INNER  32u
#define EDGES_BEYOND 3u
#define EDGES_WORDS  (EDGES_INNER + 2 * EDGES_BEYOND)

struct edges {
    double lo, hi; /* least and greatest value seen                       */
    double inner[EDGES_INNER - 1]; /* rising; word 3 + k is [inner[k - 1], inner[k]) */
};

/* sorted[n]: finite, rising, n >= 1. */
void edges_fit(struct edges *e, const double *sorted, size_t n);
/* Finite, and rising from lo to hi? */
int edges_sound(const struct edges *e);
/* 0..EDGES_WORDS - 1; x finite or infinite, not NaN. */
uint32_t edges_word(const struct edges *e, double x);
/* What word k covers, [*from, *to); the outermost reach to infinity. */
void edges_range(const struct edges *e, uint32_t k, double *from, double *to);
/* ln of how wide the word of x is (finite or infinite, not NaN): a word's nats and this
 * are nats of density. The outermost words reach to infinity: what they hold is spread
 * there by the square of the distance, b / d^2 at d >= b outside (a Pareto distribution
 * of index 1). At least -1000: a word may cover one value only. */
double edges_spread(const struct edges *e, double x);

#endif
