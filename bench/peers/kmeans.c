/*
 * bench/peers/kmeans.c - k-means as Netdata runs it on every metric (its source,
 * src/ml/ml_features.cc and ml_kmeans.cc, and "Machine Learning Anomaly Detection" in its
 * manual; Andrew Maguire and Netdata, 2021-).
 *
 * A row is the newest six of the series that was differenced once and smoothed over
 * three. A model is two centres (Lloyd 1982) of such rows and the least and the greatest
 * mean distance to both among them; a row's score is where its own mean distance lies
 * between these two, 1 at the greatest. Models are trained on overlapping spans of the
 * past, and what counts is their consensus, the least score of the last 18. Netdata's
 * spans are 6 hours of a row a second, every 3 hours, a fifth of the rows drawn; here
 * they are as many turns of KIRI's, 512 rows every 256, all of them, for these series
 * have some thousand rows and not a million. It cuts scores at 1 and calls .99 an
 * anomaly; here a threshold is chosen, so they are left.
 */
#include "bench/peers/odd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAGS   6u
#define SMOOTH 3u
#define NEEDED                                                                           \
    (LAGS + SMOOTH) /* values that a row is made of: one more for differences */
#define SPAN    512u
#define EVERY   256u
#define MODELS  18u
#define CENTRES 2u
#define ROUNDS  1000u
#define FAR     0.99 /* part of the rows that are no farther from the first centre */
#define CLIP    6.0  /* nats that a score of 1 stands for */

struct row {
    double at[LAGS];
};

struct model {
    struct row centre[CENTRES];
    double least, most; /* mean distance to both */
};

struct kmeans {
    uint32_t warmup;
    uint64_t rows;              /* values so far                                   */
    uint64_t trained;           /* rows at the last training                       */
    double x[NEEDED];           /* the newest values, oldest first                 */
    struct row row[SPAN];       /* of value r at r % SPAN                          */
    uint64_t models;            /* ever trained                                    */
    struct model model[MODELS]; /* model m at m % MODELS                          */
};

static void *begin(uint32_t warmup)
{
    struct kmeans *k = calloc(1, sizeof *k);

    if (k)
        k->warmup = warmup;
    return k;
}

static double distance(const struct row *a, const struct row *b)
{
    double sum = 0;

    for (uint32_t i = 0; i < LAGS; i++)
        sum += (a->at[i] - b->at[i]) * (a->at[i] - b->at[i]);
    return sqrt(sum);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The first row, and the one that is farther from it than 99 % are (as dlib picks initial
 * centres: the farthest may be an outlier). */
static void pick_centres(struct model *m, const struct row *row, uint32_t n)
{
    double far[SPAN], cut;

    for (uint32_t i = 0; i < n; i++)
        far[i] = distance(&row[i], &row[0]);
    qsort(far, n, sizeof *far, by_value);
    cut = far[(uint32_t)(FAR * (n - 1))];
    m->centre[0] = row[0];
    for (uint32_t i = 0; i < n; i++)
        if (distance(&row[i], &row[0]) >= cut) {
            m->centre[1] = row[i];
            return;
        }
}

static uint32_t nearest(const struct model *m, const struct row *row)
{
    return distance(row, &m->centre[1]) < distance(row, &m->centre[0]);
}

/* One of Lloyd's rounds; 1: a row has moved. */
static int move_centres(struct model *m, const struct row *row, uint32_t n, uint8_t *of)
{
    double sum[CENTRES][LAGS] = { 0 };
    uint32_t held[CENTRES] = { 0 };
    int moved = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint8_t k = (uint8_t)nearest(m, &row[i]);
        moved |= of[i] != k;
        of[i] = k;
        held[k]++;
        for (uint32_t j = 0; j < LAGS; j++)
            sum[k][j] += row[i].at[j];
    }
    for (uint32_t k = 0; k < CENTRES; k++)
        for (uint32_t j = 0; held[k] && j < LAGS; j++)
            m->centre[k].at[j] = sum[k][j] / held[k];
    return moved;
}

static double mean_distance(const struct model *m, const struct row *row)
{
    double sum = 0;

    for (uint32_t k = 0; k < CENTRES; k++)
        sum += distance(row, &m->centre[k]);
    return sum / CENTRES;
}

static void train(struct model *m, const struct row *row, uint32_t n)
{
    uint8_t of[SPAN];
    uint32_t round = 0;

    memset(of, CENTRES, sizeof of); /* of none of them yet */
    pick_centres(m, row, n);
    while (move_centres(m, row, n, of) && ++round < ROUNDS)
        ;
    m->least = INFINITY;
    m->most = 0;
    for (uint32_t i = 0; i < n; i++) {
        double d = mean_distance(m, &row[i]);
        m->least = fmin(m->least, d);
        m->most = fmax(m->most, d);
    }
}

/* The newest row: differences smoothed, the newest first. */
static void make_row(const struct kmeans *k, struct row *out)
{
    for (uint32_t i = 0; i < LAGS; i++) /* a mean of differences is one of the ends */
        out->at[i] = (k->x[NEEDED - 1 - i] - k->x[NEEDED - 1 - i - SMOOTH]) / SMOOTH;
}

static double consensus(const struct kmeans *k, const struct row *row)
{
    uint64_t n = k->models < MODELS ? k->models : MODELS;
    double least = n ? INFINITY : 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct model *m = &k->model[i];
        double width = m->most - m->least;
        double score = width > 0 ? fabs(mean_distance(m, row) - m->least) / width : 0;
        least = fmin(least, score);
    }
    return least;
}

/* What is remembered begins with the first row that all NEEDED values made. */
static uint32_t held(const struct kmeans *k)
{
    uint64_t made = k->rows < NEEDED ? 0 : k->rows - NEEDED + 1;

    return made < SPAN ? (uint32_t)made : SPAN;
}

static int is_due(const struct kmeans *k)
{
    if (held(k) < 2)
        return 0;
    return k->models ? k->rows - k->trained >= EVERY : k->rows >= k->warmup;
}

static int push(void *self, double x, struct odd *out)
{
    struct kmeans *k = self;
    struct row row;

    *out = (struct odd){ 0 };
    if (is_due(k)) {
        train(&k->model[k->models++ % MODELS], k->row, held(k));
        k->trained = k->rows;
    }
    memmove(k->x, k->x + 1, sizeof k->x - sizeof *k->x);
    k->x[NEEDED - 1] = x;
    k->rows++;
    if (k->rows < NEEDED)
        return 0;
    make_row(k, &row);
    out->alone = consensus(k, &row);
    out->excess = CLIP * out->alone;
    k->row[(k->rows - NEEDED) % SPAN] = row;
    return 0;
}

const struct peer peer_kmeans = { "kmeans", begin, push, free };
