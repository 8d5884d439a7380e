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

/* A row of noise, field `odd` so much above it. */
static struct farthest row(struct fields *f, struct gpt_rng *rng, uint32_t odd, float by)
{
    float excess[FIELDS];

    for (uint32_t i = 0; i < FIELDS; i++)
        excess[i] = (float)(0.5 * gpt_rng_gauss(rng)) + (i == odd ? by : 0);
    return fields_see(f, excess, FIELDS);
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
    struct farthest far = { 0 };
    (void)state;

    gpt_rng_seed(&rng, 1);
    usual(&f, &rng, 2000);
    for (int i = 0; i < 6; i++)
        far = row(&f, &rng, 3, 2);
    assert_true(far.out > 7);                 /* 2 nats are 10 of its deviations of .2 */
    assert_true(far.sum > 6 && far.sum < 18); /* of that field: 12 */
}

static void a_field_that_always_varies_much_is_not_far_out_by_that(void **state)
{
    struct fields f = { 0 };
    struct gpt_rng rng;
    float excess[2];
    (void)state;

    gpt_rng_seed(&rng, 2);
    for (uint32_t i = 0; i < 2000; i++) {
        excess[0] = (float)(2 * gpt_rng_gauss(&rng));
        excess[1] = (float)(0.1 * gpt_rng_gauss(&rng));
        fields_see(&f, excess, 2);
        fields_learn(&f);
    }
    struct farthest far = { 0 };
    for (int i = 0; i < 6; i++)
        far = fields_see(&f, (const float[]){ 1, 1 }, 2);
    assert_true(far.out >
                15); /* the second: 1 is 24 of its deviations of .04, less .01 */
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

static void damage_is_found(void **state)
{
    struct fields f = { 0 };
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 4);
    usual(&f, &rng, 1000);
    assert_true(fields_sound(&f));
    f.variance[2] = -1;
    assert_false(fields_sound(&f));
    f.variance[2] = 1;
    f.recent[0][0] = NAN;
    assert_false(fields_sound(&f));
    f.recent[0][0] = 0;
    f.n_waiting = FIELDS_WAIT + 1;
    assert_false(fields_sound(&f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_of_many_is_not_lost_in_the_mean),
        cmocka_unit_test(a_field_that_always_varies_much_is_not_far_out_by_that),
        cmocka_unit_test(an_odd_row_is_no_past_at_once),
        cmocka_unit_test(damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
