#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct kiri_atom *pulse;

const char *const proc_files[PROC_FILES] = {
    "stat",    "meminfo",      "loadavg",         "diskstats",
    "net/dev", "pressure/cpu", "pressure/memory", "pressure/io",
};

void put(const char *dir, const char *name, const char *text)
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

void drop(const char *dir, const char *name)
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(unlink(path), 0);
}

static void make_dir(const char *dir, const char *name)
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

void show(struct machine *m, const char *fixture)
{
    for (size_t i = 0; i < COUNT(proc_files); i++) {
        char path[300], text[8192] = "";
        snprintf(path, sizeof path, FIXTURES "/%s/%s", fixture, proc_files[i]);
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        assert_true(fread(text, 1, sizeof text - 1, f) > 0);
        fclose(f);
        put(m->proc, proc_files[i], text);
    }
}

int machine_set_up(void **state)
{
    struct machine *m = calloc(1, sizeof *m);

    assert_non_null(m);
    snprintf(m->root, sizeof m->root, "/tmp/kiri-pulse-test-XXXXXX");
    assert_non_null(mkdtemp(m->root));
    snprintf(m->proc, sizeof m->proc, "%s/proc", m->root);
    snprintf(m->sys, sizeof m->sys, "%s/sys", m->root);
    make_dir(m->root, "proc");
    make_dir(m->root, "proc/net");
    make_dir(m->root, "proc/pressure");
    make_dir(m->root, "sys");
    make_dir(m->root, "sys/fs");
    make_dir(m->root, "sys/fs/cgroup");
    show(m, "before");
    kiri_test_init(&m->host, pulse);
    kiri_test_option(&m->host, "procfs", m->proc);
    kiri_test_option(&m->host, "sysfs", m->sys);
    kiri_test_option(&m->host, "rootfs", m->root);
    *state = m;
    return 0;
}

int machine_tear_down(void **state)
{
    static const char *const rest[] = {
        "proc/net",
        "proc/pressure",
        "proc",
        "sys/fs/cgroup/memory.max",
        "sys/fs/cgroup/memory.current",
        "sys/fs/cgroup/memory.stat",
        "sys/fs/cgroup",
        "sys/fs",
        "sys",
        "",
    };
    struct machine *m = *state;
    char path[300];

    pulse->close(m->self);
    for (size_t i = 0; i < COUNT(proc_files); i++) {
        snprintf(path, sizeof path, "%s/%s", m->proc, proc_files[i]);
        remove(path);
    }
    for (size_t i = 0; i < COUNT(rest); i++) {
        snprintf(path, sizeof path, "%s/%s", m->root, rest[i]);
        remove(path);
    }
    free(m);
    return 0;
}

int collect(struct machine *m, int64_t later_ms)
{
    if (!m->self)
        assert_int_equal(pulse->open(&m->host.host, &m->self), KIRI_OK);
    m->host.mono_ms += later_ms;
    return collect_row(&m->host, pulse, m->self, m->v);
}

double value(const struct machine *m, const char *name)
{
    const struct kiri_schema *s = pulse->schema(m->self);

    for (uint32_t i = 0; i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return s->fields[i].kind == KIRI_NUMBER ? m->v[i].num : m->v[i].choice;
    fail_msg("no field %s", name);
    return NAN;
}

void expect(const struct machine *m, const struct expected *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x = value(m, e[i].name);
        if (isnan(e[i].value) ? !isnan(x)
                              : !(fabs(x - e[i].value) < 1e-9 * fabs(x) + 1e-9))
            fail_msg("%s is %g, not %g", e[i].name, x, e[i].value);
    }
}

int machine_load_pulse(void)
{
    pulse = load_atom(KIRI_BUILD_DIR "/plugins/pulse.so");
    return pulse != NULL;
}
