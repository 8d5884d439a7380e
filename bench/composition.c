/*
 * bench/composition - the published experiment: is a molecule of small atoms better than
 * each of them? DIR has a folder for each drawn workstation, easy-* and hard-*, in it
 * three weeks: train.csv and calibrate.csv are clean, test.csv has odd rows of three
 * kinds. The threshold is that of the best F1, as published (`overall`, and of the same
 * threshold `C`: rows odd to both atoms only); or that of the budget on the second week
 * (`budget`). Everything is learned and scored as in a host.
 *
 * Usage: composition --data DIR [--seeds N] [--jobs N] [--json|--markdown]
 */
#include "bench/composition.h"

#include "bench/figures.h"
#include "bench/jobs.h"
#include "bench/options.h"
#include "eval/rank.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PLACES       128u /* folders of names up to 31 bytes */
#define BOTH         3    /* the label of what is odd to both atoms only */

struct outcome {
    double overall, both, budget; /* F1 */
    double normal, false_rows;    /* rows; those at the budget's threshold */
};

enum { EASY, HARD, VARIANTS };
static const struct {
    const char *name;
    double overall, both, budget; /* that the molecule has to reach */
} variants[VARIANTS] = { { "easy", .98, .97, .97 }, { "hard", .95, .87, .88 } };

static const char *const ways[COMPOSED_WAYS] = {
    [COMPOSED_PULSE] = "pulse.",     [COMPOSED_RHYTHM] = "rhythm.",
    [COMPOSED_JOINT] = "joint.",     [COMPOSED_MAX] = "max.",
    [COMPOSED_SUM] = "sum.",         [COMPOSED_MOLECULE] = "",
    [COMPOSED_THREE] = "with_joint."
};

struct place {
    char name[32];
    int variant;
};

struct bench {
    const char *dir;
    struct place place[PLACES];
    size_t places;
    unsigned seeds;
    struct outcome *out; /* [places][seeds][COMPOSED_WAYS] */
};

/* ---- one workstation ------------------------------------------------------------- */

/* Its rows with this label against the normal ones, ranked; 0: all odd rows. */
static int rank(const struct composed *c, int way, int label, struct ranking *out)
{
    double *score = calloc(c->n, sizeof *score);
    uint8_t *odd = calloc(c->n, 1);
    uint32_t n = 0;
    int rc = -1;

    for (size_t i = 0; score && odd && i < c->n; i++)
        if (!c->label[i] || !label || c->label[i] == label) {
            score[n] = c->score[way][i];
            odd[n++] = c->label[i] != 0;
        }
    *out = (struct ranking){ 0 };
    if (score && odd)
        rc = ranking_make(out, score, odd, n);
    free(score);
    free(odd);
    return rc;
}

static int judge(const struct composed *c, int way, struct outcome *out)
{
    struct ranking all, both;
    int rc = rank(c, way, 0, &all) | rank(c, way, BOTH, &both);

    if (rc == 0) {
        struct best best = rank_best_f1(&all);
        out->overall = best.f1;
        out->budget = rank_f1_at(&all, c->level[way]).f1;
        out->both = rank_f1_at(&both, best.threshold).f1;
    }
    for (uint32_t i = 0; rc == 0 && i < all.n; i++) {
        out->normal += !all.at[i].odd;
        out->false_rows += !all.at[i].odd && all.at[i].score >= c->level[way];
    }
    ranking_free(&all);
    ranking_free(&both);
    return rc;
}

/* Job i: place and seed, the last the fastest. */
static int one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    struct kiri_error err = { .text = "memory is short" };
    struct composed c;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", b->dir, b->place[i / b->seeds].name);
    int rc = composition_run(path, i % b->seeds + 1, &c, &err);
    for (int w = 0; w < COMPOSED_WAYS && !rc; w++)
        rc = judge(&c, w, &b->out[i * COMPOSED_WAYS + (size_t)w]);
    if (rc)
        fprintf(stderr, "composition: %s\n", err.text);
    composed_free(&c);
    return rc ? KIRI_BAD_DATA : 0;
}

/* ---- telling --------------------------------------------------------------------- */

/* Over all places of the variant and seeds: means; the worst overall; sums of rows. */
struct summary {
    struct outcome mean;
    double worst;
    size_t n;
};

static struct summary sum_up(const struct bench *b, int variant, int way)
{
    struct summary s = { .worst = 1 };

    for (size_t i = 0; i < b->places * b->seeds; i++) {
        const struct outcome *o = &b->out[i * COMPOSED_WAYS + (size_t)way];
        if (b->place[i / b->seeds].variant != variant)
            continue;
        s.n++;
        s.worst = fmin(s.worst, o->overall);
        s.mean.overall += (o->overall - s.mean.overall) / (double)s.n;
        s.mean.both += (o->both - s.mean.both) / (double)s.n;
        s.mean.budget += (o->budget - s.mean.budget) / (double)s.n;
        s.mean.normal += o->normal;
        s.mean.false_rows += o->false_rows;
    }
    return s;
}

static void tell_way(int variant, int way, const struct summary *s, struct figures *f)
{
    enum goal goal = way == COMPOSED_MOLECULE ? GOAL_AT_LEAST : GOAL_NONE;
    char name[FIGURE_NAME];
    const struct {
        const char *what;
        double value, bound;
    } told[] = { { "overall", s->mean.overall, variants[variant].overall },
                 { "C", s->mean.both, variants[variant].both },
                 { "budget", s->mean.budget, variants[variant].budget } };

    for (size_t i = 0; i < COUNT(told); i++) {
        snprintf(name, sizeof name, "%s.%sf1.%s", variants[variant].name, ways[way],
                 told[i].what);
        figures_add(f, name, told[i].value, "", goal, told[i].bound);
    }
    if (way != COMPOSED_MOLECULE && way != COMPOSED_JOINT && way != COMPOSED_THREE)
        return;
    snprintf(name, sizeof name, "%s.%sf1.worst", variants[variant].name, ways[way]);
    figures_add(f, name, s->worst, "", GOAL_NONE, 0);
}

/* False rows for each that the budget promises; of one variant there are too few to hold
 * it to a goal. */
static void tell_false(const char *variant, const struct outcome *sum, struct figures *f)
{
    char name[FIGURE_NAME];

    snprintf(name, sizeof name, "%sfalse", variant);
    figures_add(f, name, sum->false_rows / (sum->normal * COMPOSITION_BUDGET), "x",
                *variant ? GOAL_NONE : GOAL_WITHIN, 2);
}

static void tell(const struct bench *b, struct figures *f)
{
    struct outcome all = { 0 };
    double single = 0;

    for (int v = 0; v < VARIANTS; v++) {
        struct summary s = sum_up(b, v, COMPOSED_MOLECULE);
        if (!s.n)
            continue;
        tell_way(v, COMPOSED_MOLECULE, &s, f);
        tell_false(v == EASY ? "easy." : "hard.", &s.mean, f);
        all.normal += s.mean.normal;
        all.false_rows += s.mean.false_rows;
        for (int w = 0; w < COMPOSED_WAYS; w++) {
            struct summary other = sum_up(b, v, w);
            if (w != COMPOSED_MOLECULE)
                tell_way(v, w, &other, f);
            if (w == COMPOSED_PULSE || w == COMPOSED_RHYTHM)
                single = fmax(single, other.mean.overall);
        }
    }
    tell_false("", &all, f);
    figures_add(f, "single.best", single, "", GOAL_NONE, 0);
}

/* ---- the command ----------------------------------------------------------------- */

/* The variant that a folder's name begins with; VARIANTS: none. */
static int variant_of(const char *name)
{
    int v = 0;

    while (v < VARIANTS && strncmp(name, variants[v].name, strlen(variants[v].name)) != 0)
        v++;
    return v;
}

static int is_place(const struct dirent *d)
{
    return variant_of(d->d_name) < VARIANTS && strlen(d->d_name) < 32;
}

static int find_places(struct bench *b)
{
    struct dirent **found = NULL;
    int n = scandir(b->dir, &found, is_place, alphasort);

    for (int i = 0; i < n; i++) {
        if (b->places < PLACES) {
            struct place *p = &b->place[b->places++];
            snprintf(p->name, sizeof p->name, "%.31s", found[i]->d_name);
            p->variant = variant_of(p->name);
        }
        free(found[i]);
    }
    free(found);
    return b->places ? 0 : -1;
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "composition --data DIR [--seeds N] [--jobs N] [--json|--markdown]";
    unsigned jobs = jobs_cpus();
    enum figures_form form = FIGURES_TEXT;
    struct bench b = { .seeds = 3 };
    struct figures f = { 0 };
    const struct bench_option options[] = {
        { .name = "--data", .word = &b.dir },
        { .name = "--seeds", .number = &b.seeds },
        { .name = "--jobs", .number = &jobs },
        { .name = "--json", .form = &form, .as = FIGURES_JSON },
        { .name = "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };
    int rc = options_read(argc, argv, options, COUNT(options), usage);

    if (!rc && (!b.dir || find_places(&b))) {
        fputs("composition: --data DIR has to have folders easy-* or hard-*\n", stderr);
        rc = b.dir ? KIRI_NO_INPUT : KIRI_USAGE;
    }
    size_t n = b.places * b.seeds;
    b.out = calloc(n + 1, COMPOSED_WAYS * sizeof *b.out);
    if (!rc)
        rc = b.out ? jobs_run("composition", jobs, n, one, &b) : KIRI_INTERNAL;
    if (!rc) {
        tell(&b, &f);
        rc = figures_print(&f, form, stdout);
    }
    figures_free(&f);
    free(b.out);
    return rc;
}
