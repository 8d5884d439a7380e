/* tests/bench/column_test.c mirrors bench/column.c. */
#include "bench/column.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/kiri-column-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);

    return fd < 0 || close(fd) ? -1 : 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void a_column_is_read_by_its_name(void **state)
{
    (void)state;
    struct kiri_error err = { 0 };
    double x[3];

    put("timestamp,score\n1,.5\n2,\n3,-7e2\n");
    assert_int_equal(column_read(path, "score", x, 3, &err), 0);
    assert_true(x[0] == .5 && isnan(x[1]) && x[2] == -700);
}

static void what_does_not_fit_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *column, *says;
    } cases[] = {
        { "timestamp,score\n1,.5\n2,7\n", "alarm", "has no column alarm" },
        { "timestamp,score\n1,.5\n", "score", "has 1 rows, not 2" },
        { "timestamp,score\n1,.5\n2,odd\n", "score", ":3: no number in score" },
        { "timestamp,score\n1,1\n2,2\n3,3\n", "score", ":4: " },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kiri_error err = { 0 };
        double x[2];
        put(cases[i].text);
        assert_int_equal(column_read(path, cases[i].column, x, 2, &err), -1);
        assert_non_null(strstr(err.text, cases[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_is_read_by_its_name),
        cmocka_unit_test(what_does_not_fit_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
