#include "diary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const struct kiri_atom *drift;

int diary_load_drift(void)
{
    drift = load_atom(KIRI_BUILD_DIR "/plugins/drift.so");
    return drift != NULL;
}

/* ---- a folder ---------------------------------------------------------------- */

int diary_set_up(void **state)
{
    struct diary *d = calloc(1, sizeof *d);

    assert_non_null(d);
    zone("UTC0");
    snprintf(d->root, sizeof d->root, "/tmp/kiri-drift-test-XXXXXX");
    assert_non_null(mkdtemp(d->root));
    snprintf(d->log, sizeof d->log, "%s/tasks.log", d->root);
    kiri_test_init(&d->host, drift);
    kiri_test_option(&d->host, "tasks", d->log);
    *state = d;
    return 0;
}

int diary_tear_down(void **state)
{
    struct diary *d = *state;
    char command[128];

    drift->close(d->self);
    snprintf(command, sizeof command, "rm -rf '%s'", d->root);
    assert_int_equal(system(command), 0);
    free(d);
    return 0;
}

void zone(const char *tz)
{
    setenv("TZ", tz, 1);
    tzset();
}

int64_t seconds(const char *when)
{
    struct tm tm = { .tm_isdst = -1 };

    assert_non_null(strptime(when, "%Y-%m-%d %H:%M:%S", &tm));
    return mktime(&tm);
}

void at(struct diary *d, const char *when)
{
    d->host.now_ms = seconds(when) * 1000;
}

const char *path_in(const struct diary *d, const char *name, char out[160])
{
    snprintf(out, 160, "%s/%s", d->root, name);
    return out;
}

/* What was written to a file becomes a minute old. */
static void age(const struct diary *d, const char *path)
{
    struct timespec then = { .tv_sec = d->host.now_ms / 1000 - 60 },
                    both[] = { then, then };

    assert_int_equal(utimensat(AT_FDCWD, path, both, 0), 0);
}

void put(struct diary *d, const char *name, const char *text)
{
    char path[160];

    FILE *f = fopen(path_in(d, name, path), "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    age(d, path);
}

void note(struct diary *d, const char *stamp, const char *what)
{
    char body[256];
    uint32_t hash = 0x811c9dc5u;
    int is_new = access(d->log, F_OK) != 0;

    snprintf(body, sizeof body, "%s %s", stamp, what);
    for (const char *s = body; *s; s++)
        hash = (hash ^ (unsigned char)*s) * 0x01000193u;
    FILE *f = fopen(d->log, "ae");
    assert_non_null(f);
    fprintf(f, "%s%08x %s\n", is_new ? "kiri tasks 1\n" : "", hash, body);
    assert_int_equal(fclose(f), 0);
}

/* ---- rows -------------------------------------------------------------------- */

int collect(struct diary *d)
{
    if (!d->self)
        assert_int_equal(drift->open(&d->host.host, &d->self), KIRI_OK);
    const struct kiri_schema *s = drift->schema(d->self);
    struct kiri_obs obs = {
        .size = sizeof obs, .n = s->n_fields, .time_ms = d->host.now_ms, .v = d->v
    };

    kiri_missing(s, d->v);
    int rc = drift->collect(d->self, &obs);
    d->time_ms = obs.time_ms;
    snprintf(d->label, sizeof d->label, "%s", obs.label ? obs.label : "");
    return rc;
}

void restart(struct diary *d)
{
    drift->close(d->self);
    d->self = NULL;
}

double value(const struct diary *d, const char *name)
{
    const struct kiri_schema *s = drift->schema(d->self);

    for (uint32_t i = 0; i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return d->v[i].num;
    fail_msg("no field %s", name);
    return NAN;
}

void expect_row(struct diary *d, const char *row)
{
    char copy[256], seen[256], *rest = NULL;
    int rc = collect(d);

    snprintf(copy, sizeof copy, "%s", row);
    if (rc != KIRI_OK && rc != KIRI_MORE)
        fail_msg("no row (%d: %s) where '%s' was expected", rc, d->host.line, row);
    int n = snprintf(seen, sizeof seen, "%s", d->label);
    strtok_r(copy, " ", &rest);
    for (char *name; (name = strtok_r(NULL, " ", &rest)); strtok_r(NULL, " ", &rest)) {
        double x = value(d, name);
        char number[24] = "-";
        if (!isnan(x))
            snprintf(number, sizeof number, "%g", x);
        n += snprintf(seen + n, sizeof seen - (size_t)n, " %s %s", name, number);
    }
    assert_string_equal(seen, row);
}

void expect_none(struct diary *d)
{
    int rc = collect(d);

    if (rc != KIRI_NONE)
        fail_msg("a row (%d) of %s, where there should be none", rc, d->label);
}
