#include "eval/rank.h"

#include <math.h>
#include <stdlib.h>

/* The greatest first; among equals the first row, so that the order is one only. */
static int by_score(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->score < y->score || x->score > y->score)
        return x->score < y->score ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

int ranking_make(struct ranking *r, const double *score, const uint8_t *odd, uint32_t n)
{
    *r = (struct ranking){ .at = malloc((n + (size_t)1) * sizeof *r->at), .n = n };
    if (!r->at)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        r->at[i] = (struct ranked){ score[i], i, odd[i] };
        r->odd += odd[i];
    }
    qsort(r->at, n, sizeof *r->at, by_score);
    return 0;
}

void ranking_free(struct ranking *r)
{
    free(r->at);
    *r = (struct ranking){ 0 };
}

uint32_t ranking_reach(const struct ranking *r, uint32_t i)
{
    double score = r->at[i].score;

    while (i < r->n && r->at[i].score >= score)
        i++;
    return i;
}

/* Odd rows of the group [from, to). */
static uint32_t odd_in(const struct ranking *r, uint32_t from, uint32_t to)
{
    uint32_t odd = 0;

    while (from < to)
        odd += r->at[from++].odd;
    return odd;
}

double rank_auroc(const struct ranking *r)
{
    double won = 0, normal = (double)r->n - r->odd, below = normal;

    if (!r->odd || r->odd == r->n)
        return (double)NAN;
    for (uint32_t i = 0, to; i < r->n; i = to) {
        to = ranking_reach(r, i);
        double odd = odd_in(r, i, to), equal = (double)(to - i) - odd;
        below -= equal;
        won += odd * (below + equal / 2);
    }
    return won / ((double)r->odd * normal);
}

double rank_average_precision(const struct ranking *r)
{
    double found = 0, sum = 0;

    if (!r->odd)
        return (double)NAN;
    for (uint32_t i = 0, to; i < r->n; i = to) {
        to = ranking_reach(r, i);
        double odd = odd_in(r, i, to);
        found += odd;
        sum += odd * found / to;
    }
    return sum / r->odd;
}

double f1_of(double precision, double recall)
{
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

struct best rank_f1_at(const struct ranking *r, double threshold)
{
    uint32_t called = 0, right = 0;

    for (; called < r->n && r->at[called].score >= threshold; called++)
        right += r->at[called].odd;
    if (!r->odd)
        return (struct best){ (double)NAN, (double)NAN, (double)NAN, threshold };
    double precision = called ? (double)right / called : 0;
    double recall = (double)right / r->odd;
    return (struct best){ f1_of(precision, recall), precision, recall, threshold };
}

struct best rank_best_f1(const struct ranking *r)
{
    struct best best = { (double)NAN, (double)NAN, (double)NAN, (double)NAN };
    double found = 0;

    for (uint32_t i = 0, to; r->odd && i < r->n; i = to) {
        to = ranking_reach(r, i);
        found += odd_in(r, i, to);
        double precision = found / to, recall = found / r->odd;
        double f1 = f1_of(precision, recall);
        if (!(f1 <= best.f1)) /* the first, too */
            best = (struct best){ f1, precision, recall, r->at[i].score };
    }
    return best;
}
