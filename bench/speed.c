/*
 * bench/speed - one metric through `kiri detect` with online learning, on one core: rows
 * a second, memory at a tenth and at the end, and where the time goes.
 *
 * Usage: speed [--rows N] [--json | --markdown]
 */
#include "bench/figures.h"
#include "bench/generate.h"
#include "bench/jobs.h"
#include "bench/options.h"

#include "detect/detect.h"
#include "flow/stream.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE 60000
#define SEED   1
#define LOOKS  64 /* how often memory is read */

static int write_rows(const char *path, unsigned rows)
{
    FILE *f = fopen(path, "w");
    struct generated g;

    if (!f)
        return -1;
    generate_begin(&g, 0, SEED);
    fputs("ts,value\n", f);
    for (unsigned i = 0; i < rows; i++)
        fprintf(f, "%" PRIu64 ",%.6g\n", 1400000000000u + (uint64_t)i * MINUTE,
                generate_next(&g));
    int failed = ferror(f);
    return fclose(f) || failed ? -1 : 0;
}

/* Memory of this process, MB; 0: not known. */
static double resident(void)
{
    unsigned long all, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f || fscanf(f, "%lu %lu", &all, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

struct memory {
    uint64_t rows, next; /* of the file; when to look again */
    double early, most;
};

static int look(void *ctx, const struct detect_progress *p)
{
    struct memory *m = ctx;

    if (p->rows < m->next)
        return 0;
    m->next = p->rows + m->rows / LOOKS;
    double now = resident();
    m->most = now > m->most ? now : m->most;
    if (p->rows <= m->rows / 10)
        m->early = m->most;
    return 0;
}

static int detect(const char *path, struct memory *m, double *seconds)
{
    const struct detect_options o = {
        .input = path, .seed = SEED, .progress = look, .ctx = m
    };
    struct detect_report report = { 0 };
    struct kiri_error err = { 0 };
    struct output *out = output_open("/dev/null", 1, &err);
    double began = jobs_seconds();

    int rc = out ? detect_run(&o, out, &report, &err) : -1;
    *seconds = jobs_seconds() - began;
    detect_report_free(&report);
    if (out && rc == 0)
        rc = output_keep(out, &err);
    else
        output_drop(out);
    if (rc)
        fprintf(stderr, "speed: %s\n", err.text);
    return rc;
}

/* The same rows without a file: seconds of learning and of scoring. */
static int split(unsigned rows, double *learning, double *scoring)
{
    struct kiri_field field = {
        .name = "value", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS
    };
    const struct kiri_schema schema = {
        .size = sizeof schema, .n_fields = 1, .fields = &field, .period_ms = MINUTE
    };
    const struct stream_options o = { .seed = SEED,
                                      .warmup = DETECT_WARMUP,
                                      .alarm_rate = 1.0 / GENERATE_DAY };
    struct verdict *v = malloc(sizeof *v);
    struct stream_lesson lesson;
    struct generated g;
    char why[256];
    struct stream *s = stream_new(&schema, &o, why, sizeof why);
    int rc = s && v ? 0 : -1;

    *learning = *scoring = 0;
    generate_begin(&g, 0, SEED);
    for (unsigned i = 0; rc == 0 && i < rows; i++) {
        const union kiri_value x = { .num = generate_next(&g) };
        const struct stream_row row = { i + 1, (int64_t)i * MINUTE, &x };
        double began = jobs_seconds();
        if (stream_due(s) != STREAM_NOTHING)
            rc = stream_learn(s, NULL, NULL, NULL, &lesson);
        double learned = jobs_seconds();
        rc |= stream_push(s, &row, v);
        *learning += learned - began;
        *scoring += jobs_seconds() - learned;
    }
    stream_free(s);
    free(v);
    return rc;
}

static int measure(const char *path, unsigned rows, struct figures *f)
{
    struct memory m = { .rows = rows };
    double seconds, learning, scoring;

    if (write_rows(path, rows) || detect(path, &m, &seconds) ||
        split(rows, &learning, &scoring))
        return -1;
    /* two runs, which may differ a little */
    double all = fmax(seconds, learning + scoring), rest = all - learning - scoring;
    figures_add(f, "speed.rows_per_s", rows / seconds, "rows/s", GOAL_AT_LEAST, 15000);
    figures_add(f, "speed.rss_mb", m.most, "MB", GOAL_AT_MOST, 30);
    figures_add(f, "speed.rss_growth_mb", m.most - m.early, "MB", GOAL_NONE, 0);
    figures_add(f, "speed.learning", 100 * learning / all, "%", GOAL_NONE, 0);
    figures_add(f, "speed.scoring", 100 * scoring / all, "%", GOAL_NONE, 0);
    figures_add(f, "speed.reading_writing", 100 * rest / all, "%", GOAL_NONE, 0);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned rows = 100000;
    enum figures_form form = FIGURES_TEXT;
    const struct bench_option options[] = {
        { "--rows", .number = &rows },
        { "--json", .form = &form, .as = FIGURES_JSON },
        { "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };
    char path[] = "/tmp/kiri-bench-XXXXXX";
    struct figures f = { 0 };

    if (options_read(argc, argv, options, sizeof options / sizeof *options,
                     "speed [--rows N] [--json | --markdown]"))
        return 64;
    int fd = mkstemp(path);
    if (fd < 0) {
        perror("speed: /tmp");
        return 73;
    }
    close(fd);
    int rc = measure(path, rows, &f) ? 70 : figures_print(&f, form, stdout);
    unlink(path);
    figures_free(&f);
    return rc;
}
