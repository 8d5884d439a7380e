/* log_test.c - one line of text a message, whatever a plugin puts into it. */
#include "test.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything written to stderr while `say` runs, NUL-terminated (at most 64 KiB: a pipe
 * holds that much without a reader). */
static void capture(void (*say)(void), char *out, size_t cap)
{
    int ends[2], saved = dup(STDERR_FILENO);

    assert_true(saved >= 0 && pipe(ends) == 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    close(ends[1]);
    say();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    ssize_t n = read(ends[0], out, cap - 1);
    close(ends[0]);
    assert_true(n >= 0);
    out[n] = '\0';
}

static int quiet_again(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    log_threshold(LOG_AT_INFO);
    log_listen(NULL, NULL);
    return 0;
}

static void say_each_level(void)
{
    log_error("e%d", 1);
    log_warn("w%d", 2);
    log_info("i%d", 3);
    log_debug("d%d", 4);
}

static void a_line_has_the_time_and_the_level(void **state)
{
    char out[1024];
    unsigned h, m, s;
    int used = 0;
    (void)state;

    capture(say_each_level, out, sizeof out);
    assert_int_equal(sscanf(out, "%2u:%2u:%2u error e1%n", &h, &m, &s, &used), 3);
    assert_true(used > 0 && h < 24 && m < 60 && s < 61);
    assert_non_null(strstr(out, " warn  w2\n"));
    assert_non_null(strstr(out, " info  i3\n"));
}

static void lines_above_the_threshold_are_not_written(void **state)
{
    char out[1024];
    (void)state;

    capture(say_each_level, out, sizeof out);
    assert_null(strstr(out, "d4"));
    log_threshold(LOG_AT_DEBUG);
    capture(say_each_level, out, sizeof out);
    assert_non_null(strstr(out, " debug d4\n"));
    log_threshold(LOG_AT_ERROR);
    capture(say_each_level, out, sizeof out);
    assert_null(strstr(out, "w2"));
    assert_non_null(strstr(out, "e1"));
}

static void on_a_journal_priorities_stand_for_the_time(void **state)
{
    char out[1024];
    (void)state;

    setenv("JOURNAL_STREAM", "9:12345", 1);
    log_threshold(LOG_AT_DEBUG);
    capture(say_each_level, out, sizeof out);
    assert_string_equal(out, "<3>e1\n<4>w2\n<6>i3\n<7>d4\n");
}

static void say_a_forgery(void)
{
    log_warn("a\nb\r\x1b[2Jc\x7f%s", "\td");
}

static void control_bytes_cannot_forge_a_line(void **state)
{
    char out[256];
    (void)state;

    setenv("JOURNAL_STREAM", "1", 1);
    capture(say_a_forgery, out, sizeof out);
    assert_string_equal(out, "<4>a b  [2Jc  d\n");
}

static void say_too_much(void)
{
    log_info("%05000d", 0);
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
    char out[8192];
    (void)state;

    capture(say_too_much, out, sizeof out);
    size_t n = strlen(out);
    assert_true(n > 500 && n < 1200);
    assert_int_equal(out[n - 1], '\n');
    assert_ptr_equal(strchr(out, '\n'), out + n - 1);
}

struct heard {
    unsigned n;
    enum log_level level;
    char line[64];
};

static void hear(void *ctx, enum log_level level, const char *line)
{
    struct heard *h = ctx;

    h->n++;
    h->level = level;
    snprintf(h->line, sizeof h->line, "%s", line);
}

static void a_listener_hears_what_is_written(void **state)
{
    struct heard h = { 0 };
    char out[1024];
    (void)state;

    log_listen(hear, &h);
    capture(say_each_level, out, sizeof out);
    assert_int_equal(h.n, 3); /* debug is not written, so it is not heard */
    assert_int_equal(h.level, LOG_AT_INFO);
    assert_string_equal(h.line, "i3");
    log_listen(NULL, NULL);
    capture(say_each_level, out, sizeof out);
    assert_int_equal(h.n, 3);
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_string_equal(log_level_name(LOG_AT_ERROR), "error");
    assert_string_equal(log_level_name(LOG_AT_WARN), "warn");
    assert_string_equal(log_level_name(LOG_AT_INFO), "info");
    assert_string_equal(log_level_name(LOG_AT_DEBUG), "debug");
}

static void a_gate_counts_what_it_holds_back(void **state)
{
    struct log_gate g = { 0 };
    unsigned passed = 0, held = 99;
    (void)state;

    for (int i = 0; i < 1000; i++)
        passed += (unsigned)log_gate_open(&g, 5000 + i / 2, 10, &held);
    assert_int_equal(passed, 10);
    assert_int_equal(held, 0);
    assert_true(log_gate_open(&g, 6000, 10, &held)); /* the next second */
    assert_int_equal(held, 990);
    assert_true(log_gate_open(&g, 6000, 10, &held)); /* said once, not twice */
    assert_int_equal(held, 0);
}

static void a_new_second_opens_the_gate_again(void **state)
{
    struct log_gate g = { 0 };
    unsigned held;
    (void)state;

    for (long long second = 0; second < 5; second++) {
        assert_true(log_gate_open(&g, second * 1000, 1, &held));
        assert_false(log_gate_open(&g, second * 1000 + 999, 1, &held));
    }
}

int main(void)
{
#define ALONE(test) cmocka_unit_test_setup_teardown(test, quiet_again, quiet_again)
    const struct CMUnitTest tests[] = {
        ALONE(a_line_has_the_time_and_the_level),
        ALONE(lines_above_the_threshold_are_not_written),
        ALONE(on_a_journal_priorities_stand_for_the_time),
        ALONE(control_bytes_cannot_forge_a_line),
        ALONE(a_long_line_is_cut_and_still_ends),
        ALONE(a_listener_hears_what_is_written),
        ALONE(levels_have_names),
        ALONE(a_gate_counts_what_it_holds_back),
        ALONE(a_new_second_opens_the_gate_again),
    };
#undef ALONE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
