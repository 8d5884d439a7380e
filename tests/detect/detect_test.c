/* tests/detect/detect_test.c mirrors host/detect/detect.c and write.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/path.h"
#include "detect/detect.h"
#include "flow/stream.h"
#include "paper.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST (16u << 20)

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

/* A daily wave and a little noise, the same everywhere; far out at row `odd`. */
static double wave(uint32_t i, uint32_t odd)
{
    uint32_t noise = (i * 2654435761u) >> 16 & 1023u;

    return i == odd ? 900 : 50 + (double)(i % 288) / 8 + (double)noise / 256;
}

static void write_wave(uint32_t from, uint32_t to, uint32_t odd, struct buf *out)
{
    buf_puts(out, "ts,v\n");
    for (uint32_t i = from; i < to; i++)
        buf_putf(out, "%u,%.17g\n", 1700000000u + 300 * i, wave(i, odd));
}

/* What comes out; NULL when it failed. */
static char *detect(struct detect_options *o, const struct buf *in,
                    const struct buf *train, struct detect_report *report,
                    struct kiri_error *err)
{
    char input[PAPER_PATH], before[PAPER_PATH];
    int fd = paper(buf_text(in), in->len, input);
    int other = train ? paper(buf_text(train), train->len, before) : -1;
    struct output *out = output_open(file, 1, err);
    size_t len;

    assert_non_null(out);
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
    return rc ? NULL : path_read(file, MOST, &len, err);
}

static unsigned lines(const char *text)
{
    unsigned n = 0;

    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

/* The n-th line's cell of that column (no quotes in it), from 0. */
static double cell(const char *text, unsigned line, unsigned column)
{
    for (; line; line--)
        text = strchr(text, '\n') + 1;
    for (; column; column--)
        text = strchr(text, ',') + 1;
    return strtod(text, NULL);
}

enum { TIME, SURPRISE, SCORE, TAIL, ALARM, STATE, NATS };

static void rows_are_scored_as_a_stream_scores_them(void **state)
{
    const struct kiri_field field = {
        .name = "v", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS
    };
    const struct kiri_schema schema = { .size = sizeof schema,
                                        .n_fields = 1,
                                        .fields = &field };
    const struct stream_options so = { .seed = 7,
                                       .warmup = 300,
                                       .alarm_rate = 300.0 / 86400 };
    struct detect_options o = { .format = SOURCE_CSV, .warmup = 300, .seed = 7 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf in = { 0 };
    struct stream_lesson lesson;
    struct verdict d;
    char why[200];

    (void)state;
    write_wave(0, 900, 800, &in);
    char *out = detect(&o, &in, NULL, &report, &err);
    assert_non_null(out);
    struct stream *s = stream_new(&schema, &so, why, sizeof why);
    assert_non_null(s);
    for (uint32_t i = 0; i < 900; i++) {
        union kiri_value v = { .num = wave(i, 800) };
        struct stream_row row = { i + 1, (1700000000 + 300 * (int64_t)i) * 1000, &v };
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &row, &d), 0);
        assert_true(fabs(cell(out, i + 1, SURPRISE) - (double)d.surprise) < 1e-4);
        assert_true(fabs(cell(out, i + 1, SCORE) - (double)d.score) < 1e-4);
        assert_true(fabs(cell(out, i + 1, TAIL) / (double)d.tail - 1) < 1e-4);
        assert_int_equal((int)cell(out, i + 1, ALARM), d.onset);
    }
    assert_int_equal(report.rows, 900);
    assert_int_equal(report.scored, 600);
    stream_free(s);
    free(out);
    buf_free(&in);
    detect_report_free(&report);
}

static void a_row_says_when_what_and_what_instead(void **state)
{
    struct detect_options o = { .format = SOURCE_CSV, .warmup = 300, .seed = 1 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf in = { 0 };

    (void)state;
    write_wave(0, 900, 800, &in);
    char *out = detect(&o, &in, NULL, &report, &err);
    assert_non_null(out);
    assert_int_equal(lines(out), 901);
    assert_int_equal((int)(cell(out, 801, TIME) - (1700000000.0 + 300 * 800)), 0);
    assert_int_equal((int)cell(out, 801, ALARM), 1);
    assert_int_equal((int)cell(out, 800, ALARM), 0);
    const char *row = strstr(out, "\n1700240000,");
    assert_non_null(row);
    assert_non_null(strstr(row, ",v,"));
    assert_non_null(strstr(row, " to "));
    free(out);
    buf_free(&in);
    detect_report_free(&report);
}

static void nothing_is_known_before_it_comes(void **state)
{
    struct detect_options o = { .format = SOURCE_CSV, .warmup = 300, .seed = 1 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf half = { 0 }, whole = { 0 };

    (void)state;
    write_wave(0, 600, 9999, &half);
    write_wave(0, 900, 700, &whole);
    char *a = detect(&o, &half, NULL, &report, &err);
    detect_report_free(&report);
    char *b = detect(&o, &whole, NULL, &report, &err);
    detect_report_free(&report);
    assert_non_null(a);
    assert_non_null(b);
    assert_memory_equal(a, b, strlen(a));
    free(a);
    free(b);
    buf_free(&half);
    buf_free(&whole);
}

static void rows_to_train_on_are_as_if_they_stood_before(void **state)
{
    struct detect_options o = { .format = SOURCE_CSV, .warmup = 300, .seed = 1 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf first = { 0 }, second = { 0 }, whole = { 0 };

    (void)state;
    write_wave(0, 600, 9999, &first);
    write_wave(600, 900, 700, &second);
    write_wave(0, 900, 700, &whole);
    char *a = detect(&o, &second, &first, &report, &err);
    assert_int_equal(report.rows, 300);
    assert_int_equal(report.scored, 300);
    assert_int_equal(report.trained, 600);
    detect_report_free(&report);
    char *b = detect(&o, &whole, NULL, &report, &err);
    detect_report_free(&report);
    assert_non_null(a);
    assert_non_null(b);
    const char *tail_of_b = b;
    for (int i = 0; i < 601; i++)
        tail_of_b = strchr(tail_of_b, '\n') + 1;
    assert_string_equal(strchr(a, '\n') + 1, tail_of_b);
    free(a);
    free(b);
    buf_free(&first);
    buf_free(&second);
    buf_free(&whole);
}

static void the_warm_up_is_a_share_of_a_file(void **state)
{
    static const struct {
        uint64_t rows, warmup;
        double share;
        uint64_t expected;
    } cases[] = {
        { 100, 0, 0, 15 },  { 5, 0, 0, 1 },       { 100, 0, .5, 50 },
        { 100, 30, 0, 30 }, { 100, 500, 0, 500 }, { 5010, 0, 0, 750 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct detect_options o = { .format = SOURCE_CSV,
                                    .warmup = cases[i].warmup,
                                    .share = cases[i].share };
        struct detect_report report;
        struct kiri_error err = { 0 };
        struct buf in = { 0 };
        write_wave(0, (uint32_t)cases[i].rows, 9999, &in);
        char *out = detect(&o, &in, NULL, &report, &err);
        assert_non_null(out);
        assert_int_equal(report.warmup, cases[i].expected);
        assert_int_equal(report.rows, cases[i].rows);
        free(out);
        buf_free(&in);
        detect_report_free(&report);
    }
}

static void the_budget_is_by_time_where_there_are_times(void **state)
{
    static const struct {
        const char *text;
        enum source_format format;
        double per_second, per_row, expected;
    } cases[] = {
        { "ts,v\n0,1\n60,2\n120,3\n", SOURCE_CSV, 0, 0, 60.0 / 86400 },
        { "ts,v\n0,1\n60,2\n120,3\n", SOURCE_CSV, 1.0 / 3600, 0, 60.0 / 3600 },
        { "ts,v\n0,1\n60,2\n120,3\n", SOURCE_CSV, 0, .02, .02 },
        { "ts,v\n0,1\n1200,2\n2400,3\n", SOURCE_CSV, 0, 0, 1200.0 / 86400 },
        { "ts,v\n0,1\n1800,2\n3600,3\n", SOURCE_CSV, 0, 0, .001 }, /* too few a day */
        { "ts,v\n0,1\n1800,2\n3600,3\n", SOURCE_CSV, 1.0 / 86400, 0, 1800.0 / 86400 },
        { "v\n1\n2\n3\n", SOURCE_CSV, 0, 0, .001 },
        { "1\n2\n3\n", SOURCE_LINES, 0, 0, .003 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct detect_options o = { .format = cases[i].format,
                                    .warmup = 100,
                                    .per_second = cases[i].per_second,
                                    .per_row = cases[i].per_row };
        struct detect_report report;
        struct kiri_error err = { 0 };
        struct buf in = { 0 };
        buf_puts(&in, cases[i].text);
        char *out = detect(&o, &in, NULL, &report, &err);
        assert_non_null(out);
        assert_true(fabs(report.per_row - cases[i].expected) < 1e-12);
        free(out);
        buf_free(&in);
        detect_report_free(&report);
    }
}

static void a_budget_by_time_needs_times(void **state)
{
    struct detect_options o = { .format = SOURCE_CSV, .per_second = 1 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf in = { 0 };

    (void)state;
    buf_puts(&in, "v\n1\n2\n");
    assert_null(detect(&o, &in, NULL, &report, &err));
    assert_int_equal(err.code, KIRI_USAGE);
    assert_non_null(strstr(err.text, "--timestamp"));
    buf_free(&in);
    detect_report_free(&report);
}

/* Every row of the input is a row of the output, whatever is wrong with it. */
static void no_row_is_lost_or_moved(void **state)
{
    static const char *const odd[] = { "x",     "",         "nan",   "inf", "-inf",
                                       "1,2,3", "\"a\nb\"", "1e999", "0x1" };
    const uint32_t kinds = sizeof odd / sizeof *odd, rows = 600;
    struct detect_options o = { .format = SOURCE_CSV, .warmup = 100, .seed = 1 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf in = { 0 };

    (void)state;
    buf_puts(&in, "ts,v\n");
    for (uint32_t i = 0; i < rows; i++) {
        buf_putf(&in, "%u,", i + 1);
        if (i % 10 == 9)
            buf_putf(&in, "%s\n", odd[i / 10 % kinds]);
        else
            buf_putf(&in, "%.9g\n", wave(i, 9999));
    }
    char *out = detect(&o, &in, NULL, &report, &err);
    if (!out)
        fail_msg("%s", err.text);
    assert_int_equal(lines(out), rows + 1);
    for (uint32_t i = 0; i < rows; i++) {
        assert_int_equal((uint32_t)cell(out, i + 1, TIME), i + 1);
        assert_true(cell(out, i + 1, SCORE) >= 0);
        assert_true(cell(out, i + 1, TAIL) > 0);
    }
    free(out);
    buf_free(&in);
    detect_report_free(&report);
}

static void columns_that_never_change_are_no_alarm(void **state)
{
    struct detect_options o = { .format = SOURCE_CSV, .warmup = 200, .seed = 1 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf in = { 0 };

    (void)state;
    buf_puts(&in, "v,w,s\n");
    for (uint32_t i = 0; i < 600; i++)
        buf_puts(&in, i == 500 ? "7,8,bad\n" : "7,8,ok\n");
    char *out = detect(&o, &in, NULL, &report, &err);
    assert_non_null(out);
    assert_int_equal(report.alarms, 1);
    assert_int_equal((int)cell(out, 501, ALARM), 1);
    assert_int_equal(report.flaws.rows[FLAW_WORD], 1);
    assert_non_null(strstr(buf_text(&report.remarks), "column v is the same"));
    free(out);
    buf_free(&in);
    detect_report_free(&report);
}

static void odd_lines_stand_out_from_those_learned(void **state)
{
    struct detect_options o = { .format = SOURCE_LINES, .seed = 1 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf train = { 0 }, in = { 0 };

    (void)state;
    for (uint32_t i = 0; i < 80; i++)
        buf_putf(&train, "r%u\n", 10 + i * 7 % 5);
    buf_puts(&in, "r13\nzQ$!!\n\nr11\n");
    char *out = detect(&o, &in, &train, &report, &err);
    assert_non_null(out);
    assert_int_equal(lines(out), 5);
    assert_int_equal((int)cell(out, 1, ALARM), 0);
    assert_int_equal((int)cell(out, 2, ALARM), 1);
    assert_int_equal((int)cell(out, 3, ALARM), 1);
    assert_int_equal((int)cell(out, 4, ALARM), 0);
    free(out);
    buf_free(&in);
    buf_free(&train);
    detect_report_free(&report);
}

static int give_up(void *ctx, const struct detect_progress *p)
{
    (void)ctx;
    return p->rows >= 512;
}

static void who_gives_up_leaves_no_file(void **state)
{
    struct detect_options o = { .format = SOURCE_CSV,
                                .warmup = 300,
                                .progress = give_up };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct buf in = { 0 };

    (void)state;
    unlink(file);
    write_wave(0, 900, 800, &in);
    assert_null(detect(&o, &in, NULL, &report, &err));
    assert_int_equal(err.code, KIRI_FINE);
    assert_int_equal(report.rows, 512);
    assert_int_equal(access(file, F_OK), -1);
    buf_free(&in);
    detect_report_free(&report);
}

struct told {
    uint32_t rows, fields, alarms;
};

static void hear(void *ctx, const struct detect_row *row)
{
    struct told *told = ctx;

    told->rows++;
    told->fields = row->plan->schema->n_fields;
    told->alarms += row->v && row->v->onset;
}

static void a_column_can_be_left_out_and_rows_be_heard(void **state)
{
    struct detect_options o = { .format = SOURCE_CSV, .warmup = 300, .seed = 1 };
    struct detect_report report;
    struct kiri_error err = { 0 };
    struct told told = { 0 };
    struct buf in = { 0 }, labelled = { 0 };
    char path[PAPER_PATH];

    (void)state;
    write_wave(0, 600, 500, &in);
    char *plain = detect(&o, &in, NULL, &report, &err);
    assert_non_null(plain);
    detect_report_free(&report);
    buf_puts(&labelled, "ts,odd,v\n");
    for (uint32_t i = 0; i < 600; i++)
        buf_putf(&labelled, "%u,%d,%.17g\n", 1700000000u + 300 * i, i == 500,
                 wave(i, 500));
    o.without = "odd";
    o.each = hear;
    o.ctx = &told;
    char *same = detect(&o, &labelled, NULL, &report, &err);
    assert_string_equal(plain, same);
    assert_int_equal(told.rows, 600);
    assert_int_equal(told.fields, 1);
    assert_int_equal(told.alarms, report.alarms);

    detect_report_free(&report);
    told = (struct told){ 0 }; /* and nobody has to write them */
    int fd = paper(buf_text(&labelled), labelled.len, path);
    o.input = path;
    assert_int_equal(detect_run(&o, NULL, &report, &err), 0);
    close(fd);
    assert_int_equal(told.rows, 600);
    assert_int_equal(told.alarms, report.alarms);
    detect_report_free(&report);
    free(plain);
    free(same);
    buf_free(&in);
    buf_free(&labelled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_scored_as_a_stream_scores_them),
        cmocka_unit_test(a_row_says_when_what_and_what_instead),
        cmocka_unit_test(nothing_is_known_before_it_comes),
        cmocka_unit_test(rows_to_train_on_are_as_if_they_stood_before),
        cmocka_unit_test(the_warm_up_is_a_share_of_a_file),
        cmocka_unit_test(the_budget_is_by_time_where_there_are_times),
        cmocka_unit_test(a_budget_by_time_needs_times),
        cmocka_unit_test(no_row_is_lost_or_moved),
        cmocka_unit_test(columns_that_never_change_are_no_alarm),
        cmocka_unit_test(odd_lines_stand_out_from_those_learned),
        cmocka_unit_test(who_gives_up_leaves_no_file),
        cmocka_unit_test(a_column_can_be_left_out_and_rows_be_heard),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
