/* tests/bench/figures_test.c mirrors bench/figures.c. */
#include "bench/figures.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define assert_near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

static void a_goal_holds_up_to_its_bound(void **state)
{
    (void)state;
    static const struct {
        enum goal goal;
        double value;
        int holds;
    } cases[] = {
        { GOAL_NONE, NAN, 1 },     { GOAL_AT_LEAST, 2, 1 },  { GOAL_AT_LEAST, 1.9, 0 },
        { GOAL_AT_MOST, 2, 1 },    { GOAL_AT_MOST, 2.1, 0 }, { GOAL_WITHIN, 2, 1 },
        { GOAL_WITHIN, .5, 1 },    { GOAL_WITHIN, 2.1, 0 },  { GOAL_WITHIN, .49, 0 },
        { GOAL_AT_LEAST, NAN, 0 }, /* what could not be measured holds nothing */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct figure f = { .value = cases[i].value, .goal = cases[i].goal, .bound = 2 };
        assert_int_equal(figure_holds(&f), cases[i].holds);
    }
}

static char *print(enum figures_form form)
{
    struct figures f = { 0 };
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    figures_add(&f, "a.ratio", 1.25, "ratio", GOAL_WITHIN, 2);
    figures_add(&f, "a.speed", 12345.6, "rows/s", GOAL_AT_LEAST, 20000);
    figures_add(&f, "a.unknown", NAN, "nats", GOAL_NONE, 0);
    assert_int_equal(figures_print(&f, form, out), 0);
    fclose(out);
    figures_free(&f);
    return text;
}

static void programs_read_an_array_with_the_goals(void **state)
{
    (void)state;
    char *text = print(FIGURES_JSON);
    json_t *all = json_loads(text, 0, NULL);

    assert_int_equal(json_array_size(all), 3);
    json_t *speed = json_array_get(all, 1), *unknown = json_array_get(all, 2);
    assert_string_equal(json_string_value(json_object_get(speed, "name")), "a.speed");
    assert_near(json_number_value(json_object_get(speed, "value")), 12345.6, .1);
    assert_near(json_number_value(json_object_get(speed, "goal")), 20000, 0);
    assert_true(json_is_false(json_object_get(speed, "holds")));
    assert_true(json_is_null(json_object_get(unknown, "value")));
    assert_true(json_is_null(json_object_get(unknown, "goal")));
    assert_true(json_is_true(json_object_get(unknown, "holds")));
    json_decref(all);
    free(text);
}

static void a_document_gets_a_table(void **state)
{
    (void)state;
    char *text = print(FIGURES_MARKDOWN);

    assert_non_null(strstr(text, "|---|--:|---|---|---|\n"));
    assert_non_null(strstr(text, "| `a.ratio` | 1.25 | ratio | within ×2 | holds |\n"));
    assert_non_null(strstr(text, "| `a.speed` | 12346 | rows/s | ≥ 20000 | missed |\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_goal_holds_up_to_its_bound),
        cmocka_unit_test(programs_read_an_array_with_the_goals),
        cmocka_unit_test(a_document_gets_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
