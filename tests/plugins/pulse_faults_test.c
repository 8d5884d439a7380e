/* pulse_faults_test.c - what pulse.so does on a machine that cannot be read, or not all
 * of it. */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *file;
    const char *fields[4]; /* what is missing without it */
} sources[] = {
    { "stat", { "cpu", "load" } },       { "loadavg", { "load" } },
    { "meminfo", { "memory", "swap" } }, { "net/dev", { "rx", "tx" } },
    { "diskstats", { "diskio" } },       { "pressure/cpu", { "pcpu" } },
    { "pressure/memory", { "pmem" } },   { "pressure/io", { "pio" } },
};

static int depends_on(size_t source, const char *field)
{
    for (size_t i = 0; sources[source].fields[i]; i++)
        if (strcmp(sources[source].fields[i], field) == 0)
            return 1;
    return 0;
}

/* Everything has its value but the fields of this source. */
static void expect_only_these_missing(struct machine *m, size_t source)
{
    const struct kiri_schema *s = pulse->schema(m->self);

    for (uint32_t i = 0; i < s->n_fields; i++) {
        if (s->fields[i].kind != KIRI_NUMBER)
            continue;
        int missing = isnan(m->v[i].num);
        if (missing != depends_on(source, s->fields[i].name))
            fail_msg("without %s, %s is %g", sources[source].file, s->fields[i].name,
                     m->v[i].num);
    }
}

static void what_is_not_there_is_missing_and_the_rest_is_not(void **state)
{
    struct machine *m = *state;

    for (size_t i = 0; i < COUNT(sources); i++) {
        show(m, "before");
        collect(m, 5000);
        show(m, "after");
        drop(m->proc, sources[i].file);
        assert_int_equal(collect(m, 5000), KIRI_OK);
        expect_only_these_missing(m, i);
    }
    assert_int_equal(m->host.lines, 0);
}

static void garbage_is_missing_and_the_rest_is_not(void **state)
{
    static char endless[9000];
    static const char *const garbage[] = {
        "",
        "\n",
        "\n\n\n\n",
        "cpu\ncpu \ncpu  \ncpu0\n",
        "cpu  1 2\n",
        "cpu  x y z w\n",
        "cpu  99999999999999999999999 1 1 1\n",
        "cpu  -5 -5 -5 -5\n",
        "1,50 0,90\n",
        "nan nan nan\n",
        "1e9 1e9 1e9\n",
        "MemTotal:\nMemTotal: kB\nMemTotal: 5\nMemTotal: 5\nSwapTotal: 7\nSwapTotal: 7\n",
        "MemAvailable: 5 kB\nMemAvailable: 0 kB\nSwapFree: 0\nSwapFree: 0\n",
        "MemTotal: 5\nMemAvailable: 6\nSwapTotal: 5\nSwapFree: 6\n",
        "eth0:\neth0: x\neth0: 1 2 3\n:\n: : :\n",
        "eth0: 99999999999999999999999999 0 0 0 0 0 0 0 5\n",
        "   8       0 sda\n8 0\n8\n",
        "   8       0 sda x x x x x x x x\n",
        "   7       0 loop0 1 1 1 1 1 1 1 1\n",
        "some\nsome total=\nsome total=x\ntotal=5\nfull avg10=0 total=7\n",
        "\x01\x02\xff\xfe\x80",
        endless,
    };
    struct machine *m = *state;

    memset(endless, '7', sizeof endless - 1);
    for (size_t i = 0; i < COUNT(sources); i++)
        for (size_t k = 0; k < COUNT(garbage); k++) {
            show(m, "before");
            collect(m, 5000);
            show(m, "after");
            put(m->proc, sources[i].file, garbage[k]);
            assert_int_equal(collect(m, 5000), KIRI_OK);
            expect_only_these_missing(m, i);
        }
}

static void a_pipe_where_a_file_should_be_does_not_block(void **state)
{
    struct machine *m = *state;
    char path[300];

    drop(m->proc, "loadavg");
    snprintf(path, sizeof path, "%s/loadavg", m->proc);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(collect(m, 0), KIRI_OK);
    EXPECT(m, { "load", NAN }, { "memory", 50 });
}

static void a_procfs_that_goes_away_leaves_rows_of_missing_words(void **state)
{
    struct machine *m = *state;

    collect(m, 0);
    for (size_t i = 0; i < COUNT(proc_files); i++)
        drop(m->proc, proc_files[i]);
    assert_int_equal(collect(m, 5000), KIRI_OK);
    EXPECT(m, { "cpu", NAN }, { "memory", NAN }, { "swap", NAN }, { "load", NAN },
           { "rx", NAN }, { "tx", NAN }, { "diskio", NAN }, { "pcpu", NAN },
           { "pmem", NAN }, { "pio", NAN });
    assert_true(value(m, "disk") >= 0); /* rootfs is still there */
}

static void a_file_system_without_blocks_has_no_share(void **state)
{
    struct machine *m = *state;

    kiri_test_option(&m->host, "rootfs", "/proc");
    collect(m, 0);
    EXPECT(m, { "disk", NAN });
}

static void a_bad_option_is_one_sentence(void **state)
{
    static char too_long[300];
    static const struct {
        const char *name, *value, *sentence;
    } cases[] = {
        { "language", "latin", "pulse: option language is neither default nor classic" },
        { "language", "", "pulse: option language is neither default nor classic" },
        { "procfs", "/nowhere/proc",
          "pulse: option procfs is not a directory that can be read" },
        { "procfs", "", "pulse: option procfs is not a directory that can be read" },
        { "procfs", "/proc/version",
          "pulse: option procfs is not a directory that can be read" },
        { "rootfs", "/nowhere",
          "pulse: option rootfs is not a directory that can be read" },
        { "sysfs", too_long, "pulse: option sysfs is longer than 255 bytes" },
        { "interfaces", too_long, "pulse: option interfaces is longer than 255 bytes" },
    };
    (void)state;

    memset(too_long, 'x', sizeof too_long - 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_test h;
        void *self = NULL;
        kiri_test_init(&h, pulse);
        kiri_test_option(&h, cases[i].name, cases[i].value);
        assert_int_equal(pulse->open(&h.host, &self), KIRI_ECONFIG);
        assert_null(self);
        assert_int_equal(h.lines, 1);
        assert_string_equal(h.line, cases[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_MACHINE(what_is_not_there_is_missing_and_the_rest_is_not),
        ON_A_MACHINE(garbage_is_missing_and_the_rest_is_not),
        ON_A_MACHINE(a_pipe_where_a_file_should_be_does_not_block),
        ON_A_MACHINE(a_procfs_that_goes_away_leaves_rows_of_missing_words),
        ON_A_MACHINE(a_file_system_without_blocks_has_no_share),
        ON_A_MACHINE(a_bad_option_is_one_sentence),
    };

    return machine_load_pulse() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
