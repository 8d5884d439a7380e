/*
 * bench/names - a model of texts (`kiri train`, `kiri score`) that has seen 88 file
 * names: does it find those that do not belong, and leave those alone that do?
 *
 * Usage: names [--seeds N] [--jobs N] [--json | --markdown]
 *
 * Each seed draws other names and trains another model. In the convention of the
 * published detector, acr_<kind>_<campaign>_<locale>_v<NN>.<ext>: five published
 * anomalies and ten harder ones of ours against 40 good names that were held out; `above`
 * counts those that are odder than each of the 40, `anomalous` those that `kiri score`
 * calls so by default. Then a thousand good names, and in each convention of convention.h
 * good names beside such with one fault of every kind.
 */
#include "bench/convention.h"
#include "bench/jobs.h"
#include "bench/trials.h"

#include "base/buf.h"
#include "eval/rank.h"
#include "flow/lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEARNED   88u
#define HELD_OUT  40u
#define GOOD      1000u
#define AT_FAULT  480u /* names with one fault, 40 of each */
#define PUBLISHED 5u
#define HARDER    10u
#define LISTED    (PUBLISHED + HARDER)

static const char *const listed[LISTED][2] = {
    { "published", "DELETE_THIS_NOW.exe" },
    { "published", "..hidden_config.bat" },
    { "published", "photo_2024_vacation_IMG_3847.HEIC" },
    { "published", "meeting notes final FINAL v2 (1).docx" },
    { "published", "acr banner spring enUS v01.png" },
    { "separator", "acr_banner-spring25_enUS_v01.png" },
    { "locale", "acr_email_bf24_esES_v02.html" }, /* unknown, of the right form */
    { "version", "acr_video_demo_deDE_v1.mp4" },
    { "swapped", "acr_report_frFR_fy24q4_v03.pdf" },
    { "extension", "acr_logo_bf24_enGB_v04.svg.exe" },
    { "case", "acr_BANNER_spring25_enUS_v05.png" },
    { "lookalike", "acr_em\xd0\xb0il_bf24_deDE_v06.html" }, /* Cyrillic a */
    { "blank", "acr_report_demo_enUS_v07.pdf " },
    { "missing", "acr_logo_fy24q4_frFR.svg" },         /* its version */
    { "mismatch", "acr_video_spring25_enGB_v08.pdf" }, /* each part is usual */
};

struct trial {
    unsigned above[LISTED], above_by_sum[LISTED], odd[LISTED]; /* 0 or 1 */
    unsigned good_odd, fault_odd, faults;
    double auroc, nats, seconds;
};

/* ---- scores ---------------------------------------------------------------------- */

struct verdicts {
    double *score; /* [n] */
    size_t n;
    unsigned odd;
    double most, most_sum, nats; /* greatest score and sum; mean nats a token */
};

static int take(struct verdicts *v, struct lines *m, const char *name)
{
    struct lines_verdict one;

    if (lines_score(m, name, strlen(name), &one))
        return -1;
    v->score[v->n++] = one.score;
    v->odd += one.tail <= LINES_ODD;
    v->most = fmax(v->most, one.score);
    v->most_sum = fmax(v->most_sum, one.total);
    v->nats += (one.surprise - v->nats) / (double)v->n;
    return 0;
}

static int rank(const struct verdicts *good, const struct verdicts *odd, double *auroc)
{
    double score[GOOD + AT_FAULT];
    uint8_t truth[GOOD + AT_FAULT] = { 0 };
    struct ranking r;

    memcpy(score, good->score, good->n * sizeof *score);
    memcpy(score + good->n, odd->score, odd->n * sizeof *score);
    memset(truth + good->n, 1, odd->n);
    int rc = ranking_make(&r, score, truth, (uint32_t)(good->n + odd->n));
    if (rc == 0)
        *auroc = rank_auroc(&r);
    ranking_free(&r);
    return rc;
}

/* ---- a trial --------------------------------------------------------------------- */

struct pupil {
    uint32_t kind;
    struct gpt_rng rng;
    struct buf known; /* the names learned, a line each */
    struct lines *model;
};

/* A good name that was not learned. */
static void draw_new(struct pupil *p, char name[NAME_CAP])
{
    char line[NAME_CAP + 1];

    do {
        convention_draw(p->kind, &p->rng, name);
        snprintf(line, sizeof line, "%s\n", name);
    } while (strstr(buf_text(&p->known), line));
}

static int learn(struct pupil *p, uint64_t seed, double *seconds)
{
    const struct lines_plan plan = { .seed = seed };
    struct lines_report report;
    struct kiri_error err;
    char name[NAME_CAP];

    gpt_rng_seed(&p->rng, seed * CONVENTIONS + p->kind);
    for (unsigned i = 0; i < LEARNED; i++) {
        convention_draw(p->kind, &p->rng, name);
        buf_putf(&p->known, "%s\n", name);
    }
    if (buf_failed(&p->known))
        return -1;
    *seconds = jobs_seconds();
    p->model = lines_train(buf_text(&p->known), p->known.len, &plan, &report, &err);
    *seconds = jobs_seconds() - *seconds;
    return p->model ? 0 : -1;
}

/* The fifteen against HELD_OUT good names. */
static int try_listed(struct pupil *p, struct verdicts *room, struct trial *t)
{
    struct lines_verdict v;
    char name[NAME_CAP];

    for (unsigned i = 0; i < HELD_OUT; i++) {
        draw_new(p, name);
        if (take(room, p->model, name))
            return -1;
    }
    for (unsigned i = 0; i < LISTED; i++) {
        if (lines_score(p->model, listed[i][1], strlen(listed[i][1]), &v))
            return -1;
        t->above[i] = v.score > room->most;
        t->above_by_sum[i] = v.total > room->most_sum;
        t->odd[i] = v.tail <= LINES_ODD;
    }
    return 0;
}

static int try_faults(struct pupil *p, struct verdicts *good, struct verdicts *odd,
                      struct trial *t)
{
    char name[NAME_CAP], wrong[NAME_CAP];

    for (unsigned i = 0; i < GOOD; i++) {
        draw_new(p, name);
        if (take(good, p->model, name))
            return -1;
    }
    for (unsigned i = 0; i < AT_FAULT; i++) {
        draw_new(p, name);
        if (fault_make((enum fault)(i % FAULTS), &p->rng, name, wrong) == 0 &&
            take(odd, p->model, wrong))
            return -1;
    }
    t->good_odd = good->odd;
    t->fault_odd = odd->odd;
    t->faults = (unsigned)odd->n;
    t->nats = good->nats;
    return rank(good, odd, &t->auroc);
}

static int try_one(void *ctx, size_t i)
{
    struct trial *t = (struct trial *)((struct trials *)ctx)->trial + i;
    struct pupil p = { .kind = (uint32_t)(i % CONVENTIONS) };
    double score[HELD_OUT + GOOD + AT_FAULT];
    struct verdicts few = { .score = score }, good = { .score = score + HELD_OUT },
                    odd = { .score = score + HELD_OUT + GOOD };
    int rc = learn(&p, i / CONVENTIONS + 1, &t->seconds);

    if (rc == 0 && p.kind == CONVENTION_AS)
        rc = try_listed(&p, &few, t);
    if (rc == 0)
        rc = try_faults(&p, &good, &odd, t);
    lines_free(p.model);
    buf_free(&p.known);
    return rc;
}

/* ---- figures --------------------------------------------------------------------- */

/* How many of a seed's [from, to) are so, mean of the seeds and in the worst. */
static void count(const struct trials *all, struct figures *f, const char *name,
                  size_t offset, unsigned from, unsigned to, double goal)
{
    const struct trial *trial = all->trial;
    unsigned sum = 0, worst = to - from;
    char full[FIGURE_NAME];

    for (size_t s = 0; s < all->seeds; s++) {
        const unsigned *is =
            (const unsigned *)(const void *)((const char *)&trial[s * CONVENTIONS] +
                                             offset);
        unsigned here = 0;
        for (unsigned i = from; i < to; i++)
            here += is[i];
        sum += here;
        worst = here < worst ? here : worst;
    }
    snprintf(full, sizeof full, "%s.mean", name);
    figures_add(f, full, (double)sum / all->seeds, "names", GOAL_NONE, 0);
    snprintf(full, sizeof full, "%s.worst", name);
    figures_add(f, full, worst, "names", goal > 0 ? GOAL_AT_LEAST : GOAL_NONE, goal);
}

/* Of each harder one, in how many seeds it was above the forty. */
static void each_harder(const struct trials *all, struct figures *f)
{
    const struct trial *trial = all->trial;
    char name[FIGURE_NAME];

    for (unsigned i = PUBLISHED; i < LISTED; i++) {
        unsigned above = 0;
        for (size_t s = 0; s < all->seeds; s++)
            above += trial[s * CONVENTIONS].above[i];
        snprintf(name, sizeof name, "names.harder.%s", listed[i][0]);
        figures_add(f, name, 100.0 * above / all->seeds, "%", GOAL_NONE, 0);
    }
}

static void each_convention(const struct trials *all, struct figures *f)
{
    const struct trial *trial = all->trial;
    char name[FIGURE_NAME];

    for (uint32_t kind = 0; kind < CONVENTIONS; kind++) {
        double area = 0, nats = 0;
        unsigned false_ones = 0, found = 0, faults = 0;
        for (size_t s = 0; s < all->seeds; s++) {
            const struct trial *t = &trial[s * CONVENTIONS + kind];
            area += t->auroc / all->seeds;
            nats += t->nats / all->seeds;
            false_ones += t->good_odd;
            found += t->fault_odd;
            faults += t->faults;
        }
        snprintf(name, sizeof name, "names.%s.auroc", convention_name(kind));
        figures_add(f, name, area, "", GOAL_NONE, 0);
        snprintf(name, sizeof name, "names.%s.found", convention_name(kind));
        figures_add(f, name, 100.0 * found / faults, "%", GOAL_NONE, 0);
        snprintf(name, sizeof name, "names.%s.false", convention_name(kind));
        figures_add(f, name, false_ones / (LINES_ODD * GOOD * all->seeds), "ratio",
                    GOAL_NONE, 0);
        snprintf(name, sizeof name, "names.%s.surprise", convention_name(kind));
        figures_add(f, name, nats, "nats", GOAL_NONE, 0);
    }
}

static void add_figures(const struct trials *all, struct figures *f)
{
    const struct trial *trial = all->trial;
    double seconds = 0;

    count(all, f, "names.published.above", offsetof(struct trial, above), 0, PUBLISHED,
          PUBLISHED);
    count(all, f, "names.published.anomalous", offsetof(struct trial, odd), 0, PUBLISHED,
          PUBLISHED);
    count(all, f, "names.harder.above", offsetof(struct trial, above), PUBLISHED, LISTED,
          0);
    count(all, f, "names.harder.above_by_sum", offsetof(struct trial, above_by_sum),
          PUBLISHED, LISTED, 0);
    count(all, f, "names.harder.anomalous", offsetof(struct trial, odd), PUBLISHED,
          LISTED, 0);
    each_harder(all, f);
    each_convention(all, f);
    for (size_t s = 0; s < all->seeds; s++)
        seconds += trial[s * CONVENTIONS].seconds / all->seeds;
    figures_add(f, "names.learning", seconds, "s", GOAL_NONE, 0);
}

int main(int argc, char **argv)
{
    static const struct trials_plan plan = {
        .name = "names",
        .each = CONVENTIONS,
        .size = sizeof(struct trial),
        .one = try_one,
        .figures = add_figures,
    };

    return trials_main(argc, argv, &plan);
}
