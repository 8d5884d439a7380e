/* tests/bench/hdfs_test.c mirrors bench/hdfs.c. */
#include "bench/hdfs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

/* As the published set counts them: 1 in 1,000 normal sessions is 553 false alarms. */
static void false_alarms_weigh_as_in_the_published_set(void **state)
{
    (void)state;
    static const struct {
        size_t wrong, normal, found, abnormal;
        double precision, recall, f1;
    } cases[] = {
        { 0, 1000, 1000, 1000, 1, 1, 1 },
        { 0, 1000, 500, 1000, 1, .5, 2. / 3 },
        { 1, 1000, 970, 1000, 16332.86 / (16332.86 + 553.366), .97, .96861 },
        { 3, 1000, 1000, 1000, 16838 / (16838 + 3 * 553.366), 1, .95301 },
        { 553366, 553366, 16838, 16838, .029530, 1, .057366 },
        { 0, 1000, 0, 1000, 0, 0, 0 },
        { 5, 1000, 0, 1000, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hdfs_score s = hdfs_score(cases[i].normal, cases[i].wrong,
                                         cases[i].abnormal, cases[i].found);
        assert_near(s.precision, cases[i].precision, 1e-5);
        assert_near(s.recall, cases[i].recall, 1e-9);
        assert_near(s.f1, cases[i].f1, 1e-5);
        assert_near(s.false_rate, (double)cases[i].wrong / (double)cases[i].normal, 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_alarms_weigh_as_in_the_published_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
