/* tests/detect/detect_sessions_test.c mirrors host/detect/detect_sessions.c and
 * write_session.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../flow/dialogue.h"
#include "base/path.h"
#include "detect/detect.h"
#include "paper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAUGHT = 33 };

static char dir[] = "/tmp/kiri-detect-XXXXXX", file[64];

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(file, sizeof file, "%s/out", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(dir);
}

/* What comes out; NULL when it failed. */
static char *detect(struct detect_options *o, const char *in, size_t n,
                    const struct buf *train, struct detect_report *report,
                    struct kiri_error *err)
{
    char input[PAPER_PATH], before[PAPER_PATH];
    int fd = paper(in, n, input);
    int other = train ? paper(buf_text(train), train->len, before) : -1;
    struct output *out = output_open(file, 1, err);
    size_t len;

    assert_non_null(out);
    o->format = SOURCE_SESSIONS;
    o->seed = 1;
    o->input = input;
    o->train = train ? before : NULL;
    int rc = detect_run(o, out, report, err);
    if (rc)
        output_drop(out);
    else
        assert_int_equal(output_keep(out, err), 0);
    close(fd);
    if (train)
        close(other);
    return rc ? NULL : path_read(file, 1u << 20, &len, err);
}

/* The n-th line, from 0, up to its end. */
static void line_of(const char *text, unsigned n, char *out, size_t cap)
{
    for (; n > 0; n--)
        text = strchr(text, '\n') + 1;
    snprintf(out, cap, "%.*s", (int)strcspn(text, "\n"), text);
}

static void every_session_has_a_row_that_says_what_is_odd(void **state)
{
    static const char in[] = "open hello ask tell close\n"
                             "open hello ask\n"
                             "\n"
                             "open hello ask,\"x\" tell close";
    struct buf train = dialogues(TAUGHT, 1);
    struct detect_options o = { .per_row = 0.05 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    char line[256];

    (void)state;
    char *out = detect(&o, in, strlen(in), &train, &report, &err);
    if (!out)
        fail_msg("%s", err.text);
    assert_int_equal(report.rows, 4);
    assert_int_equal(report.scored, 3);
    assert_int_equal(report.trained, TAUGHT);
    assert_int_equal(report.lessons, 1);
    assert_int_equal(report.alarms, 2);
    line_of(out, 1, line, sizeof line);
    assert_memory_equal(line, "1,", 2);
    assert_non_null(strstr(line, ",0,normal,"));
    line_of(out, 2, line, sizeof line);
    assert_non_null(strstr(line, ",1,alarm,"));
    assert_non_null(strstr(line, ",the end at 4,tell ("));
    assert_non_null(strstr(line, " nats by the GPTs and "));
    line_of(out, 3, line, sizeof line);
    assert_string_equal(line, "3,0,0,1,0,normal,0,,,empty line; not scored");
    line_of(out, 4, line, sizeof line);
    assert_non_null(strstr(line, ",1,alarm,23.02"));
    assert_non_null(strstr(line, ",\"ask,\"\"x\"\" at 3\","));
    assert_non_null(strstr(line, "; a word that was not learned,unknown word"));
    free(out);
    buf_free(&train);
    detect_report_free(&report);
}

static void without_others_the_first_sessions_are_learned(void **state)
{
    struct buf in = dialogues(TAUGHT + 10, 1);
    struct detect_options o = { .warmup = TAUGHT };
    struct detect_report report;
    struct kiri_error err = { 0 };
    char line[256];

    (void)state;
    char *out = detect(&o, buf_text(&in), in.len, NULL, &report, &err);
    assert_non_null(out);
    assert_int_equal(report.rows, TAUGHT + 10);
    assert_int_equal(report.scored, 10);
    assert_int_equal(report.warmup, TAUGHT);
    line_of(out, TAUGHT, line, sizeof line);
    assert_string_equal(line, "33,0,0,1,0,learning,0,,,");
    line_of(out, TAUGHT + 1, line, sizeof line);
    assert_non_null(strstr(line, ",normal,"));
    free(out);
    buf_free(&in);
    detect_report_free(&report);
}

static void any_bytes_are_words(void **state)
{
    enum { LONG = 1 << 20 };
    struct buf in = dialogues(TAUGHT, 1);
    struct detect_options o = { .warmup = TAUGHT };
    struct detect_report report;
    struct kiri_error err = { 0 };
    char *huge = malloc(LONG);

    (void)state;
    assert_non_null(huge);
    buf_put(&in, "\0\xff\x80 \r\v\t\r\n", 9);
    memset(huge, 'x', LONG); /* a word without an end */
    buf_put(&in, huge, LONG);
    buf_puts(&in, "\n");
    for (int i = 0; i < LONG; i += 2) /* words without an end */
        huge[i] = ' ';
    buf_put(&in, huge, LONG);
    char *out = detect(&o, buf_text(&in), in.len, NULL, &report, &err);
    if (!out)
        fail_msg("%s", err.text);
    assert_int_equal(report.rows, TAUGHT + 3);
    assert_int_equal(report.flaws.rows[FLAW_CUT], 2);
    assert_int_equal(report.flaws.rows[FLAW_WORD], 3);
    free(huge);
    free(out);
    buf_free(&in);
    detect_report_free(&report);
}

static void a_file_without_sessions_teaches_nothing(void **state)
{
    struct buf train = { 0 };
    struct detect_options o = { .per_row = 0 };
    struct detect_report report;
    struct kiri_error err = { 0 };

    (void)state;
    buf_puts(&train, "\n  \n");
    assert_null(detect(&o, "a b\n", 4, &train, &report, &err));
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_non_null(strstr(err.text, "no session to learn from"));
    buf_free(&train);
    detect_report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_session_has_a_row_that_says_what_is_odd),
        cmocka_unit_test(without_others_the_first_sessions_are_learned),
        cmocka_unit_test(any_bytes_are_words),
        cmocka_unit_test(a_file_without_sessions_teaches_nothing),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
