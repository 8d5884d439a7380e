/*
 * bench/atoms - what atoms cost: a host of 10, 100 and 1,000 atoms of one metric each, a
 * row a second, that learns, and one with `learn: off`: memory, CPU, and how long after
 * an atom was due its score is heard.
 *
 * Each atom first has a backlog of rows, so that all are trained; then the host is left
 * alone for some seconds.
 *
 * Usage: atoms [--atoms N] [--backlog ROWS] [--seconds S] [--json | --markdown]
 */
#include "bench/atoms/host.h"
#include "bench/figures.h"
#include "bench/options.h"

#include <kiri/client.h>

#include <jansson.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INTERNAL     70
#define PERIOD_MS    1000
#define PATIENCE_S   3600 /* for all to be trained */
#define MOST_ATOMS   10000u

struct plan {
    unsigned atoms; /* 0: all of the sizes */
    unsigned backlog, seconds;
};

/* The scores that were heard of each atom. */
struct heard {
    int64_t first[MOST_ATOMS]; /* ts of its first; 0: none */
    double least[MOST_ATOMS];  /* how early one ever was, against that, ms */
    uint32_t *atom;            /* [n] */
    double *late;              /* [n] ms, before `least` is taken off */
    size_t n, cap;
};

struct measured {
    double rss_mb, cores, late_p50, late_p99, rows;
    struct host_status status;
};

static double now_s(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- lateness -------------------------------------------------------------------- */

static int keep(struct heard *h, uint32_t atom, double late)
{
    if (h->n == h->cap) {
        const size_t cap = h->cap ? 2 * h->cap : 4096;
        uint32_t *a = realloc(h->atom, cap * sizeof *a);
        if (a)
            h->atom = a;
        double *l = realloc(h->late, cap * sizeof *l);
        if (l)
            h->late = l;
        if (!a || !l)
            return -1;
        h->cap = cap;
    }
    h->atom[h->n] = atom;
    h->late[h->n++] = late;
    return 0;
}

/* Ticks are a second apart: what a row's time is off from that grid, and how long its
 * score was under way. */
static int hear(struct heard *h, const char *message, double now_ms)
{
    uint32_t atom;
    const char *at = strstr(message, "\"ts\":");

    if (!at || sscanf(message, "score/m%" SCNu32, &atom) != 1 || atom >= MOST_ATOMS)
        return 0;
    const int64_t ts = strtoll(at + 5, NULL, 10);
    if (!h->first[atom])
        h->first[atom] = ts;
    const double since = (double)(ts - h->first[atom]);
    const double off = since - PERIOD_MS * round(since / PERIOD_MS);
    h->least[atom] = fmin(h->least[atom], off);
    return keep(h, atom, off + now_ms - (double)ts);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void lateness(struct heard *h, struct measured *out)
{
    for (size_t i = 0; i < h->n; i++)
        h->late[i] -= h->least[h->atom[i]];
    out->late_p50 = out->late_p99 = NAN;
    if (!h->late)
        return;
    qsort(h->late, h->n, sizeof *h->late, by_size);
    out->late_p50 = h->late[h->n / 2];
    out->late_p99 = h->late[h->n * 99 / 100];
}

/* ---- one host -------------------------------------------------------------------- */

/* Until all atoms have had their backlog, and what is to be learned of it. */
static int settle(struct host *h, const struct host_plan *p)
{
    const double end = now_s(CLOCK_MONOTONIC) + PATIENCE_S;
    struct host_status s;

    while (now_s(CLOCK_MONOTONIC) < end && host_runs(h)) {
        sleep(2);
        if (host_ask(h, &s) == 0 && s.atoms == p->atoms && s.waiting == 0 &&
            s.rows >= (uint64_t)p->atoms * p->backlog &&
            (!p->learns || s.trained == p->atoms))
            return 0;
    }
    fprintf(stderr, "atoms: %u atoms do not come to rest\n", p->atoms);
    return -1;
}

static int listen_for(struct kiri_client *c, unsigned seconds, struct heard *heard)
{
    const double end = now_s(CLOCK_MONOTONIC) + seconds;
    const char *bytes;
    size_t len;

    while (now_s(CLOCK_MONOTONIC) < end) {
        const int got = kiri_client_next(c, 200, &bytes, &len);
        if (got < 0 || (got && hear(heard, bytes, 1e3 * now_s(CLOCK_REALTIME))))
            return -1;
    }
    return 0;
}

static int observe(struct host *h, unsigned seconds, struct heard *heard,
                   struct measured *out)
{
    const struct kiri_client_options o = { .bus = h->bus };
    char why[256] = "";
    struct kiri_client *c = kiri_client_open(&o, why, sizeof why);

    if (!c || kiri_client_subscribe(c, "score/", why, sizeof why)) {
        fprintf(stderr, "atoms: %s\n", why);
        kiri_client_free(c);
        return -1;
    }
    const double cpu = host_cpu_s(h), began = now_s(CLOCK_MONOTONIC);
    const int rc = listen_for(c, seconds, heard);
    const double took = now_s(CLOCK_MONOTONIC) - began;
    out->cores = (host_cpu_s(h) - cpu) / took;
    out->rss_mb = host_rss_mb(h);
    out->rows = (double)heard->n / took;
    lateness(heard, out);
    kiri_client_free(c);
    return rc || out->rss_mb < 0 || host_ask(h, &out->status) ? -1 : 0;
}

static int measure(const struct host_plan *p, unsigned seconds, struct measured *out)
{
    struct heard *heard = calloc(1, sizeof *heard);
    struct host h;
    int rc = -1;

    *out = (struct measured){ 0 };
    if (heard && host_start(&h, p) == 0) {
        rc = settle(&h, p) || observe(&h, seconds, heard, out) ? -1 : 0;
        host_stop(&h);
    }
    if (heard) {
        free(heard->atom);
        free(heard->late);
    }
    free(heard);
    return rc;
}

/* ---- telling --------------------------------------------------------------------- */

static void add(struct figures *f, const struct host_plan *p, const char *what,
                double value, const char *unit, double most)
{
    char name[FIGURE_NAME];

    snprintf(name, sizeof name, "atoms%u.%s.%s", p->atoms, p->learns ? "learning" : "off",
             what);
    figures_add(f, name, value, unit, most > 0 ? GOAL_AT_MOST : GOAL_NONE, most);
}

static void tell(struct figures *f, const struct host_plan *p, const struct measured *m)
{
    const int all = p->atoms == 1000; /* whom the goals are for */

    add(f, p, "rss_mb", m->rss_mb, "MB", !all ? 0 : p->learns ? 600 : 250);
    add(f, p, "cores", m->cores, "cores", all);
    add(f, p, "late_p99_ms", m->late_p99, "ms", all ? 100 : 0);
    add(f, p, "late_p50_ms", m->late_p50, "ms", 0);
    add(f, p, "kb_each", 1e3 * m->rss_mb / p->atoms, "kB", 0);
    add(f, p, "us_a_row", 1e6 * m->cores / m->rows, "us", 0);
    add(f, p, "heard_part", m->rows / p->atoms, "part", 0);
    add(f, p, "ticks_skipped", (double)m->status.skipped, "", 0);
    add(f, p, "turns_skipped", (double)m->status.turns_skipped, "", 0);
}

static int run(const struct plan *plan, struct figures *f)
{
    static const unsigned sizes[] = { 10, 100, 1000 };

    for (size_t i = 0; i < COUNT(sizes); i++) {
        if (plan->atoms && i > 0)
            break;
        for (int learns = 1; learns >= 0; learns--) {
            const struct host_plan p = { plan->atoms ? plan->atoms : sizes[i],
                                         plan->backlog, learns };
            struct measured m;
            if (measure(&p, plan->seconds, &m))
                return INTERNAL;
            tell(f, &p, &m);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct plan plan = { .backlog = 800, .seconds = 60 };
    enum figures_form form = FIGURES_TEXT;
    const struct bench_option options[] = {
        { "--atoms", .number = &plan.atoms },
        { "--backlog", .number = &plan.backlog },
        { "--seconds", .number = &plan.seconds },
        { "--json", .form = &form, .as = FIGURES_JSON },
        { "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };
    struct figures f = { 0 };

    if (options_read(argc, argv, options, COUNT(options),
                     "atoms [--atoms N] [--backlog ROWS] [--seconds S] [--json | "
                     "--markdown]") ||
        plan.atoms > MOST_ATOMS)
        return 64;
    int rc = run(&plan, &f);
    if (rc == 0)
        rc = figures_print(&f, form, stdout);
    figures_free(&f);
    return rc;
}
