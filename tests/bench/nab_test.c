/* tests/bench/nab_test.c mirrors bench/nab.c and bench/nab_file.c. */
#include "bench/nab.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

#define ROWS 100u

/* A hundred rows, the first 15 not judged; rows 50 to 59 are one anomaly. */
static struct nab_window window[] = { { 50, 59 } };
static char one_name[] = "a/one.csv";
static struct nab_file one[] = { { one_name, ROWS, 15, 1, window } };
static const struct nab corpus = { one, 1 };

/* The score of a detector that is 1 at these rows, 0 elsewhere. */
static double of(const uint32_t *row, size_t n, const struct nab_profile *p)
{
    double score[ROWS] = { 0 }, *all[] = { score };

    for (size_t i = 0; i < n; i++)
        score[row[i]] = 1;
    double swept = nab_swept(&corpus, all, p, NULL);
    if (n) /* the best threshold is the only one that says anything */
        assert_near(swept, nab_fixed(&corpus, all, p, 1), 1e-9);
    return swept;
}

static void each_row_earns_and_costs_by_its_place(void **state)
{
    (void)state;
    static const struct {
        uint32_t row[2];
        size_t n;
        const struct nab_profile *profile;
        double score;
    } cases[] = {
        { { 0 }, 0, &nab_standard, 0 },          /* says nothing                    */
        { { 50 }, 1, &nab_standard, 100 },       /* at the first row                */
        { { 59 }, 1, &nab_standard, 62.412 },    /* at the last: little more than 0 */
        { { 50, 59 }, 2, &nab_standard, 100 },   /* the first counts                */
        { { 20, 50 }, 2, &nab_standard, 94.5 },  /* a false row before              */
        { { 50, 60 }, 2, &nab_standard, 98.51 }, /* one just behind is forgiven     */
        { { 5, 50 }, 2, &nab_standard, 100 },    /* too early to be judged          */
        { { 20, 50 }, 2, &nab_low_fp, 89 },      /* (1 - .22 + 1) / 2               */
        { { 20, 50 }, 2, &nab_low_fn, 96.333 },  /* (1 - .11 + 2) / 3               */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_near(of(cases[i].row, cases[i].n, cases[i].profile), cases[i].score, .005);
}

static void the_best_threshold_is_one_for_all_files(void **state)
{
    (void)state;
    struct nab_file files[] = { one[0], one[0] };
    const struct nab two = { files, 2 };
    double high[ROWS] = { 0 }, low[ROWS] = { 0 }, *all[] = { high, low }, at;

    high[50] = 9;
    high[20] = 5; /* between the two that are right */
    low[50] = 4;
    double swept = nab_swept(&two, all, &nab_standard, &at);
    assert_near(at, 4, 0);
    assert_near(swept, 100 * (2 - .11 + 2) / 4, .001);
    assert_near(nab_fixed(&two, all, &nab_standard, 5), 100 * (1 - .11 - 1 + 2) / 4,
                .001);
}

static void a_detector_that_always_shouts_is_worse_than_silence(void **state)
{
    (void)state;
    double score[ROWS], *all[] = { score };

    for (uint32_t i = 0; i < ROWS; i++)
        score[i] = 1;
    assert_true(nab_fixed(&corpus, all, &nab_standard, 1) < 0);
    assert_near(nab_swept(&corpus, all, &nab_standard, NULL), 0, 0);
}

/* ---- files ------------------------------------------------------------------------ */

static char dir[] = "/tmp/kiri-nab-XXXXXX";
static const char *const parts[] = {
    "/labels/combined_windows.json", "/data/g/a.csv", "/labels", "/data/g", "/data", ""
};

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make_folder(void **state)
{
    char path[128];

    (void)state;
    if (!mkdtemp(dir))
        return -1;
    for (size_t i = 4; i >= 2; i--) { /* the outer ones first */
        snprintf(path, sizeof path, "%s%s", dir, parts[i]);
        if (mkdir(path, 0700))
            return -1;
    }
    put("/data/g/a.csv", "timestamp,value\n"
                         "2014-04-01 00:00:00,1\n2014-04-01 00:05:00,2\n"
                         "2014-04-01 00:05:00,3\n2014-04-01 00:10:00,4\n");
    return 0;
}

static int remove_folder(void **state)
{
    char path[128];

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s%s", dir, parts[i]);
        remove(path);
    }
    return 0;
}

static void windows_are_found_by_their_times(void **state)
{
    (void)state;
    struct kiri_error err = { 0 };
    struct nab nab;

    put("/labels/combined_windows.json",
        "{\"g/a.csv\": [[\"2014-04-01 00:05:00.000000\", \"2014-04-01 "
        "00:10:00.000000\"]]}");
    assert_int_equal(nab_open(&nab, dir, &err), 0);
    assert_int_equal(nab.n, 1);
    assert_int_equal(nab.file[0].rows, 4);
    assert_int_equal(nab.file[0].window[0].first, 1); /* of two such times the first */
    assert_int_equal(nab.file[0].window[0].last, 3);
    nab_free(&nab);
}

static void labels_that_the_file_does_not_have_are_refused(void **state)
{
    (void)state;
    struct kiri_error err = { 0 };
    struct nab nab;

    put("/labels/combined_windows.json",
        "{\"g/a.csv\": [[\"2015-04-01 00:05:00\", \"2014-04-01 00:10:00\"]]}");
    assert_int_equal(nab_open(&nab, dir, &err), -1);
    assert_non_null(
        strstr(err.text, "g/a.csv: window 1 of the labels is not in the file"));
    nab_free(&nab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_earns_and_costs_by_its_place),
        cmocka_unit_test(the_best_threshold_is_one_for_all_files),
        cmocka_unit_test(a_detector_that_always_shouts_is_worse_than_silence),
        cmocka_unit_test(windows_are_found_by_their_times),
        cmocka_unit_test(labels_that_the_file_does_not_have_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
