/* tests/eval/labels_test.c mirrors host/eval/labels.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../detect/paper.h"
#include "eval/labels.h"

#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void words_that_are_labels(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int label;
    } cases[] = {
        { "0", 0 },  { "1", 1 },       { "0.0", 0 },    { "2", 1 },
        { "-1", 1 }, { " 1 ", 1 },     { "True", 1 },   { "FALSE", 0 },
        { "no", 0 }, { "anomaly", 1 }, { "Normal", 0 }, { "anomal", -1 },
        { "", -1 },  { "nan", -1 },    { "inf", -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(label_read(cases[i].word, strlen(cases[i].word)),
                         cases[i].label);
}

static int open_text(struct windows_file *f, const char *text, struct kiri_error *err)
{
    char path[PAPER_PATH];
    int fd = paper_text(text, path);
    int rc = windows_open(f, path, err);

    close(fd);
    return rc;
}

static void windows_are_found_by_the_end_of_a_name(void **state)
{
    (void)state;
    struct kiri_error err = { 0 };
    struct windows_file f;

    assert_int_equal(
        open_text(&f,
                  "{\"b/c.csv\": [[\"1970-01-01 00:00:01.000000\", \"1970-01-01 "
                  "00:01:00\"], [100, 200.5]], \"a.csv\": []}",
                  &err),
        0);
    const struct windows *w = windows_find(&f, "data/b/c.csv");
    assert_non_null(w);
    assert_int_equal(w->n, 2);
    assert_int_equal(w->at[0].from, 1000);
    assert_int_equal(w->at[0].to, 60000);
    assert_int_equal(w->at[1].to, 200500);
    assert_ptr_equal(windows_find(&f, "b/c.csv"), w);
    assert_null(windows_find(&f, "c.csv"));
    assert_int_equal(windows_find(&f, "x/a.csv")->n, 0);
    windows_free(&f);
    assert_int_equal(open_text(&f, "[[\"1970-01-01\", \"1970-01-02\"]]", &err), 0);
    assert_int_equal(windows_find(&f, "whatever.csv")->n, 1);
    windows_free(&f);
}

static void what_is_no_window_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "{\"a\": [[\"2014-01-01\"]]}", "a: window 1 is no pair of times" },
        { "{\"a\": [[\"2014-01-02\", \"2014-01-01\"]]}", "a: window 1" },
        { "{\"a\": [[\"soon\", \"later\"]]}", "a: window 1" },
        { "{\"a\": 7}", "a has no list of windows" },
        { "7", "" },
        { "{\"a\": [}", "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_error err = { 0 };
        struct windows_file f;
        assert_int_equal(open_text(&f, cases[i].text, &err), -1);
        assert_int_equal(err.code, KIRI_BAD_DATA);
        assert_non_null(strstr(err.text, cases[i].says));
        windows_free(&f);
    }
    struct kiri_error err = { 0 };
    struct windows_file f;
    assert_int_equal(windows_open(&f, "no/such/file", &err), -1);
    assert_int_equal(err.code, KIRI_NO_INPUT);
    windows_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_are_labels),
        cmocka_unit_test(windows_are_found_by_the_end_of_a_name),
        cmocka_unit_test(what_is_no_window_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
