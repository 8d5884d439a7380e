/* What `kiri demo` shows and burns, without a host. */
#include "cli/burn.h"
#include "screen/view_demo.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LAST                                                                             \
    "{\"blame\":\"cpu\",\"alarm\":true,\"tail\":1e-6,\"fields\":["                       \
    "{\"name\":\"rx\",\"unit\":\"B/s\",\"value\":1,\"word\":\"R0\",\"nats\":0.1,"        \
    "\"expected\":[[\"R0\",0.9]],\"expected_ranges\":[[1,3]]},"                          \
    "{\"name\":\"memory\",\"unit\":\"%\",\"value\":21.5,\"word\":\"M4\",\"nats\":6.1,"   \
    "\"expected\":[[\"M0\",0.97]],\"expected_ranges\":[[0,5]]},"                         \
    "{\"name\":\"cpu\",\"unit\":\"%\",\"value\":99,\"word\":\"C19\",\"nats\":11.2,"      \
    "\"expected\":[[\"C0\",0.91],[\"C1\",0.05]],\"expected_ranges\":[[0,5],[5,10]]},"    \
    "{\"name\":\"swap\",\"value\":null,\"word\":\"S?\",\"nats\":2.5,\"expected\":[]}]}"

static void culprits_are_named_with_what_was_expected(void **state)
{
    json_t *last = json_loads(LAST, 0, NULL);
    struct buf out = { 0 };
    (void)state;

    assert_non_null(last);
    view_culprits(last, &out);
    assert_string_equal(
        buf_text(&out),
        "  cpu      99 % (C19), 11.2 nats; expected C0, 0-5 %, with a probability of "
        ".91\n"
        "  memory   21.5 % (M4), 6.1 nats; expected M0, 0-5 %, with a probability of "
        ".97\n"
        "  swap     missing (S?), 2.5 nats\n");
    buf_free(&out);
    view_culprits(NULL, &out);
    assert_int_equal(out.len, 0);
    json_decref(last);
}

static void only_what_is_burned_is_the_right_blame(void **state)
{
    static const char *const right[] = { "cpu", "load", "memory", "pcpu", "pmem" };
    static const char *const wrong[] = {
        "rx", "tx", "disk", "diskio", "swap", "pio", ""
    };
    (void)state;

    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(view_is_burned(right[i]));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(view_is_burned(wrong[i]));
}

static void the_picture_has_as_many_lines_as_the_screen(void **state)
{
    json_t *status =
        json_pack("{s:[{s:s,s:s,s:i,s:i,s:o}]}", "atoms", "name", "pulse", "state",
                  "normal", "gen", 1, "rows", 300, "last", json_loads(LAST, 0, NULL));
    (void)state;

    assert_non_null(status);
    for (unsigned height = 2; height < 60; height++)
        for (int stage = DEMO_COLLECTING; stage <= DEMO_OVER; stage++) {
            struct buf out = { 0 };
            unsigned lines = 0;
            view_demo((enum demo_stage)stage, "Collecting ...", "q end",
                      stage ? status : NULL, &(struct style){ .width = 80, .utf8 = 1 },
                      height, &out);
            for (const char *s = buf_text(&out); *s; s++)
                lines += *s == '\n';
            assert_int_equal(lines, height);
            assert_non_null(strstr(buf_text(&out), "q end\n"));
            buf_free(&out);
        }
    json_decref(status);
}

static void put(const char *dir, const char *name, const char *text)
{
    char path[160];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* A fifth of what is left, by the machine or by the control group, and never more than
 * 4 GiB. */
static void a_burn_leaves_most_of_the_memory_to_others(void **state)
{
    static const struct {
        const char *available, *limit, *taken;
        int64_t bytes;
    } cases[] = {
        { "MemTotal: 9 kB\nMemAvailable:  1000000 kB\n", NULL, NULL, 204800000 },
        { "MemAvailable: 1000000 kB\n", "max\n", "5\n", 204800000 },
        { "MemAvailable: 1000000 kB\n", "100000000\n", "50000000\n", 10000000 },
        { "MemAvailable: 1000000 kB\n", "100000000\n", "200000000\n", 0 },
        { "MemAvailable: 900000000 kB\n", NULL, NULL, BURN_MOST },
        { "MemTotal: 9 kB\n", NULL, NULL, 0 },
    };
    char dir[] = "/tmp/kiri-burn-XXXXXX", path[64], command[64];
    (void)state;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/fs", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/fs/cgroup", dir);
    mkdir(path, 0700);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned cpus = 0;
        int64_t bytes = -1;
        put(dir, "meminfo", cases[i].available);
        put(dir, "fs/cgroup/memory.max", cases[i].limit ? cases[i].limit : "");
        put(dir, "fs/cgroup/memory.current", cases[i].taken ? cases[i].taken : "");
        burn_plan(dir, dir, &cpus, &bytes);
        assert_true(cpus >= 1);
        assert_int_equal(bytes, cases[i].bytes);
    }
    snprintf(command, sizeof command, "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(culprits_are_named_with_what_was_expected),
        cmocka_unit_test(only_what_is_burned_is_the_right_blame),
        cmocka_unit_test(the_picture_has_as_many_lines_as_the_screen),
        cmocka_unit_test(a_burn_leaves_most_of_the_memory_to_others),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
