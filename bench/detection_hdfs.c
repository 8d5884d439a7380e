/*
 * Sessions of the HDFS log (Xu et al. 2009, as keys by Du et al. 2017): data/hdfs has
 * train_normal.txt to learn from, valid_normal.txt and valid_abnormal.txt. Nothing is
 * chosen by the labels: KIRI's alarms are the column `alarm` of `kiri detect --format
 * sessions --train`, at its default; the peers' are tails within the same.
 */
#include "bench/detection.h"

#include "bench/column.h"
#include "bench/hdfs.h"
#include "bench/jobs.h"
#include "bench/peers/session_peer.h"

#include <math.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* order: of counts; 0: a word or a length that was never seen. */
static const struct {
    const char *name;
    uint32_t order;
} peers[] = { { "counts3", 3 }, { "markov2", 2 }, { "unseen", 0 } };

struct bench {
    const struct detection *d;
    struct lexicon lexicon;
    uint32_t known;                  /* words of it that the training's sessions have */
    char path[DETECTION_PATH];       /* of what KIRI learns from */
    struct session_set train, of[2]; /* normal, abnormal */
    struct hdfs_score *score;        /* [seeds] of KIRI, then of the peers */
};

/* ---- KIRI ------------------------------------------------------------------------ */

static void write_sessions(const struct session_set *s, const struct lexicon *l, FILE *to)
{
    for (uint32_t i = 0; i < s->n; i++)
        for (size_t k = s->first[i]; k < s->first[i + 1]; k++)
            if (s->word[k] == SESSION_EDGE)
                fputc('\n', to);
            else
                fprintf(to, "%s ", l->word[s->word[k] - 1]);
}

/* Normal and abnormal ones in one file: each stands alone, and learning is done once. */
static int join(const struct bench *b, const char *path, struct kiri_error *err)
{
    FILE *to = fopen(path, "w");

    for (int k = 0; to && k < 2; k++)
        write_sessions(&b->of[k], &b->lexicon, to);
    if (to && !ferror(to) && fclose(to) == 0)
        return 0;
    return kiri_fail(err, KIRI_NO_WRITE, "%s cannot be written", path);
}

static int count_alarms(const struct bench *b, const char *path, size_t alarms[2],
                        struct kiri_error *err)
{
    uint32_t normal = b->of[0].n, rows = normal + b->of[1].n;
    double *alarm = calloc(rows, sizeof *alarm);
    int rc = alarm ? column_read(path, "alarm", alarm, rows, err)
                   : kiri_fail(err, KIRI_INTERNAL, "memory is short");

    for (uint32_t i = 0; rc == 0 && i < rows; i++)
        alarms[i >= normal] += alarm[i] > 0;
    free(alarm);
    return rc;
}

static int try_kiri(const struct bench *b, unsigned seed, size_t alarms[2],
                    struct kiri_error *err)
{
    struct detect_options o = { .train = b->path,
                                .format = SOURCE_SESSIONS,
                                .seed = seed };
    struct detect_report report = { 0 };
    char input[DETECTION_PATH], path[DETECTION_PATH];

    if (detection_place(b->d, seed, "hdfs/valid.txt", input, err) ||
        detection_place(b->d, seed, "hdfs/valid.csv", path, err) || join(b, input, err))
        return -1;
    o.input = input;
    int rc = detection_detect(&o, path, &report, err);
    detect_report_free(&report);
    if (rc == 0)
        rc = count_alarms(b, path, alarms, err);
    detection_drop(b->d, input);
    detection_drop(b->d, path);
    return rc;
}

/* ---- the others ------------------------------------------------------------------ */

static int try_counts(const struct bench *b, uint32_t order, size_t alarms[2],
                      struct kiri_error *err)
{
    struct session_counts *c = session_counts_new(&b->train, b->lexicon.n, order);

    if (!c)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < b->of[k].n; i++)
            alarms[k] += session_counts_tail(c, &b->of[k], i) <= DETECT_TEXT_BUDGET;
    session_counts_free(c);
    return 0;
}

static void try_unseen(const struct bench *b, size_t alarms[2])
{
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < b->of[k].n; i++)
            alarms[k] += (size_t)session_unseen(&b->train, b->known, &b->of[k], i);
}

/* Job i: a seed of KIRI's, or a peer. */
static int try_one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    struct kiri_error err = { 0 };
    size_t alarms[2] = { 0 }, peer = i - b->d->seeds;
    int rc = 0;

    if (i < b->d->seeds)
        rc = try_kiri(b, (unsigned)i + 1, alarms, &err);
    else if (peers[peer].order)
        rc = try_counts(b, peers[peer].order, alarms, &err);
    else
        try_unseen(b, alarms);
    b->score[i] = hdfs_score(b->of[0].n, alarms[0], b->of[1].n, alarms[1]);
    return rc ? detection_say(&err) : 0;
}

/* ---- what it comes to ------------------------------------------------------------ */

static void add_kiri(const struct bench *b, struct figures *f)
{
    struct hdfs_score mean = { 0 };
    double worst = INFINITY, n = b->d->seeds;

    for (unsigned s = 0; s < b->d->seeds; s++) {
        mean.f1 += b->score[s].f1 / n;
        mean.precision += b->score[s].precision / n;
        mean.recall += b->score[s].recall / n;
        mean.false_rate += b->score[s].false_rate / n;
        worst = fmin(worst, b->score[s].f1);
    }
    figures_add(f, "hdfs.f1.mean", mean.f1, "", GOAL_AT_LEAST, .93);
    figures_add(f, "hdfs.f1.worst", worst, "", GOAL_AT_LEAST, .91);
    figures_add(f, "hdfs.precision", mean.precision, "", GOAL_NONE, 0);
    figures_add(f, "hdfs.recall", mean.recall, "", GOAL_NONE, 0);
    figures_add(f, "hdfs.false_rate", mean.false_rate, "", GOAL_NONE, 0);
}

static void add_peer(const struct bench *b, size_t peer, struct figures *f)
{
    const struct hdfs_score *score = &b->score[b->d->seeds + peer];
    const struct {
        const char *name;
        double value;
    } all[] = { { "f1", score->f1 },
                { "precision", score->precision },
                { "recall", score->recall },
                { "false_rate", score->false_rate } };
    char name[FIGURE_NAME];

    for (size_t i = 0; i < COUNT(all); i++) {
        snprintf(name, sizeof name, "hdfs.peer.%s.%s", peers[peer].name, all[i].name);
        figures_add(f, name, all[i].value, "", GOAL_NONE, 0);
    }
}

static int read_all(struct bench *b, const char *data, struct kiri_error *err)
{
    static const char *const name[] = { "normal", "abnormal" };
    char path[DETECTION_PATH];

    snprintf(b->path, sizeof b->path, "%s/hdfs/train_normal.txt", data);
    if (session_set_read(&b->train, b->path, &b->lexicon, err))
        return -1;
    b->known = b->lexicon.n;
    for (int k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "%s/hdfs/valid_%s.txt", data, name[k]);
        if (session_set_read(&b->of[k], path, &b->lexicon, err))
            return -1;
    }
    return 0;
}

static int measure(struct bench *b, struct figures *f)
{
    struct kiri_error err = { 0 };
    size_t n = b->d->seeds + COUNT(peers);

    if (read_all(b, b->d->data, &err))
        return detection_say(&err);
    b->score = calloc(n, sizeof *b->score);
    int rc = b->score ? jobs_run("hdfs", b->d->jobs, n, try_one, b) : KIRI_INTERNAL;
    if (rc)
        return rc;
    add_kiri(b, f);
    for (size_t i = 0; i < COUNT(peers); i++)
        add_peer(b, i, f);
    return 0;
}

int detection_hdfs(const struct detection *d, struct figures *f)
{
    struct bench b = { .d = d };
    int rc = measure(&b, f);

    free(b.score);
    session_set_free(&b.train);
    for (int k = 0; k < 2; k++)
        session_set_free(&b.of[k]);
    lexicon_free(&b.lexicon);
    return rc;
}
