/*
 * The Numenta Anomaly Benchmark or a part of it: data/nab has data/ and labels/ as it has
 * them. KIRI is `kiri detect` on every file; the peers are those of peers/odd.h, each
 * after KIRI's own steps from an excess to a score, and `alone`.
 */
#include "bench/detection.h"

#include "bench/column.h"
#include "bench/jobs.h"
#include "bench/nab.h"
#include "bench/peers/odd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OF_100       "of 100"

static const struct peer *const peers[] = { &peer_markov, &peer_median, &peer_gaussian,
                                            &peer_kmeans, &peer_range };

/* What somebody says of one file: columns that are scored. */
enum column { SCORE, ALONE, ALARM, COLUMNS };

struct trial {
    double *of[COLUMNS];   /* [rows]; a peer has no ALARM */
    double seconds;        /* of one CPU */
    double promised, seen; /* alarms */
};

struct bench {
    const struct detection *d;
    struct nab nab;
    size_t ways;         /* seeds, then peers */
    struct trial *trial; /* [ways * nab.n], way by way */
};

static int make_room(struct trial *t, uint32_t rows, struct kiri_error *err)
{
    for (size_t k = 0; k < COLUMNS; k++)
        if (!(t->of[k] = calloc(rows + 1u, sizeof **t->of)))
            return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    return 0;
}

static int try_kiri(const struct bench *b, const struct nab_file *f, unsigned seed,
                    const char *input, struct trial *t, struct kiri_error *err)
{
    const struct detect_options o = { .input = input, .seed = seed };
    static const char *const column[] = { "score", "surprise", "alarm" };
    struct detect_report report;
    char path[DETECTION_PATH];

    if (detection_place(b->d, seed, f->name, path, err))
        return -1;
    double began = jobs_seconds();
    int rc = detection_detect(&o, path, &report, err);
    t->seconds = jobs_seconds() - began;
    t->seen = (double)report.alarms;
    t->promised = report.per_row * (double)report.scored;
    detect_report_free(&report);
    for (size_t k = 0; rc == 0 && k < COLUMNS; k++)
        rc = column_read(path, column[k], t->of[k], f->rows, err);
    detection_drop(b->d, path);
    return rc;
}

static int try_peer(const struct peer *p, const struct nab_file *f, const char *input,
                    struct trial *t, struct kiri_error *err)
{
    double *x = calloc(f->rows + 1u, sizeof *x);
    int rc = x ? column_read(input, "value", x, f->rows, err)
               : kiri_fail(err, KIRI_INTERNAL, "memory is short");

    if (rc == 0 && peer_watch(p, x, f->rows, f->judged, t->of[ALONE], t->of[SCORE]))
        rc = kiri_fail(err, KIRI_INTERNAL, "memory is short");
    free(x);
    return rc;
}

static int try_one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    const struct nab_file *f = &b->nab.file[i % b->nab.n];
    size_t way = i / b->nab.n;
    struct trial *t = &b->trial[i];
    struct kiri_error err = { 0 };
    char input[DETECTION_PATH];

    snprintf(input, sizeof input, "%s/nab/data/%s", b->d->data, f->name);
    int rc = make_room(t, f->rows, &err);
    if (rc == 0 && way < b->d->seeds)
        rc = try_kiri(b, f, (unsigned)way + 1, input, t, &err);
    else if (rc == 0)
        rc = try_peer(peers[way - b->d->seeds], f, input, t, &err);
    return rc ? detection_say(&err) : 0;
}

/* ---- what it comes to ------------------------------------------------------------ */

/* The corpus' score of one way. The alarms have no threshold to choose: they are 0 or 1.
 * NaN: memory is short. */
static double score(const struct bench *b, size_t way, enum column which,
                    const struct nab_profile *p)
{
    double **column = calloc(b->nab.n + 1, sizeof *column), score = NAN;

    for (size_t i = 0; column && i < b->nab.n; i++)
        column[i] = b->trial[way * b->nab.n + i].of[which];
    if (column)
        score = which == ALARM ? nab_fixed(&b->nab, column, p, 1)
                               : nab_swept(&b->nab, column, p, NULL);
    free(column);
    return score;
}

static const struct {
    const char *name;
    enum column column;
    const struct nab_profile *profile;
    double goal; /* KIRI's */
} measures[] = {
    { "swept", SCORE, &nab_standard, 65 }, { "low_fp", SCORE, &nab_low_fp, 0 },
    { "low_fn", SCORE, &nab_low_fn, 0 },   { "alarm", ALARM, &nab_standard, 0 },
    { "alone", ALONE, &nab_standard, 0 },
};

static int add_kiri(const struct bench *b, struct figures *f)
{
    double *seed = calloc(b->d->seeds, sizeof *seed);
    char mean[FIGURE_NAME], worst[FIGURE_NAME + 8];

    if (!seed)
        return KIRI_INTERNAL;
    for (size_t k = 0; k < COUNT(measures); k++) {
        for (unsigned s = 0; s < b->d->seeds; s++)
            seed[s] = score(b, s, measures[k].column, measures[k].profile);
        snprintf(mean, sizeof mean, "nab.dev.%s", measures[k].name);
        snprintf(worst, sizeof worst, "%s.worst", mean);
        detection_add(
            f, &(struct detection_seeds){ mean, worst, OF_100, measures[k].goal, 0 },
            seed, b->d->seeds);
    }
    free(seed);
    return 0;
}

static void add_peers(const struct bench *b, struct figures *f)
{
    char name[FIGURE_NAME];

    for (size_t p = 0; p < COUNT(peers); p++)
        for (size_t k = 0; k < COUNT(measures); k++) {
            if (measures[k].column == ALARM)
                continue;
            snprintf(name, sizeof name, "nab.dev.peer.%s.%s", peers[p]->name,
                     measures[k].name);
            figures_add(f, name,
                        score(b, b->d->seeds + p, measures[k].column,
                              measures[k].profile),
                        OF_100, GOAL_NONE, 0);
        }
}

static int add_all(const struct bench *b, struct figures *f)
{
    double rows = 0, seconds = 0, promised = 0, seen = 0;
    int rc = add_kiri(b, f);

    if (rc)
        return rc;
    for (size_t i = 0; i < b->d->seeds * b->nab.n; i++) {
        rows += b->nab.file[i % b->nab.n].rows;
        seconds += b->trial[i].seconds;
        promised += b->trial[i].promised;
        seen += b->trial[i].seen;
    }
    figures_add(f, "nab.dev.alarms_over_budget", seen / promised, "ratio", GOAL_NONE, 0);
    figures_add(f, "nab.dev.rows_per_s", rows / seconds, "rows/s", GOAL_AT_LEAST, 3000);
    add_peers(b, f);
    return 0;
}

int detection_nab(const struct detection *d, struct figures *f)
{
    struct bench b = { .d = d, .ways = d->seeds + COUNT(peers) };
    struct kiri_error err = { 0 };
    char dir[DETECTION_PATH];
    int rc = KIRI_INTERNAL;

    snprintf(dir, sizeof dir, "%s/nab", d->data);
    if (nab_open(&b.nab, dir, &err)) {
        nab_free(&b.nab);
        return detection_say(&err);
    }
    size_t n = b.ways * b.nab.n;
    b.trial = calloc(n + 1, sizeof *b.trial);
    if (b.trial)
        rc = jobs_run("nab", d->jobs, n, try_one, &b);
    if (rc == 0)
        rc = add_all(&b, f);
    for (size_t i = 0; b.trial && i < n; i++)
        for (size_t k = 0; k < COLUMNS; k++)
            free(b.trial[i].of[k]);
    free(b.trial);
    nab_free(&b.nab);
    return rc;
}
