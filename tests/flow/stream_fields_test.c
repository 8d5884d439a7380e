/* tests/flow/stream_fields_test.c mirrors host/flow/stream_fields.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "flow/stream_fields.h"

#include <math.h>

#define FIELDS 8u

/* A row of noise, field `odd` so much above it; FIELDS: all of them. */
static struct six row(struct fields *f, struct gpt_rng *rng, uint32_t odd, float by)
{
    float excess[FIELDS], all = 0;

    for (uint32_t i = 0; i < FIELDS; i++) {
        excess[i] = (float)(0.5 * gpt_rng_gauss(rng));
        if (i == odd || odd == FIELDS)
            excess[i] += by;
        all += excess[i] / FIELDS;
    }
    return fields_see(f, excess, FIELDS, all, FIELDS);
}

static void usual(struct fields *f, struct gpt_rng *rng, uint32_t rows)
{
    for (uint32_t i = 0; i < rows; i++) {
        row(f, rng, 0, 0);
        fields_learn(f);
    }
}

static void one_field_of_many_is_not_lost_in_the_mean(void **state)
{
    struct fields f = { 0 };
    struct gpt_rng rng;
    struct six six = { 0 };
    (void)state;

    gpt_rng_seed(&rng, 1);
    usual(&f, &rng, 2000);
    for (int i = 0; i < 6; i++)
        six = row(&f, &rng, 3, 2);
    assert_true(six.out > 7);                 /* 2 nats are 10 of its deviations of .2 */
    assert_true(six.sum > 6 && six.sum < 18); /* of that field: 12 */
}

static void what_all_do_a_little_counts_too(void **state)
{
    struct fields f = { 0 };
    struct gpt_rng rng;
    struct six six = { 0 };
    (void)state;

    gpt_rng_seed(&rng, 2);
    usual(&f, &rng, 2000);
    for (int i = 0; i < 6; i++)
        six = row(&f, &rng, FIELDS, 0.5f);
    assert_true(six.out > 4);                  /* of all: .07 is their deviation */
    assert_true(six.sum > 14 && six.sum < 34); /* 8 fields, 6 rows: 24 */
}

static void an_odd_row_is_no_past_at_once(void **state)
{
    struct fields f = { 0 };
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 3);
    usual(&f, &rng, 200);
    double mean = f.mean[3];
    uint32_t n = f.n;
    for (uint32_t i = 0; i < FIELDS_WAIT; i++) {
        row(&f, &rng, 3, 50);
        fields_learn(&f);
    }
    assert_int_equal(f.n, n + FIELDS_WAIT);
    assert_true(fabs(f.mean[3] - mean) < 0.1);
    usual(&f, &rng, 6);
    assert_true(f.mean[3] > mean + 0.1);
}

static void what_the_model_learned_weighs_little(void **state)
{
    struct fields f = { 0 };
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 4);
    usual(&f, &rng, 1000);
    fields_doubt(&f);
    assert_int_equal(f.n, FIELDS_PRIOR);
    assert_true(fields_sound(&f));
    f.variance[2] = -1;
    assert_false(fields_sound(&f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_of_many_is_not_lost_in_the_mean),
        cmocka_unit_test(what_all_do_a_little_counts_too),
        cmocka_unit_test(an_odd_row_is_no_past_at_once),
        cmocka_unit_test(what_the_model_learned_weighs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
