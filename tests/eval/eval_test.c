/* tests/eval/eval_test.c mirrors host/eval/eval.c, corpus.c, series.c, scores.c, trial.c,
 * print.c and report.c: files in, figures and a page out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eval/eval.h"
#include "eval/print.h"
#include "eval/report.h"

#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char dir[] = "/tmp/kiri-eval-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int make_dir(void **state)
{
    (void)state;
    return !mkdtemp(dir) || chdir(dir);
}

static int remove_dir(void **state)
{
    (void)state;
    return chdir("/") || nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* A wave of `rows` minutes, with its label, far out for five rows at `odd` and beyond. */
static void put_wave(const char *path, uint32_t rows, uint32_t odd, int labelled)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(labelled ? "timestamp,load,label\n" : "timestamp,load\n", f);
    for (uint32_t i = 0; i < rows; i++) {
        int out = i >= odd && i < odd + 5;
        fprintf(f, "%" PRIu32 ",%.4f", 1700000000 + 60 * i,
                out ? 99 : 5 + sin(i / 20.) + (i * 7919 % 101) / 500.);
        fprintf(f, labelled ? ",%d\n" : "\n", out);
    }
    assert_int_equal(fclose(f), 0);
}

static struct eval_options options(const char *path)
{
    return (struct eval_options){
        .corpus = { .path = path }, .detect = { .seed = 1 }, .buffer = 10, .jobs = 2
    };
}

static void a_labelled_file_is_scored_without_its_labels(void **state)
{
    (void)state;
    struct eval_options o = options("wave.csv");
    struct kiri_error err = { 0 };
    struct eval e;

    put_wave("wave.csv", 600, 400, 1);
    assert_int_equal(eval_run(&o, &e, &err), 0);
    assert_int_equal(e.corpus.n, 1);
    const struct measures *m = &e.trial[0].measured.m;
    assert_int_equal(m->rows, 600);
    assert_int_equal(m->judged, 600 - 90);
    assert_int_equal(m->odd, 5);
    assert_int_equal(m->found, 1);
    assert_true(m->auroc > .6);
    assert_int_equal(e.trial[0].series.n_signals, 1); /* the label is none */
    assert_int_equal(e.trial[0].series.n_reasons, m->alarms);
    assert_non_null(strstr(e.trial[0].series.reason[0].text, "load"));
    eval_free(&e);
}

static void scores_of_others_are_measured_as_they_are(void **state)
{
    (void)state;
    struct eval_options o = options("four.csv");
    struct kiri_error err = { 0 };
    struct eval e;

    put("four.csv", "x,label\n5,0\n6,0\n7,1\n8,1\n");
    put("scores.csv", "score\n.1\n.4\n.35\n.8\n");
    o.corpus.scores = "scores.csv";
    assert_int_equal(eval_run(&o, &e, &err), 0);
    assert_true(fabs(e.all.auroc.value - .75) < 1e-12);
    assert_true(fabs(e.all.ap.value - 5 / 6.) < 1e-12);
    assert_int_equal(e.all.all.has_alarms, 0);
    eval_free(&e);
    o.has_threshold = 1;
    o.threshold = .38;
    assert_int_equal(eval_run(&o, &e, &err), 0);
    assert_int_equal(e.all.all.alarms, 1); /* rows 2 and 4 are too near for two */
    assert_int_equal(e.all.all.found, 0);
    eval_free(&e);
}

static void states_of_learning_are_not_judged(void **state)
{
    (void)state;
    struct eval_options o = options("four.csv");
    struct kiri_error err = { 0 };
    struct eval e;

    put("four.csv", "x,label\n5,1\n6,0\n7,1\n8,0\n");
    put("scores.csv",
        "score,alarm,state\n9,0,learning\n1,0,normal\n2,1,alarm\n3,0,alarm\n");
    o.corpus.scores = "scores.csv";
    assert_int_equal(eval_run(&o, &e, &err), 0);
    assert_int_equal(e.all.all.judged, 3);
    assert_true(fabs(e.all.auroc.value - .5) < 1e-12);
    assert_int_equal(e.all.all.found, 1);
    assert_true(fabs(e.all.all.rows_precision - .5) < 1e-12);
    eval_free(&e);
}

static void make_corpus(void)
{
    mkdir("nab", 0700);
    mkdir("nab/data", 0700);
    mkdir("nab/data/b", 0700);
    mkdir("nab/labels", 0700);
    put_wave("nab/data/a.csv", 300, 200, 0);
    put_wave("nab/data/b/c.csv", 400, 250, 0);
    put_wave("nab/data/b/d.csv", 300, 1000, 0);
    put_wave("nab/data/extra.csv", 300, 100, 0);
    /* rows 200 to 204 are from 1700012000 on, 250 to 254 from 1700015000 on */
    put("nab/labels/combined_windows.json",
        "{\"a.csv\": [[1700012000, 1700012240]], \"b/c.csv\": [[1700015000, "
        "1700015240]], \"b/d.csv\": [], \"gone.csv\": []}");
}

static void a_corpus_is_the_same_with_any_number_of_threads(void **state)
{
    (void)state;
    struct eval_options o = options("nab");
    struct kiri_error err = { 0 };
    struct buf first = { 0 }, again = { 0 };
    struct eval e;

    make_corpus();
    assert_int_equal(eval_run(&o, &e, &err), 0);
    assert_int_equal(e.corpus.n, 3);
    assert_string_equal(e.corpus.stream[1].name, "b/c.csv");
    assert_non_null(strstr(buf_text(&e.remarks), "1 file has no entry"));
    assert_non_null(strstr(buf_text(&e.remarks), "1 entry of the windows has no file"));
    assert_int_equal(e.all.all.events, 2);
    assert_int_equal(e.all.all.odd, 10);
    assert_int_equal(e.all.auroc.of, 2);
    print_json(&e, &o, &first);
    report_write(&e, &o, "0", REPORT_BYTES, &first);
    eval_free(&e);
    o.jobs = 1;
    assert_int_equal(eval_run(&o, &e, &err), 0);
    print_json(&e, &o, &again);
    report_write(&e, &o, "0", REPORT_BYTES, &again);
    assert_string_equal(buf_text(&first), buf_text(&again));
    buf_free(&first);
    buf_free(&again);
    eval_free(&e);
}

static int give_up(void *ctx, const struct eval_progress *p)
{
    (void)ctx;
    (void)p;
    return 1;
}

static void who_gives_up_gets_nothing(void **state)
{
    (void)state;
    struct eval_options o = options("long.csv");
    struct kiri_error err = { 0 };
    struct eval e;

    put_wave("long.csv", 9000, 8000, 1);
    o.progress = give_up;
    assert_int_equal(eval_run(&o, &e, &err), 1);
    eval_free(&e);
}

static void what_cannot_be_measured_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *rows, *scores, *label;
        enum kiri_code code;
        const char *says;
    } cases[] = {
        { "x,lable\n1,0\n2,1\n", "score\n1\n2\n", "label", KIRI_BAD_DATA,
          "f.csv has no column 'label', did you mean 'lable'?" },
        { "x,y\n1,0\n2,1\n", "score\n1\n2\n", NULL, KIRI_BAD_DATA,
          "no column label, anomaly or is_anomaly" },
        { "x,label\n1,0\n2,1\n", "score\n1\n2\n3\n", NULL, KIRI_BAD_DATA,
          "s.csv has 3 rows and the labelled stream 2" },
        { "x,label\n1,0\n2,1\n", "score\n1\n", NULL, KIRI_BAD_DATA,
          "s.csv has 1 row and" },
        { "x,label\n1,0\n2,1\n", "score\n1\nnan\n", NULL, KIRI_BAD_DATA,
          "s.csv:3: 'nan' in column score is no number" },
        { "x,label\n1,0\n2,1\n", "skore\n1\n2\n", NULL, KIRI_BAD_DATA,
          "s.csv has no column 'score', did you mean 'skore'?" },
        { "x,label\n1,0\n2,1\n", "score,alarm\n1,0\n2,maybe\n", NULL, KIRI_BAD_DATA,
          "'maybe' in column alarm" },
        { "x,label\n1,0\n2,0\n", "score\n1\n2\n", NULL, KIRI_BAD_DATA,
          "no row is labelled an anomaly" },
        { "x,label\n1,1\n2,1\n", "score\n1\n2\n", NULL, KIRI_BAD_DATA,
          "every row that is judged is labelled an anomaly" },
        { "x,label\n1,1\n2,0\n", "score,state\n1,learning\n2,normal\n", NULL,
          KIRI_BAD_DATA, "in the warm-up" },
        { "x,label\n1,0\n2,odd\n", "score\n1\n2\n", NULL, KIRI_BAD_DATA,
          "f.csv:3: 'odd' in column label is no label" },
        { "x,label\n", "score\n", NULL, KIRI_BAD_DATA, "f.csv has no rows" },
        { "x,label\n1,0\n2,1\n", NULL, NULL, KIRI_NO_INPUT, "none.csv" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct eval_options o = options("f.csv");
        struct kiri_error err = { 0 };
        struct eval e;
        put("f.csv", cases[i].rows);
        if (cases[i].scores)
            put("s.csv", cases[i].scores);
        o.corpus.scores = cases[i].scores ? "s.csv" : "none.csv";
        o.corpus.label = cases[i].label;
        assert_int_equal(eval_run(&o, &e, &err), -1);
        if (!strstr(err.text, cases[i].says))
            fail_msg("'%s' is not in '%s'", cases[i].says, err.text);
        assert_int_equal(err.code, cases[i].code);
        eval_free(&e);
    }
}

/* ---- the page ---------------------------------------------------------------------- */

static json_t *data_of(const char *page)
{
    const char *begin = strstr(page, "id=\"data\">") + 10,
               *end = strstr(begin, "</script>");

    return json_loadb(begin, (size_t)(end - begin), 0, NULL);
}

static void a_page_needs_nothing_and_runs_nothing_of_the_data(void **state)
{
    (void)state;
    static const char evil[] = "</script><script>alert(1)</script>";
    struct eval_options o = options("<img onerror=alert(1)>.csv");
    struct kiri_error err = { 0 };
    struct buf page = { 0 };
    struct eval e;

    put("<img onerror=alert(1)>.csv",
        "</script><script>alert(1)</script>,label\n5,0\n6,0\n7,1\n8,1\n");
    put("s.csv", "score,alarm,blame\n1,0,\n2,0,\n3,1,<b>&amp;\n4,0,\n");
    o.corpus.scores = "s.csv";
    assert_int_equal(eval_run(&o, &e, &err), 0);
    report_write(&e, &o, "0.1.0", REPORT_BYTES, &page);
    const char *text = buf_text(&page);
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "alert(1)</script>"));
    assert_null(strstr(text, "<b>&amp;"));
    assert_null(strstr(text, "http://"));
    assert_null(strstr(text, "https://"));
    assert_null(strstr(text, "src="));
    assert_null(strstr(text, "@@"));
    json_t *data = data_of(text),
           *stream = json_array_get(json_object_get(data, "streams"), 0);
    json_t *plot = json_object_get(stream, "plot");
    assert_string_equal(json_string_value(json_object_get(stream, "name")),
                        "<img onerror=alert(1)>.csv");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(plot, "name"), 0)), evil);
    assert_string_equal(json_string_value(json_array_get(
                            json_array_get(json_object_get(plot, "alarms"), 0), 2)),
                        "<b>&amp;");
    json_decref(data);
    buf_free(&page);
    eval_free(&e);
}

static void a_page_keeps_to_its_size(void **state)
{
    (void)state;
    struct eval_options o = options("big.csv");
    struct kiri_error err = { 0 };
    struct buf page = { 0 };
    struct eval e;

    FILE *rows = fopen("big.csv", "w"), *scores = fopen("big.scores", "w");
    assert_true(rows && scores);
    fputs("x,y,label\n", rows);
    fputs("score\n", scores);
    for (uint32_t i = 0; i < 12000; i++) {
        fprintf(rows, "%.5g,%.5g,%d\n", sin(i), cos(i / 3.), i % 1000 < 5);
        fprintf(scores, "%.4f\n", fabs(sin(i * 7.)));
    }
    assert_int_equal(fclose(rows) | fclose(scores), 0);
    o.corpus.scores = "big.scores";
    assert_int_equal(eval_run(&o, &e, &err), 0);
    report_write(&e, &o, "0", 50000, &page);
    assert_true(page.len < 50000 * 5 / 4 + 80000); /* and the page itself */
    json_t *data = data_of(buf_text(&page));
    json_t *plot =
        json_object_get(json_array_get(json_object_get(data, "streams"), 0), "plot");
    assert_true(json_integer_value(json_object_get(plot, "k")) > 1);
    assert_int_equal(json_array_size(json_object_get(plot, "events")), 12);
    json_decref(data);
    buf_free(&page);
    eval_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_labelled_file_is_scored_without_its_labels),
        cmocka_unit_test(scores_of_others_are_measured_as_they_are),
        cmocka_unit_test(states_of_learning_are_not_judged),
        cmocka_unit_test(a_corpus_is_the_same_with_any_number_of_threads),
        cmocka_unit_test(who_gives_up_gets_nothing),
        cmocka_unit_test(what_cannot_be_measured_is_refused_with_a_sentence),
        cmocka_unit_test(a_page_needs_nothing_and_runs_nothing_of_the_data),
        cmocka_unit_test(a_page_keeps_to_its_size),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
