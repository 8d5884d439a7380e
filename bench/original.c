#include "bench/original.h"

#include "bench/jobs.h"
#include "bench/original_check.h"
#include "engine/counts.h"
#include "flow/keep.h"
#include "flow/stream.h"
#include "model/weights.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ORDER        2u /* of the peer */

extern const struct kiri_schema pulse_classic, drift_classic; /* of the plugins */

/* A life is learned at once, or as a host lives it, or counted by the peer. */
static const struct way {
    const char *name, *file;
    const struct kiri_schema *schema;
    const struct original_check *check;
    uint32_t warmup; /* 0: all rows */
    int is_peer;
    double least; /* the ratio in every life; 0: there is no goal */
} ways[] = {
    { "pulse", "pulse.csv", &pulse_classic, &original_pulse, 0, 0, 8 },
    { "drift", "drift.csv", &drift_classic, &original_drift, 0, 0, 8.6 },
    { "pulse.online", "pulse.csv", &pulse_classic, &original_pulse, 750, 0, 8 },
    { "pulse.peer.markov2", "pulse.csv", &pulse_classic, &original_pulse, 0, 1, 0 },
    { "drift.peer.markov2", "drift.csv", &drift_classic, &original_drift, 0, 1, 0 },
};

/* ---- KIRI ------------------------------------------------------------------------ */

static int learn(struct stream *s, double *seconds)
{
    struct stream_lesson lesson;
    double begun = jobs_seconds();
    int rc = stream_due(s) ? stream_learn(s, NULL, NULL, NULL, &lesson) : 0;

    *seconds += jobs_seconds() - begun;
    return rc;
}

static int live(struct stream *s, const struct original_life *life, double *seconds)
{
    const struct table *t = &life->table;
    size_t ts = table_column(t, "ts");

    for (size_t r = 0; r < t->rows; r++) {
        union kiri_value v[ORIGINAL_FIELDS] = { 0 };
        struct verdict verdict;
        struct stream_row row = { .id = r + 1, .v = v };
        if (ts < t->columns)
            row.ts = (int64_t)t->x[r * t->columns + ts];
        original_row(life, r, v);
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

struct mind {
    struct gpt *gpt;
    struct gpt_cache *cache;
    uint16_t bos;
};

static void read_by_mind(void *self, const struct kiri_token *token, int n, double *nats)
{
    const struct mind *m = self;
    uint16_t id[ORIGINAL_FIELDS + 1] = { m->bos };
    float nll[ORIGINAL_FIELDS];

    for (int i = 0; i < n; i++)
        id[i + 1] = token[i].id;
    gpt_cache_rewind(m->cache, 0);
    gpt_forward(m->gpt, m->cache, id, id + 1, NULL, (uint32_t)n,
                &(struct gpt_belief){ .nll = nll });
    for (int i = 0; i < n; i++)
        nats[i] = (double)nll[i];
}

static int try_stream(const struct way *w, const struct original_life *life,
                      uint64_t seed, struct original_outcome *out, struct kiri_error *err)
{
    struct stream_options o = { .seed = seed, .warmup = w->warmup };
    struct mind mind = { .bos = (uint16_t)kiri_schema_bos(w->schema) };
    char why[128];
    int rc = -1;

    if (!o.warmup)
        o.warmup = (uint32_t)life->table.rows;
    struct stream *s = stream_new(w->schema, &o, why, sizeof why);
    if (s && live(s, life, &out->seconds) == 0 && (mind.gpt = weights_of(s, err)) &&
        (mind.cache = gpt_cache_new(gpt_shape_of(mind.gpt)))) {
        original_ask(w->check, life, &(struct original_reader){ read_by_mind, &mind },
                     out);
        rc = 0;
    }
    gpt_cache_free(mind.cache);
    gpt_free(mind.gpt);
    stream_free(s);
    return rc;
}

/* ---- the peer -------------------------------------------------------------------- */

struct counter {
    struct counts *counts;
    uint16_t bos;
};

static void read_by_counts(void *self, const struct kiri_token *token, int n,
                           double *nats)
{
    const struct counter *c = self;
    struct counts_past past;

    counts_begin(&past);
    counts_step(c->counts, &past, c->bos);
    for (int i = 0; i < n; i++) {
        nats[i] = -log(counts_next(c->counts, &past, token[i].id));
        counts_step(c->counts, &past, token[i].id);
    }
}

/* Each observation is a sentence of its own. */
static int count(struct counts *counts, const struct original_life *life, size_t r)
{
    union kiri_value v[ORIGINAL_FIELDS] = { 0 };
    struct kiri_token token[ORIGINAL_FIELDS];
    uint16_t id[ORIGINAL_FIELDS + 1] = { (uint16_t)kiri_schema_bos(life->schema) };

    original_row(life, r, v);
    int n = kiri_tokenize(life->schema, v, token, ORIGINAL_FIELDS, NULL);
    for (int i = 0; i < n; i++)
        id[i + 1] = token[i].id;
    return counts_learn(counts, id, (uint32_t)n + 1);
}

static int try_counts(const struct way *w, const struct original_life *life,
                      struct original_outcome *out)
{
    struct counter c = { counts_new(kiri_schema_vocab(w->schema), ORDER),
                         (uint16_t)kiri_schema_bos(w->schema) };
    int rc = c.counts ? 0 : -1;

    for (size_t r = 0; rc == 0 && r < life->table.rows; r++)
        rc = count(c.counts, life, r);
    if (rc == 0)
        original_ask(w->check, life, &(struct original_reader){ read_by_counts, &c },
                     out);
    counts_free(c.counts);
    return rc;
}

/* ---- all of it ------------------------------------------------------------------- */

static struct original_outcome *outcomes(const struct original *o, size_t way,
                                         size_t life)
{
    return o->out + (way * o->lives + life) * o->seeds;
}

static size_t seeds_of(const struct original *o, size_t way)
{
    return ways[way].is_peer ? 1 : o->seeds;
}

/* Job i: way, life and seed, the last the fastest. */
static int one(void *ctx, size_t i)
{
    const struct original *o = ctx;
    size_t way = i / o->seeds / o->lives, life = i / o->seeds % o->lives;
    const struct way *w = &ways[way];
    struct kiri_error err = { .text = "memory is short" };
    struct original_life read;
    char path[4096];

    if (i % o->seeds >= seeds_of(o, way))
        return 0;
    snprintf(path, sizeof path, "%s/%s/%s", o->dir, o->life[life], w->file);
    int rc = original_life_read(&read, w->schema, path, &err);
    if (rc == 0)
        rc = w->is_peer ? try_counts(w, &read, &o->out[i])
                        : try_stream(w, &read, i % o->seeds + 1, &o->out[i], &err);
    original_life_free(&read);
    if (rc)
        fprintf(stderr, "%s: %s\n", path, err.text);
    return rc ? KIRI_BAD_DATA : 0;
}

int original_measure(struct original *o, unsigned jobs)
{
    size_t n = COUNT(ways) * o->lives * o->seeds;

    o->out = calloc(n + 1, sizeof *o->out);
    return o->out ? jobs_run("lives", jobs, n, one, o) : KIRI_INTERNAL;
}

static struct original_outcome mean_of(const struct original_outcome *out, size_t seeds)
{
    struct original_outcome mean = { 0 };
    double n = (double)seeds;

    for (size_t i = 0; i < seeds; i++) {
        mean.normal += out[i].normal / n;
        mean.strange += out[i].strange / n;
        mean.ratio += out[i].ratio / n;
        mean.together[0] += out[i].together[0] / n;
        mean.together[1] += out[i].together[1] / n;
        mean.seconds += out[i].seconds / n;
    }
    return mean;
}

static void add(struct figures *f, const struct way *w, const char *what, double value,
                const char *unit, double least)
{
    char name[FIGURE_NAME];

    snprintf(name, sizeof name, "%s.%s", w->name, what);
    figures_add(f, name, value, unit, least > 0 ? GOAL_AT_LEAST : GOAL_NONE, least);
}

static void tell_life(const struct original *o, size_t way, size_t life,
                      struct figures *f)
{
    const struct way *w = &ways[way];
    struct original_outcome mean = mean_of(outcomes(o, way, life), seeds_of(o, way));
    char what[40];

    snprintf(what, sizeof what, "ratio.life%s", o->life[life]);
    add(f, w, what, mean.ratio, "x", w->least);
    snprintf(what, sizeof what, "normal.life%s", o->life[life]);
    add(f, w, what, mean.normal, "nats", 0);
    snprintf(what, sizeof what, "strange.life%s", o->life[life]);
    add(f, w, what, mean.strange, "nats", 0);
}

/* The worst of the lives, each the mean of its seeds; and the worst of all runs. */
static void tell(const struct original *o, size_t way, struct figures *f)
{
    static const char *const together[] = { "idle_cpu_working_memory.worst",
                                            "busy_cpu_night_memory.worst" };
    const struct way *w = &ways[way];
    struct original_outcome worst = { .ratio = INFINITY, .together = { 1, 1 } };
    double one_run = INFINITY;

    for (size_t k = 0; k < o->lives; k++) {
        const struct original_outcome *out = outcomes(o, way, k);
        struct original_outcome mean = mean_of(out, seeds_of(o, way));
        worst.ratio = fmin(worst.ratio, mean.ratio);
        worst.seconds = fmax(worst.seconds, mean.seconds);
        for (int j = 0; j < 2; j++)
            worst.together[j] = fmin(worst.together[j], mean.together[j]);
        for (size_t i = 0; i < seeds_of(o, way); i++)
            one_run = fmin(one_run, out[i].ratio);
    }
    add(f, w, "ratio.worst", worst.ratio, "x", w->least);
    if (!w->is_peer) {
        add(f, w, "ratio.worst_run", one_run, "x", 0);
        add(f, w, "learning", worst.seconds, "s", 0);
    }
    for (int j = 0; j < 2 && w->check->has_together; j++)
        add(f, w, together[j], 100 * worst.together[j], "%", w->is_peer ? 0 : 98);
}

void original_figures(const struct original *o, int each_life, struct figures *f)
{
    for (size_t way = 0; way < COUNT(ways); way++) {
        for (size_t life = 0; each_life && life < o->lives; life++)
            tell_life(o, way, life, f);
        tell(o, way, f);
    }
}

/* ---- the folder ------------------------------------------------------------------ */

static int is_life(const struct dirent *d)
{
    return strlen(d->d_name) < 16 && d->d_name[0] != '.' && !strchr(d->d_name, '.') &&
           d->d_type != DT_REG;
}

int original_open(struct original *o, const char *dir, unsigned seeds)
{
    struct dirent **found = NULL;
    int n = scandir(dir, &found, is_life, alphasort);

    *o = (struct original){ .dir = dir, .seeds = seeds };
    for (int i = 0; i < n; i++) {
        if (o->lives < ORIGINAL_LIVES)
            snprintf(o->life[o->lives++], sizeof *o->life, "%.15s", found[i]->d_name);
        free(found[i]);
    }
    free(found);
    return o->lives ? 0 : -1;
}

void original_close(struct original *o)
{
    free(o->out);
    *o = (struct original){ 0 };
}
