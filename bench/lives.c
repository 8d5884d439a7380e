/*
 * bench/lives - the original's checks. DIR has a folder for each drawn life with
 * pulse.csv and drift.csv (columns by the fields' symbols). The classic languages learn
 * the life; then one observation after BOS: how many times as surprising as a normal one
 * is a strange one, and how many of the life's rows are less surprising than two whose
 * CPU and memory are strange only together?
 *
 * Usage: lives --data DIR [--seeds N] [--jobs N] [--json|--markdown]
 */
#include "bench/figures.h"
#include "bench/jobs.h"
#include "bench/options.h"
#include "bench/table.h"
#include "flow/keep.h"
#include "flow/stream.h"
#include "model/weights.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELDS       6u
#define LIVES        64u /* folders of names up to 15 bytes */

extern const struct kiri_schema pulse_classic, drift_classic; /* of the plugins */

struct check {
    double normal[FIELDS], strange[FIELDS];
    double together[2][FIELDS]; /* strange only together */
    int has_together;
};

/* A life is learned at once, or as a host lives it. */
static const struct way {
    const char *name, *file;
    const struct kiri_schema *schema;
    uint32_t warmup; /* 0: all rows */
    double least;    /* the ratio in every life */
    struct check check;
} ways[] = {
    { "pulse",
      "pulse.csv",
      &pulse_classic,
      0,
      8,
      { { 52, 55, 40, 12, 3.5, 1 },
        { 95, 90, 40, 80, 18, 1 },
        { { 5, 62, 40, 14, 4.2, 1 }, { 52, 24, 40, 12, 3.5, 1 } },
        1 } },
    { "drift",
      "drift.csv",
      &drift_classic,
      0,
      8.6,
      { .normal = { 1, 2, 0, 10, 1 }, .strange = { 8, 0, 5, 15, 4 } } },
    { "pulse.online",
      "pulse.csv",
      &pulse_classic,
      750,
      8,
      { { 52, 55, 40, 12, 3.5, 1 },
        { 95, 90, 40, 80, 18, 1 },
        { { 5, 62, 40, 14, 4.2, 1 }, { 52, 24, 40, 12, 3.5, 1 } },
        1 } },
};

struct outcome {
    double normal, strange;    /* mean nats */
    double ratio, together[2]; /* the latter: parts of the life's rows */
    double seconds;            /* of all learning */
};

struct bench {
    char life[LIVES][16];
    const char *dir;
    size_t lives, seeds;
    struct outcome *out; /* [ways][lives][seeds] */
};

/* ---- learning -------------------------------------------------------------------- */

static void put(const struct kiri_schema *s, const double *x, const size_t *column,
                union kiri_value v[FIELDS])
{
    for (uint32_t i = 0; i < s->n_fields; i++) {
        double value = x[column ? column[i] : i];
        if (s->fields[i].kind == KIRI_NUMBER)
            v[i].num = value;
        else
            v[i].choice = (int32_t)value;
    }
}

static int learn(struct stream *s, double *seconds)
{
    struct stream_lesson lesson;
    double begun = jobs_seconds();
    int rc = stream_due(s) ? stream_learn(s, NULL, NULL, NULL, &lesson) : 0;

    *seconds += jobs_seconds() - begun;
    return rc;
}

static int live(struct stream *s, const struct table *t, const size_t *column,
                double *seconds)
{
    size_t ts = table_column(t, "ts");

    for (size_t r = 0; r < t->rows; r++) {
        const double *x = t->x + r * t->columns;
        union kiri_value v[FIELDS] = { 0 };
        struct verdict verdict;
        struct stream_row row = { .id = r + 1,
                                  .ts = ts < t->columns ? (int64_t)x[ts] : 0,
                                  .v = v };
        put(stream_schema(s), x, column, v);
        if (learn(s, seconds) || stream_push(s, &row, &verdict))
            return -1;
    }
    return learn(s, seconds);
}

/* The weights, as a model file has them. */
static struct gpt *weights_of(struct stream *s, struct kiri_error *err)
{
    size_t len;
    void *bytes = keep_save(s, "life", &len);
    struct safetensors *file = bytes ? safetensors_parse(bytes, len, err) : NULL;
    struct gpt *g = file ? weights_get(file, err) : NULL;

    safetensors_free(file);
    free(bytes);
    return g;
}

/* ---- checking -------------------------------------------------------------------- */

/* Mean nats of one observation after BOS. */
static double surprise(const struct kiri_schema *s, const struct gpt *g,
                       struct gpt_cache *cache, const double *x, const size_t *column)
{
    union kiri_value v[FIELDS] = { 0 };
    struct kiri_token token[FIELDS];
    uint16_t id[FIELDS + 1] = { (uint16_t)kiri_schema_bos(s) };
    float nll[FIELDS];
    double sum = 0, scored = 0;

    put(s, x, column, v);
    int n = kiri_tokenize(s, v, token, FIELDS, NULL);
    for (int i = 0; i < n; i++)
        id[i + 1] = token[i].id;
    gpt_cache_rewind(cache, 0);
    gpt_forward(g, cache, id, id + 1, NULL, (uint32_t)n,
                &(struct gpt_belief){ .nll = nll });
    for (int i = 0; i < n; i++) {
        int context = s->fields[token[i].field].flags & KIRI_CONTEXT;
        sum += context ? 0 : (double)nll[i];
        scored += !context;
    }
    return sum / scored;
}

static int check(const struct way *w, const struct gpt *g, const struct table *t,
                 const size_t *column, struct outcome *out)
{
    const struct check *c = &w->check;
    struct gpt_cache *cache = gpt_cache_new(gpt_shape_of(g));
    double nats[2] = { 0 };

    if (!cache)
        return -1;
    out->normal = surprise(w->schema, g, cache, c->normal, NULL);
    out->strange = surprise(w->schema, g, cache, c->strange, NULL);
    out->ratio = out->strange / out->normal;
    for (int k = 0; k < 2 && c->has_together; k++)
        nats[k] = surprise(w->schema, g, cache, c->together[k], NULL);
    for (size_t r = 0; r < t->rows && c->has_together; r++) {
        double x = surprise(w->schema, g, cache, t->x + r * t->columns, column);
        for (int k = 0; k < 2; k++)
            out->together[k] += (x < nats[k]) / (double)t->rows;
    }
    gpt_cache_free(cache);
    return 0;
}

static int columns_of(const struct kiri_schema *s, const struct table *t, size_t *column,
                      struct kiri_error *err)
{
    for (uint32_t i = 0; i < s->n_fields; i++) {
        column[i] = table_column(t, s->fields[i].symbol);
        if (column[i] == t->columns)
            return kiri_fail(err, KIRI_BAD_DATA, "there is no column %s",
                             s->fields[i].symbol);
    }
    return 0;
}

/* Job i: way, life and seed, the last the fastest. */
static int one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    const struct way *w = &ways[i / b->seeds / b->lives];
    struct stream_options o = { .seed = i % b->seeds + 1, .warmup = w->warmup };
    struct kiri_error err = { .text = "memory is short" };
    struct table t = { 0 };
    struct stream *s = NULL;
    struct gpt *g = NULL;
    size_t column[FIELDS] = { 0 };
    char path[4096], why[128];
    int rc = -1;

    snprintf(path, sizeof path, "%s/%s/%s", b->dir, b->life[i / b->seeds % b->lives],
             w->file);
    if (table_read(&t, path, &err) || columns_of(w->schema, &t, column, &err))
        goto done;
    if (!o.warmup)
        o.warmup = (uint32_t)t.rows;
    s = stream_new(w->schema, &o, why, sizeof why);
    if (!s || live(s, &t, column, &b->out[i].seconds) || !(g = weights_of(s, &err)))
        goto done;
    rc = check(w, g, &t, column, &b->out[i]);

done:
    if (rc)
        fprintf(stderr, "lives: %s: %s\n", path, err.text);
    gpt_free(g);
    stream_free(s);
    table_free(&t);
    return rc ? KIRI_BAD_DATA : 0;
}

/* ---- telling --------------------------------------------------------------------- */

/* out[seeds] of one life. */
static struct outcome mean_of(const struct outcome *out, size_t seeds)
{
    struct outcome mean = { 0 };

    for (size_t i = 0; i < seeds; i++) {
        mean.normal += out[i].normal / (double)seeds;
        mean.strange += out[i].strange / (double)seeds;
        mean.ratio += out[i].ratio / (double)seeds;
        mean.together[0] += out[i].together[0] / (double)seeds;
        mean.together[1] += out[i].together[1] / (double)seeds;
        mean.seconds += out[i].seconds / (double)seeds;
    }
    return mean;
}

static void tell(const struct bench *b, size_t which, struct figures *f)
{
    const struct way *w = &ways[which];
    double ratio = INFINITY, one_run = INFINITY, together[2] = { 1, 1 }, seconds = 0;
    char name[FIGURE_NAME];

    for (size_t k = 0; k < b->lives; k++) {
        const struct outcome *out = b->out + (which * b->lives + k) * b->seeds;
        struct outcome mean = mean_of(out, b->seeds);
        snprintf(name, sizeof name, "%s.ratio.life%s", w->name, b->life[k]);
        figures_add(f, name, mean.ratio, "x", GOAL_AT_LEAST, w->least);
        snprintf(name, sizeof name, "%s.normal.life%s", w->name, b->life[k]);
        figures_add(f, name, mean.normal, "nats", GOAL_NONE, 0);
        snprintf(name, sizeof name, "%s.strange.life%s", w->name, b->life[k]);
        figures_add(f, name, mean.strange, "nats", GOAL_NONE, 0);
        ratio = fmin(ratio, mean.ratio);
        seconds = fmax(seconds, mean.seconds);
        for (int j = 0; j < 2; j++)
            together[j] = fmin(together[j], mean.together[j]);
        for (size_t i = 0; i < b->seeds; i++)
            one_run = fmin(one_run, out[i].ratio);
    }
    snprintf(name, sizeof name, "%s.ratio.worst", w->name);
    figures_add(f, name, ratio, "x", GOAL_AT_LEAST, w->least);
    snprintf(name, sizeof name, "%s.ratio.worst_run", w->name);
    figures_add(f, name, one_run, "x", GOAL_NONE, 0);
    snprintf(name, sizeof name, "%s.learning", w->name);
    figures_add(f, name, seconds, "s", GOAL_NONE, 0);
    for (int j = 0; j < 2 && w->check.has_together; j++) {
        snprintf(name, sizeof name, "%s.%s.worst", w->name,
                 j ? "busy_cpu_night_memory" : "idle_cpu_working_memory");
        figures_add(f, name, 100 * together[j], "%", GOAL_AT_LEAST, 98);
    }
}

static int is_life(const struct dirent *d)
{
    return strlen(d->d_name) < 16 && d->d_name[0] != '.' && !strchr(d->d_name, '.') &&
           d->d_type != DT_REG;
}

static int find_lives(struct bench *b)
{
    struct dirent **found = NULL;
    int n = scandir(b->dir, &found, is_life, alphasort);

    for (int i = 0; i < n; i++) {
        if (b->lives < LIVES)
            snprintf(b->life[b->lives++], sizeof *b->life, "%.15s", found[i]->d_name);
        free(found[i]);
    }
    free(found);
    return b->lives ? 0 : -1;
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "lives --data DIR [--seeds N] [--jobs N] [--json|--markdown]";
    unsigned seeds = 3, jobs = jobs_cpus();
    enum figures_form form = FIGURES_TEXT;
    struct bench b = { 0 };
    struct figures f = { 0 };
    const struct bench_option options[] = {
        { .name = "--data", .word = &b.dir },
        { .name = "--seeds", .number = &seeds },
        { .name = "--jobs", .number = &jobs },
        { .name = "--json", .form = &form, .as = FIGURES_JSON },
        { .name = "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };
    int rc = options_read(argc, argv, options, COUNT(options), usage);

    if (!rc && (!b.dir || find_lives(&b))) {
        fputs("lives: --data DIR has to have a folder for each life\n", stderr);
        rc = b.dir ? KIRI_NO_INPUT : KIRI_USAGE;
    }
    b.seeds = seeds;
    size_t n = COUNT(ways) * b.lives * b.seeds;
    b.out = calloc(n + 1, sizeof *b.out);
    if (!rc)
        rc = b.out ? jobs_run("lives", jobs, n, one, &b) : KIRI_INTERNAL;
    for (size_t w = 0; w < COUNT(ways) && !rc; w++)
        tell(&b, w, &f);
    if (!rc)
        rc = figures_print(&f, form, stdout);
    figures_free(&f);
    free(b.out);
    return rc;
}
