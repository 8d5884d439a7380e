/*
 * bench/plants - what streams of several numbers find: plants of six metrics that move
 * together, 6,000 rows learned, then one metric at a time goes its own way for 30 rows,
 * each value as usual by itself.
 *
 * Twice: all 6,000 rows are the first training ("first"), and as a host does, 750 rows
 * and then a turn each 128 ("online"). Budget: 1/day at a row a minute.
 *
 * Usage: plants [--plants N] [--jobs N] [--json|--markdown]
 */
#include "bench/figures.h"
#include "bench/generate.h"
#include "bench/jobs.h"
#include "bench/options.h"
#include "eval/rank.h"
#include "flow/stream.h"

#include <math.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define LEARNED  6000u /* rows */
#define FIRST    90u   /* rows before the first episode */
#define EPISODES 12u
#define EVERY    180u
#define LASTS    30u
#define CALM     3000u /* rows after the last */
#define ROWS     (LEARNED + FIRST + EPISODES * EVERY + CALM)
#define QUIET    6u /* rows that close an alarm: theirs is the episode's */
#define BUDGET   (1.0 / GENERATE_DAY)

static const struct kiri_field metrics[PLANT_METRICS] = {
    { .name = "m0", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS },
    { .name = "m1", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS },
    { .name = "m2", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS },
    { .name = "m3", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS },
    { .name = "m4", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS },
    { .name = "m5", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = PLANT_METRICS,
                                           .fields = metrics,
                                           .period_ms = 60000 };

static const struct {
    const char *name;
    uint32_t warmup;
} ways[] = { { "first", LEARNED }, { "online", 750 } };

/* What one plant has shown. */
struct outcome {
    double auroc;             /* of the score, over the rows with episodes */
    uint32_t alarmed, blamed; /* episodes; of these, the field right at the onset */
    uint32_t normal, alarms;  /* normal rows with a trained model; onsets in them */
    double first, turns;      /* seconds of learning */
    uint32_t n_turns;
};

struct bench {
    uint32_t plants;
    struct outcome *out; /* [ways][plants] */
};

/* Which episode row r is in, or EPISODES; *into: how far. */
static uint32_t episode(uint32_t r, uint32_t *into)
{
    uint32_t since = r - LEARNED - FIRST;

    *into = since % EVERY;
    return r < LEARNED + FIRST || since / EVERY >= EPISODES ? EPISODES : since / EVERY;
}

static int learn(struct stream *s, struct outcome *out)
{
    struct stream_lesson lesson;
    double begun = jobs_seconds();
    enum stream_due due = stream_due(s);

    if (due == STREAM_NOTHING)
        return 0;
    if (stream_learn(s, NULL, NULL, NULL, &lesson))
        return -1;
    double took = jobs_seconds() - begun;
    if (due == STREAM_WARMUP)
        out->first = took;
    else
        out->turns += took;
    out->n_turns += due == STREAM_A_TURN;
    return 0;
}

/* Row r's verdict. seen: the episode that was alarmed last. */
static void count(uint32_t r, const struct verdict *v, uint32_t *seen,
                  struct outcome *out)
{
    uint32_t into, e = episode(r, &into);

    if (e < EPISODES && into < LASTS && v->alarm && *seen != e) {
        *seen = e;
        out->alarmed++;
        out->blamed += v->blame == e % PLANT_METRICS;
    }
    if (v->gen && (e == EPISODES || into >= LASTS + QUIET)) {
        out->normal++;
        out->alarms += v->onset != 0;
    }
}

static int watch(struct stream *s, uint64_t seed, struct outcome *out)
{
    static const uint32_t judged = FIRST + EPISODES * EVERY;
    double *score = calloc(judged, sizeof *score);
    uint8_t *truth = calloc(judged, 1); /* in an episode */
    struct ranking ranking = { 0 };
    struct plant plant;
    uint32_t seen = EPISODES;
    int rc = score && truth ? 0 : -1;

    plant_begin(&plant, seed);
    for (uint32_t r = 0; r < ROWS && !rc; r++) {
        union kiri_value v[PLANT_METRICS];
        struct stream_row row = { .id = r + 1, .ts = (int64_t)r * 60000, .v = v };
        struct verdict verdict;
        double x[PLANT_METRICS];
        uint32_t into, e = episode(r, &into);
        int odd = e < EPISODES && into < LASTS;

        plant_next(&plant, odd ? e % PLANT_METRICS : PLANT_METRICS, x);
        for (uint32_t i = 0; i < PLANT_METRICS; i++)
            v[i].num = x[i];
        rc = learn(s, out);
        if (rc || (rc = stream_push(s, &row, &verdict)))
            break;
        if (r >= LEARNED && r < LEARNED + judged) {
            score[r - LEARNED] = (double)verdict.score;
            truth[r - LEARNED] = (uint8_t)odd;
        }
        count(r, &verdict, &seen, out);
    }
    if (!rc && (rc = ranking_make(&ranking, score, truth, judged)) == 0)
        out->auroc = rank_auroc(&ranking);
    ranking_free(&ranking);
    free(score);
    free(truth);
    return rc;
}

/* Job i: plant i % plants, in the way i / plants. */
static int one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    uint64_t seed = i % b->plants + 1;
    struct stream_options o = { .seed = seed,
                                .warmup = ways[i / b->plants].warmup,
                                .alarm_rate = BUDGET };
    char why[128];
    struct stream *s = stream_new(&schema, &o, why, sizeof why);
    int rc = s ? watch(s, seed, &b->out[i]) : -1;

    stream_free(s);
    return rc ? 70 : 0;
}

static void tell(const char *way, const struct outcome *o, uint32_t plants,
                 struct figures *f)
{
    struct outcome sum = { 0 };
    double worst = 1, slowest = 0, episodes = (double)plants * EPISODES;
    char name[FIGURE_NAME];

    for (uint32_t i = 0; i < plants; i++) {
        sum.auroc += o[i].auroc / plants;
        worst = fmin(worst, o[i].auroc);
        sum.alarmed += o[i].alarmed;
        sum.blamed += o[i].blamed;
        sum.normal += o[i].normal;
        sum.alarms += o[i].alarms;
        slowest = fmax(slowest, o[i].first);
        sum.turns += o[i].turns;
        sum.n_turns += o[i].n_turns;
    }
#define ADD(what, value, unit, goal, bound)                                              \
    do {                                                                                 \
        snprintf(name, sizeof name, "plants.%s." what, way);                             \
        figures_add(f, name, value, unit, goal, bound);                                  \
    } while (0)
    ADD("auroc.mean", sum.auroc, "", GOAL_AT_LEAST, .92);
    ADD("auroc.worst", worst, "", GOAL_NONE, 0);
    ADD("alarmed", sum.alarmed / episodes, "", GOAL_AT_LEAST, .95);
    ADD("blamed", sum.alarmed ? sum.blamed / (double)sum.alarmed : 0, "", GOAL_AT_LEAST,
        .9);
    ADD("false", sum.alarms / (sum.normal * BUDGET), "x", GOAL_WITHIN, 2);
    ADD("training", slowest, "s", GOAL_NONE, 0);
    ADD("turn", sum.n_turns ? 1e3 * sum.turns / sum.n_turns : 0, "ms", GOAL_NONE, 0);
#undef ADD
}

int main(int argc, char **argv)
{
    unsigned plants = 20, jobs = jobs_cpus();
    enum figures_form form = FIGURES_TEXT;
    const struct bench_option options[] = {
        { .name = "--plants", .number = &plants },
        { .name = "--jobs", .number = &jobs },
        { .name = "--json", .form = &form, .as = FIGURES_JSON },
        { .name = "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };
    struct figures f = { 0 };
    int rc = options_read(argc, argv, options, COUNT(options),
                          "plants [--plants N] [--jobs N] [--json|--markdown]");

    if (rc)
        return rc;
    struct bench b = { plants, calloc((size_t)plants * COUNT(ways), sizeof *b.out) };
    rc = b.out ? jobs_run("plants", jobs, (size_t)plants * COUNT(ways), one, &b) : 70;
    for (size_t w = 0; w < COUNT(ways) && !rc; w++)
        tell(ways[w].name, b.out + w * plants, plants, &f);
    if (!rc)
        rc = figures_print(&f, form, stdout);
    else
        fputs("plants: memory is short\n", stderr);
    figures_free(&f);
    free(b.out);
    return rc;
}
