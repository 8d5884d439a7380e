#include "bench/engine/report.h"

#include "bench/engine/timing.h"

/* One workload's spreads, in what its times are said of. */
struct told {
    struct spread us, floor, multiple, peer;
};

static struct told tell(struct report *r, size_t i)
{
    struct report_line *line = &r->line[i];

    for (unsigned k = 0; k < r->rounds; k++) {
        line->us[k] /= plans[i].parts;
        line->floor[k] /= plans[i].parts;
    }
    return (struct told){ timing_spread(line->us, r->rounds),
                          timing_spread(line->floor, r->rounds),
                          timing_spread(line->multiple, r->rounds),
                          timing_spread(line->peer, r->rounds) };
}

static void add(struct figures *f, const char *work, const char *what, double value,
                const char *unit, enum goal goal, double bound)
{
    char name[FIGURE_NAME];

    snprintf(name, sizeof name, "%s.%s", work, what);
    figures_add(f, name, value, unit, goal, bound);
}

/* The goals of all workloads, then the times. */
static void add_works(const struct report *r, const struct told *told, struct figures *f)
{
    for (size_t i = 0; i < PLANS; i++)
        add(f, plans[i].work.name, "x_floor", told[i].multiple.median, "times",
            GOAL_AT_MOST, plans[i].most_floor);
    for (size_t i = 0; r->peer && i < PLANS; i++)
        add(f, plans[i].work.name, "x_torch", told[i].peer.median, "times",
            plans[i].least_peer > 0 ? GOAL_AT_LEAST : GOAL_NONE, plans[i].least_peer);
    for (size_t i = 0; i < PLANS; i++) {
        const char *name = plans[i].work.name;
        add(f, name, "us", told[i].us.median, "us", GOAL_NONE, 0);
        add(f, name, "us.min", told[i].us.least, "us", GOAL_NONE, 0);
        add(f, name, "us.max", told[i].us.most, "us", GOAL_NONE, 0);
        add(f, name, "floor_us", told[i].floor.median, "us", GOAL_NONE, 0);
        add(f, name, "per_s", 1e6 / told[i].us.median, plans[i].of, GOAL_NONE, 0);
    }
}

static void add_rest(struct report *r, struct figures *f)
{
    const unsigned n = r->rounds;

    figures_add(f, "pulse500_ms", timing_spread(r->pulse500, n).median, "ms",
                GOAL_AT_MOST, 40);
    figures_add(f, "observe.classic_us",
                timing_spread(r->observe[OBSERVE_CLASSIC], n).median, "us", GOAL_AT_MOST,
                15);
    figures_add(f, "observe.pulse_us", timing_spread(r->observe[OBSERVE_PULSE], n).median,
                "us", GOAL_AT_MOST, 15);
    figures_add(f, "rss_mb", r->alone_mb, "MB", GOAL_AT_MOST, 4);
    figures_add(f, "allocations", (double)r->requests, "", GOAL_AT_MOST, 0);
    figures_add(f, "peak.gflops", timing_spread(r->gflops, n).median, "GFLOP/s",
                GOAL_NONE, 0);
    figures_add(f, "peak.l1_gbs", timing_spread(r->l1_read, n).median, "GB/s", GOAL_NONE,
                0);
    figures_add(f, "peak.l1_write_gbs", timing_spread(r->l1_write, n).median, "GB/s",
                GOAL_NONE, 0);
    figures_add(f, "peak.l2_gbs", timing_spread(r->l2_read, n).median, "GB/s", GOAL_NONE,
                0);
    figures_add(f, "peak.l2_write_gbs", timing_spread(r->l2_write, n).median, "GB/s",
                GOAL_NONE, 0);
}

/* ---- the table ------------------------------------------------------------------- */

static const char *held(int holds)
{
    return holds ? "" : " missed";
}

static void print_line(const struct report *r, size_t i, const struct told *t,
                       enum figures_form form, FILE *out)
{
    const struct goal_plan *p = &plans[i];
    const int md = form == FIGURES_MARKDOWN;

    fprintf(out,
            md ? "| `%s` | %.3g | %.3g-%.3g | %.3g | "
               : "%-10s %9.3g %9.3g-%-9.3g %9.3g ",
            p->work.name, t->us.median, t->us.least, t->us.most, t->floor.median);
    fprintf(out, md ? "%.2f (%.2f-%.2f) | ≤ %g%s |" : "%7.2f (%.2f-%.2f) ≤ %g%s",
            t->multiple.median, t->multiple.least, t->multiple.most, p->most_floor,
            held(t->multiple.median <= p->most_floor));
    if (r->peer)
        fprintf(out, md ? " %.3g |" : "%9.3g", t->peer.median);
    if (r->peer && p->least_peer > 0)
        fprintf(out, md ? " ≥ %g%s |" : " ≥ %g%s", p->least_peer,
                held(t->peer.median >= p->least_peer));
    else if (r->peer && md)
        fputs(" |", out);
    fputc('\n', out);
}

static void print_table(const struct report *r, const struct told *told,
                        enum figures_form form, FILE *out)
{
    if (form == FIGURES_MARKDOWN)
        fprintf(out,
                "%u rounds, kernels `%s`, peak by `%s`%s%s:\n\n"
                "| | µs, median | min-max | floor | × floor | must |%s\n"
                "|---|--:|---|--:|---|---|%s\n",
                r->rounds, r->isa, r->set, r->peer ? ", beside " : "",
                r->peer ? r->peer : "", r->peer ? " × PyTorch | must |" : "",
                r->peer ? "--:|---|" : "");
    else
        fprintf(out,
                "%u rounds; kernels: %s; peak by %s%s%s\n%-10s %9s %9s-%-9s %9s %s%s\n",
                r->rounds, r->isa, r->set, r->peer ? "; the peer is " : "",
                r->peer ? r->peer : "", "", "us", "min", "max", "floor", "    x floor",
                r->peer ? "               x peer" : "");
    for (size_t i = 0; i < PLANS; i++)
        print_line(r, i, &told[i], form, out);
    fputc('\n', out);
}

int report_print(struct report *r, enum figures_form form, FILE *out)
{
    struct told told[PLANS];
    struct figures f = { 0 };

    for (size_t i = 0; i < PLANS; i++)
        told[i] = tell(r, i);
    if (form == FIGURES_JSON)
        add_works(r, told, &f);
    else
        print_table(r, told, form, out);
    add_rest(r, &f);
    const int rc = figures_print(&f, form, out);
    figures_free(&f);
    return rc;
}
