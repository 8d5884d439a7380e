/* tests/bench/chart_test.c mirrors bench/chart.c. */
#include "bench/chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const double x[] = { 1, 2, 4 }, y[] = { 1, 2.5, 30 };
static const struct chart charts[] = {
    { "width", "us", 3, x, { y, NULL, x, NULL }, { "ours", NULL, "floor", NULL } },
    { "threads", "times", 3, x, { x, y, NULL, NULL }, { "a", "b", NULL, NULL } },
};

static char *drawn(void)
{
    char path[] = "/tmp/kiri-chart-XXXXXX";
    const int fd = mkstemp(path);
    char *text = calloc(1, 65536);

    assert_true(fd >= 0);
    assert_int_equal(chart_write(path, "Costs", "of a token", charts, 2), 0);
    assert_true(read(fd, text, 65535) > 0);
    close(fd);
    unlink(path);
    return text;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    while ((text = strstr(text, what)) != NULL) {
        text += strlen(what);
        n++;
    }
    return n;
}

static void each_line_is_drawn_and_named(void **state)
{
    (void)state;
    char *text = drawn();

    assert_int_equal(count(text, "class=\"l0\" d=\"M"), 2 + 2); /* lines, legends */
    assert_int_equal(count(text, "class=\"l0 dashed\" d=\"M"), 1 + 1);
    assert_int_equal(count(text, "class=\"l1\" d=\"M"), 1 + 1);
    assert_int_equal(count(text, ">ours<"), 1);
    assert_int_equal(count(text, ">floor<"), 1);
    assert_int_equal(count(text, "nan"), 0);
    free(text);
}

static void it_can_be_read_on_black(void **state)
{
    (void)state;
    char *text = drawn();

    assert_int_equal(count(text, "prefers-color-scheme: dark"), 1);
    assert_int_equal(count(text, "<svg "), 1);
    assert_int_equal(count(text, "</svg>"), 1);
    free(text);
}

static void a_file_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    assert_int_equal(chart_write("/nowhere/at/all.svg", "a", "b", charts, 2), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_drawn_and_named),
        cmocka_unit_test(it_can_be_read_on_black),
        cmocka_unit_test(a_file_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
