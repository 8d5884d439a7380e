/*
 * A detector's score falls from row to row that it is right or wrong about: each row is a
 * step of what the corpus' score changes by when the threshold comes down to it. All
 * steps in order of the detector's score, added up, are the score at every threshold.
 */
#include "bench/nab.h"

#include <math.h>
#include <stdlib.h>

const struct nab_profile nab_standard = { 1, .11, 1 };
const struct nab_profile nab_low_fp = { 1, .22, 1 };
const struct nab_profile nab_low_fn = { 1, .11, 2 };

double nab_sigmoid(double place)
{
    return place > 3 ? -1 : 2 / (1 + exp(5 * place)) - 1;
}

uint32_t nab_probation(uint32_t rows)
{
    uint32_t part = (uint32_t)(.15 * (double)rows);

    return part < 750 ? part : 750;
}

struct step {
    double score, gain;
    uint32_t row;
};

/* The greatest score first; among equals the first row. */
static int by_score(const void *a, const void *b)
{
    const struct step *x = a, *y = b;

    if (x->score < y->score || x->score > y->score)
        return x->score < y->score ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/* A row in a window earns by how far from the window's end it is, as a part of it. */
static double earns(const struct nab_window *w, uint32_t row)
{
    return nab_sigmoid(-(double)(w->last - row + 1) / (double)(w->last - w->first + 1));
}

/* Steps of one window: what each of its rows adds to the best among those before. */
static size_t window_steps(const struct nab_file *f, const struct nab_window *w,
                           const double *score, const struct nab_profile *p,
                           struct step *out)
{
    double best = -p->missed;
    size_t n = 0;

    for (uint32_t row = w->first; row <= w->last; row++)
        if (row >= f->judged)
            out[n++] = (struct step){ score[row],
                                      p->found * earns(w, row) / nab_sigmoid(-1), row };
    qsort(out, n, sizeof *out, by_score);
    for (size_t i = 0; i < n; i++) {
        double gain = out[i].gain > best ? out[i].gain - best : 0;
        out[i].gain = gain;
        best += gain;
    }
    return n;
}

/* Steps of the rows [from, to) outside: behind the window w, or before all (NULL). */
static size_t outside_steps(const struct nab_file *f, const struct nab_window *w,
                            uint32_t from, uint32_t to, const double *score,
                            const struct nab_profile *p, struct step *out)
{
    size_t n = 0;

    for (uint32_t row = from; row < to; row++) {
        double cost = -1;
        if (w && w->last > w->first)
            cost = nab_sigmoid((double)(row - w->last) / (double)(w->last - w->first));
        if (row >= f->judged)
            out[n++] = (struct step){ score[row], p->outside * cost, row };
    }
    return n;
}

/* All steps of a file; *missed: windows that can be found at all. */
static size_t file_steps(const struct nab_file *f, const double *score,
                         const struct nab_profile *p, struct step *out, uint32_t *missed)
{
    uint32_t end = f->n_windows ? f->window[0].first : f->rows;
    size_t n = outside_steps(f, NULL, 0, end, score, p, out);

    *missed = 0;
    for (uint32_t k = 0; k < f->n_windows; k++) {
        const struct nab_window *w = &f->window[k];
        size_t of_window = window_steps(f, w, score, p, out + n);
        end = k + 1 < f->n_windows ? w[1].first : f->rows;
        n += of_window;
        n += outside_steps(f, w, w->last + 1, end, score, p, out + n);
        *missed += of_window > 0;
    }
    return n;
}

struct corpus {
    struct step *step; /* [n], the greatest score first */
    size_t n;
    double nothing;       /* the raw score of a detector that says nothing */
    double null, perfect; /* raw scores that are called 0 and 100 */
};

static int corpus_make(struct corpus *c, const struct nab *nab, double *const *score,
                       const struct nab_profile *p)
{
    uint32_t missed;
    size_t rows = 0;

    for (size_t i = 0; i < nab->n; i++)
        rows += nab->file[i].rows;
    *c = (struct corpus){ .step = malloc((rows + 1) * sizeof *c->step) };
    if (!c->step)
        return -1;
    for (size_t i = 0; i < nab->n; i++) {
        const struct nab_file *f = &nab->file[i];
        c->n += file_steps(f, score[i], p, c->step + c->n, &missed);
        c->nothing -= p->missed * missed;
        c->null -= p->missed * f->n_windows;
        c->perfect += p->found * f->n_windows;
    }
    qsort(c->step, c->n, sizeof *c->step, by_score);
    return 0;
}

static double normal(const struct corpus *c, double raw)
{
    return 100 * (raw - c->null) / (c->perfect - c->null);
}

double nab_swept(const struct nab *nab, double *const *score,
                 const struct nab_profile *profile, double *at)
{
    struct corpus c;

    if (corpus_make(&c, nab, score, profile))
        return NAN;
    double raw = c.nothing, best = raw, threshold = INFINITY;
    for (size_t i = 0; i < c.n; i++) {
        raw += c.step[i].gain;
        int last = i + 1 == c.n || c.step[i + 1].score < c.step[i].score;
        if (last && raw > best) {
            best = raw;
            threshold = c.step[i].score;
        }
    }
    if (at)
        *at = threshold;
    free(c.step);
    return normal(&c, best);
}

double nab_fixed(const struct nab *nab, double *const *score,
                 const struct nab_profile *profile, double threshold)
{
    struct corpus c;

    if (corpus_make(&c, nab, score, profile))
        return NAN;
    double raw = c.nothing;
    for (size_t i = 0; i < c.n && c.step[i].score >= threshold; i++)
        raw += c.step[i].gain;
    free(c.step);
    return normal(&c, raw);
}
