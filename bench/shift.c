/*
 * bench/shift - a stream that is twice as busy from one hour on: is that alarmed, how
 * soon is it usual, are budgets kept from then on, and is a real spike still seen?
 *
 * Usage: shift [--seeds N] [--jobs N] [--json | --markdown]
 *
 * Thirty days of a row a minute, scored as `kiri detect` does with a budget of 1/day;
 * everything is doubled from the end of the tenth day on, and for five minutes shortly
 * before the end once more.
 */
#include "bench/figures.h"
#include "bench/generate.h"
#include "bench/jobs.h"
#include "bench/options.h"

#include "detect/detect.h"
#include "flow/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE   60000
#define DAYS     30u
#define ROWS     (DAYS * GENERATE_DAY)
#define SHIFT    (10u * GENERATE_DAY) /* the first row that is twice as busy */
#define SPIKE    (ROWS - 100u)
#define LASTS    5u
#define AT_ONCE  6u /* rows in which what begins is to be alarmed */
#define INTERNAL 70

struct trial {
    double found, spike;   /* 1: alarmed at once                           */
    double open;           /* rows of open alarms in the day after it began */
    double second, later;  /* alarms in the next day, and from there on     */
    double promised_later; /* of them */
    double day[DAYS];      /* alarms of each day, from the second on */
};

struct bench {
    unsigned seeds, jobs;
    enum figures_form form;
    struct trial *trial; /* [seeds] */
};

/* What is to be seen of row `row`: where an alarm opened, or is open. */
static void count(struct trial *t, uint32_t row, const struct verdict *v, double per_row)
{
    uint32_t day = row < SHIFT ? UINT32_MAX : (row - SHIFT) / GENERATE_DAY;

    t->found += v->onset && row >= SHIFT && row < SHIFT + AT_ONCE;
    t->spike += v->onset && row >= SPIKE && row < SPIKE + AT_ONCE;
    t->open += day == 0 && v->alarm;
    t->second += day == 1 && v->onset;
    if (day != UINT32_MAX && day > 0 && row < SPIKE) {
        t->later += v->onset;
        t->day[day] += v->onset;
        t->promised_later += per_row;
    }
}

static int push(struct stream *s, double x, uint32_t row, struct verdict *v)
{
    const union kiri_value value = { .num = x };
    const struct stream_row in = { .id = row + 1u,
                                   .ts = (int64_t)row * MINUTE,
                                   .v = &value };
    struct stream_lesson lesson;

    if (stream_due(s) != STREAM_NOTHING && stream_learn(s, NULL, NULL, NULL, &lesson))
        return -1;
    return stream_push(s, &in, v);
}

static int try_one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    struct kiri_field field = {
        .name = "value", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS
    };
    const struct kiri_schema schema = {
        .size = sizeof schema, .n_fields = 1, .fields = &field, .period_ms = MINUTE
    };
    const struct stream_options o = { .seed = i + 1,
                                      .warmup = DETECT_WARMUP,
                                      .alarm_rate = 1.0 / GENERATE_DAY };
    struct verdict *v = malloc(sizeof *v);
    struct generated g;
    char why[256] = "memory is short";
    struct stream *s = stream_new(&schema, &o, why, sizeof why);
    int rc = s && v ? 0 : -1;

    generate_begin(&g, 0, i + 1);
    for (uint32_t row = 0; rc == 0 && row < ROWS; row++) {
        double x = generate_next(&g) * (row < SHIFT ? 1 : 2);
        rc = push(s, row >= SPIKE && row < SPIKE + LASTS ? 2 * x : x, row, v);
        if (rc == 0)
            count(&b->trial[i], row, v, o.alarm_rate);
    }
    stream_free(s);
    free(v);
    if (rc)
        fprintf(stderr, "shift: %s\n", why);
    return rc ? INTERNAL : 0;
}

static void add_figures(const struct bench *b, struct figures *f)
{
    struct trial sum = { 0 };
    double n = b->seeds;

    for (unsigned i = 0; i < b->seeds; i++) {
        const struct trial *t = &b->trial[i];
        sum.found += t->found;
        sum.spike += t->spike;
        sum.open += t->open;
        sum.second += t->second;
        sum.later += t->later;
        sum.promised_later += t->promised_later;
        for (size_t day = 0; day < DAYS; day++)
            sum.day[day] += t->day[day];
    }
    double most = 0;
    for (size_t day = 0; day < DAYS; day++)
        most = fmax(most, sum.day[day] / n);
    figures_add(f, "shift.found", 100 * sum.found / n, "%", GOAL_AT_LEAST, 100);
    figures_add(f, "shift.open", sum.open / n, "rows", GOAL_AT_MOST, GENERATE_DAY);
    figures_add(f, "shift.second_day", sum.second / n, "alarms", GOAL_AT_MOST, 2);
    figures_add(f, "shift.later", sum.later / sum.promised_later, "ratio", GOAL_WITHIN,
                2);
    figures_add(f, "shift.worst_day", most, "alarms", GOAL_NONE, 0);
    figures_add(f, "shift.spike_found", 100 * sum.spike / n, "%", GOAL_AT_LEAST, 100);
}

int main(int argc, char **argv)
{
    struct bench b = { .seeds = 10, .jobs = jobs_cpus() };
    const struct bench_option options[] = {
        { "--seeds", .number = &b.seeds },
        { "--jobs", .number = &b.jobs },
        { "--json", .form = &b.form, .as = FIGURES_JSON },
        { "--markdown", .form = &b.form, .as = FIGURES_MARKDOWN },
    };
    struct figures f = { 0 };

    if (options_read(argc, argv, options, sizeof options / sizeof *options,
                     "shift [--seeds N] [--jobs N] [--json | --markdown]"))
        return 64;
    b.trial = calloc(b.seeds, sizeof *b.trial);
    int rc = b.trial ? jobs_run("shift", b.jobs, b.seeds, try_one, &b) : INTERNAL;
    if (rc == 0) {
        add_figures(&b, &f);
        rc = figures_print(&f, b.form, stdout);
    }
    figures_free(&f);
    free(b.trial);
    return rc;
}
