/*
 * eval/rank.h - how well a score tells odd rows from normal ones, whatever the threshold.
 *
 * Pure. Equal scores are one group, for no threshold lies between them: neither the order
 * of the rows nor a rising function of the score changes any figure.
 */
#ifndef KIRI_EVAL_RANK_H
#define KIRI_EVAL_RANK_H

#include <stddef.h>
#include <stdint.h>

struct ranked {
    double score;
    uint32_t row;
    uint32_t odd; /* 0 or 1 */
};

struct ranking {
    struct ranked *at; /* [n], the greatest score first */
    uint32_t n, odd;
};

/* score[n] is never NaN, odd[n] is 0 or 1. 0, or -1: memory is short. ranking_free either
 * way. */
int ranking_make(struct ranking *r, const double *score, const uint8_t *odd, uint32_t n);
void ranking_free(struct ranking *r);
/* How many rows have at least the score of at[i]. */
uint32_t ranking_reach(const struct ranking *r, uint32_t i);

/* P(an odd row's score is greater than a normal one's), equal ones half: the area under
 * the ROC (Hanley & McNeil 1982, by the ranks of Mann & Whitney 1947). NaN unless there
 * are both kinds. */
double rank_auroc(const struct ranking *r);

/* Precision at each threshold, weighted by the recall it gains, without interpolation
 * (Davis & Goadrich 2006 say why): what scikit-learn calls average_precision_score. A
 * score that knows nothing has the share of odd rows. NaN when there are none. */
double rank_average_precision(const struct ranking *r);

/* The best threshold there is, chosen by who knows the labels: an oracle. */
struct best {
    double f1, precision, recall; /* NaN when there is nothing to find */
    double threshold;             /* rows at or above it               */
};
double f1_of(double precision, double recall); /* 0 when both are */
/* Each row by itself, with this threshold, or with the best: of equal ones the highest.
 */
struct best rank_f1_at(const struct ranking *r, double threshold);
struct best rank_best_f1(const struct ranking *r);

#endif
