/*
 * One step of training: what counts, what is refused, what a file carries on.
 */
#include "sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct gpt *g;
    struct gpt_trainer *t;
    struct sample window[3];
    struct gpt_example e[3];
};

static struct fixture *set_up(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->g = gpt_new(&sample_odd, 5);
    f->t = gpt_trainer_new(&sample_odd, 3);
    for (uint32_t i = 0; i < 3; i++) {
        sample_full(&f->window[i], &sample_odd, 21 - 6 * i, 30 + i);
        f->e[i] = f->window[i].e;
    }
    return f;
}

static void tear_down(struct fixture *f)
{
    gpt_trainer_free(f->t);
    gpt_free(f->g);
    free(f);
}

static float step(struct fixture *f, uint32_t n)
{
    return gpt_train_step(f->g, f->t, f->e, n, &sample_adam, NULL);
}

/* Everything that a step may change, in one number. */
static uint64_t hash_of(const struct fixture *f)
{
    uint64_t hash = sample_hash(f->g) ^ (gpt_steps(f->t) * 0x9e3779b97f4a7c15u);
    float values[61 * 144];
    for (int which = 0; which < 2; which++)
        for (uint32_t i = 0; i < gpt_matrices(&sample_odd); i++) {
            struct gpt_matrix m;
            gpt_matrix_at(&sample_odd, i, &m);
            gpt_moments_read(f->t, which, i, values);
            for (size_t k = 0; k < (size_t)m.rows * m.cols; k++) {
                uint32_t bits;
                memcpy(&bits, &values[k], sizeof bits);
                hash = (hash ^ bits) * 0x100000001b3u;
            }
        }
    return hash;
}

static void training_lowers_the_loss(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    const float first = step(f, 3);
    assert_true(first > 3.5f && first < 4.7f); /* near ln 61 */
    float last = first;
    for (int i = 0; i < 60; i++)
        last = step(f, 3);
    assert_true(last < 0.6f * first);
    assert_int_equal(gpt_steps(f->t), 61);
    tear_down(f);
}

/* Kingma & Ba: bias correction makes the first step lr * sign(gradient). */
static void the_first_step_has_the_size_of_the_rate(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    float before[61 * 36], after[61 * 36], grad[61 * 36];
    gpt_read(f->g, 2, before);
    step(f, 3);
    gpt_read(f->g, 2, after);
    gpt_gradient(f->t, 2, grad);
    for (size_t k = 0; k < 61 * 36; k++)
        if (fabsf(grad[k]) > 1e-5f)
            assert_true(fabsf(after[k] - before[k] + copysignf(.01f, grad[k])) < 2e-5f);
    tear_down(f);
}

static void a_masked_position_is_not_learned(void **state)
{
    (void)state;
    struct fixture *a = set_up(), *b = set_up();
    for (uint32_t t = 0; t < 21; t++)
        if (a->window[0].mask[t] == 0) /* another target there is no difference */
            b->window[0].target[t].first = (uint16_t)(a->window[0].target[t].first ^ 1);
    const float loss = step(a, 3);
    assert_true(loss == step(b, 3));
    assert_true(hash_of(a) == hash_of(b));
    b->window[0].target[0].first ^= 1; /* a position that counts is one */
    assert_true(step(a, 3) != step(b, 3));
    tear_down(a);
    tear_down(b);
}

static void a_weight_of_two_is_the_example_twice(void **state)
{
    (void)state;
    struct fixture *a = set_up(), *b = set_up();
    a->e[0].weight = 2;
    a->e[1].weight = 1;
    b->e[0].weight = 1;
    b->e[1] = b->e[0];
    b->e[2] = a->e[1];
    assert_true(fabsf(step(a, 2) - step(b, 3)) < 1e-5f);
    float x[61 * 36], y[61 * 36];
    gpt_gradient(a->t, 2, x);
    gpt_gradient(b->t, 2, y);
    for (size_t k = 0; k < 61 * 36; k++)
        assert_true(fabsf(x[k] - y[k]) < 1e-6f);
    tear_down(a);
    tear_down(b);
}

static void a_hard_target_is_a_soft_one_with_one_word(void **state)
{
    (void)state;
    struct fixture *a = set_up(), *b = set_up();
    static const float one = 1;
    for (uint32_t t = 0; t < 21; t++)
        b->window[0].target[t] =
            (struct gpt_target){ .p = &one, .first = a->window[0].id[t + 1], .n = 1 };
    a->e[0].target = NULL;
    assert_true(step(a, 1) == step(b, 1));
    assert_true(hash_of(a) == hash_of(b));
    tear_down(a);
    tear_down(b);
}

static void an_unknown_symbol_is_never_a_target(void **state)
{
    (void)state;
    struct fixture *a = set_up(), *b = set_up();
    float mask[21];
    for (uint32_t t = 0; t < 21; t++)
        mask[t] = t != 20;
    for (struct fixture *f = a;; f = b) {
        f->e[0] = (struct gpt_example){
            .n = 21, .id = f->window[0].id, .next = f->window[0].id + 1, .weight = 1
        };
        if (f == b)
            break;
    }
    a->window[0].id[21] = 61;
    b->e[0].mask = mask;
    assert_true(step(a, 1) == step(b, 1));
    assert_true(hash_of(a) == hash_of(b));
    tear_down(a);
    tear_down(b);
}

/* Loss of w with every weight of matrix i moved by h along the sign of its gradient. */
static double loss_along(const struct gpt_shape *s, const struct sample *w, uint32_t i,
                         const float *grad, size_t n, float h)
{
    struct gpt *g = gpt_new(s, 6);
    struct gpt_trainer *t = gpt_trainer_new(s, 1);
    float *values = calloc(n, sizeof *values);
    gpt_read(g, i, values);
    for (size_t k = 0; k < n; k++)
        values[k] += grad[k] > 0 ? h : -h;
    assert_int_equal(gpt_write(g, i, values), 0);
    const float loss = gpt_train_step(g, t, &w->e, 1, &sample_adam, NULL);
    free(values);
    gpt_trainer_free(t);
    gpt_free(g);
    return (double)loss;
}

/* Longer than the head takes at once, which the exact check in gradient_test.c is not. */
static void a_long_window_has_the_slope_that_its_gradient_says(void **state)
{
    (void)state;
    static const struct gpt_shape s = { 29, 20, 5, 2, 150, 0 };
    static struct sample w;
    sample_plain(&w, &s, 150, 42);
    struct gpt *g = gpt_new(&s, 6);
    struct gpt_trainer *t = gpt_trainer_new(&s, 1);
    gpt_train_step(g, t, &w.e, 1, &sample_adam, NULL);
    for (uint32_t i = 0; i < gpt_matrices(&s); i++) {
        struct gpt_matrix m;
        gpt_matrix_at(&s, i, &m);
        const size_t n = (size_t)m.rows * m.cols;
        float *grad = calloc(n, sizeof *grad);
        gpt_gradient(t, i, grad);
        double want = 0;
        for (size_t k = 0; k < n; k++)
            want += fabs((double)grad[k]);
        const float h = 1e-4f;
        const double noise = 4e-7 / (double)h; /* of a loss in float, near 3.4 nats */
        const double rise =
            loss_along(&s, &w, i, grad, n, h) - loss_along(&s, &w, i, grad, n, -h);
        assert_true(fabs(rise / (2 * (double)h) - want) <= .01 * want + noise);
        free(grad);
    }
    gpt_trainer_free(t);
    gpt_free(g);
}

/* Gradient of matrix i after one step of fresh weights on n windows. */
static void gradient_of(const struct gpt_shape *s, const struct gpt_example *e,
                        uint32_t n, uint32_t i, float *out)
{
    struct gpt *g = gpt_new(s, 6);
    struct gpt_trainer *t = gpt_trainer_new(s, n);
    gpt_train_step(g, t, e, n, &sample_adam, NULL);
    gpt_gradient(t, i, out);
    gpt_trainer_free(t);
    gpt_free(g);
}

/* Windows go through the model in packs, which these fill in every way: alone, several at
 * once, more than one pack for each lane. */
static void a_batch_has_the_sum_of_its_windows_gradients(void **state)
{
    (void)state;
    enum { WINDOWS = 23, SIZE = 20 * 20 };
    static const struct gpt_shape shapes[] = { { 29, 20, 5, 2, 70, 0 },
                                               { 29, 20, 5, 2, 150, 0 },
                                               { 29, 20, 5, 2, 40, 0 } };
    static const uint32_t matrices[] = { 0, 1, 2, 3 };
    static struct sample w[WINDOWS];
    struct gpt_example e[WINDOWS];
    float all[150 * 20], one[150 * 20];
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        double total = 0;
        for (uint32_t i = 0; i < WINDOWS; i++) {
            sample_plain(&w[i], &shapes[s], 1 + i * (shapes[s].context - 1) / 22, 50 + i);
            e[i] = w[i].e;
            total += e[i].n;
        }
        for (size_t m = 0; m < sizeof matrices / sizeof *matrices; m++) {
            double sum[SIZE] = { 0 };
            gradient_of(&shapes[s], e, WINDOWS, matrices[m], all);
            for (uint32_t i = 0; i < WINDOWS; i++) {
                gradient_of(&shapes[s], &e[i], 1, matrices[m], one);
                for (size_t k = 0; k < SIZE; k++)
                    sum[k] += (double)one[k] * e[i].n / total;
            }
            for (size_t k = 0; k < SIZE; k++)
                assert_true(fabs(sum[k] - (double)all[k]) < 1e-6);
        }
    }
}

static void nothing_to_learn_changes_nothing(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    step(f, 3);
    const uint64_t before = hash_of(f);
    for (uint32_t i = 0; i < 3; i++)
        memset(f->window[i].mask, 0, sizeof f->window[i].mask);
    assert_true(step(f, 3) == 0);
    assert_true(step(f, 0) == 0);
    assert_true(hash_of(f) == before);
    tear_down(f);
}

static void assert_rejected(struct fixture *f, uint64_t before)
{
    assert_true(isnan(step(f, 3)));
    assert_true(hash_of(f) == before);
}

static void a_step_that_is_not_finite_is_rejected(void **state)
{
    (void)state;
    struct fixture *f = set_up(), *twin = set_up();
    step(f, 3);
    step(twin, 3);
    const uint64_t before = hash_of(f);

    f->window[1].p[2][0] = NAN;
    assert_rejected(f, before);
    f->window[1].p[2][0] = INFINITY;
    assert_rejected(f, before);
    f->window[1].p[2][0] = 1e30f; /* finite, but its square is not */
    assert_rejected(f, before);
    f->window[1].p[2][0] = twin->window[1].p[2][0];
    f->window[2].mask[2] = NAN;
    assert_rejected(f, before);
    f->window[2].mask[2] = twin->window[2].mask[2];
    f->e[0].weight = INFINITY;
    assert_rejected(f, before);
    f->e[0].weight = twin->e[0].weight;

    /* and the next good step is as if nothing had been */
    assert_true(step(f, 3) == step(twin, 3));
    assert_true(hash_of(f) == hash_of(twin));
    tear_down(f);
    tear_down(twin);
}

static void weights_that_overflow_are_not_trained(void **state)
{
    (void)state;
    static const uint32_t matrices[] = { 2, 4, 6, 8 };
    static float big[61 * 144];
    for (size_t i = 0; i < sizeof big / sizeof *big; i++)
        big[i] = i % 3 ? 3e38f : -3e38f;
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) {
        struct fixture *f = set_up();
        assert_int_equal(gpt_write(f->g, matrices[i], big), 0);
        assert_rejected(f, hash_of(f));
        tear_down(f);
    }
}

static void copy_moments(const struct fixture *from, struct fixture *to)
{
    float values[61 * 144];
    for (int which = 0; which < 2; which++)
        for (uint32_t i = 0; i < gpt_matrices(&sample_odd); i++) {
            gpt_moments_read(from->t, which, i, values);
            assert_int_equal(gpt_moments_write(to->t, which, i, values), 0);
        }
    gpt_steps_set(to->t, gpt_steps(from->t));
}

static void training_goes_on_from_its_moments_bit_for_bit(void **state)
{
    (void)state;
    struct fixture *f = set_up(), *later = set_up();
    for (int i = 0; i < 5; i++)
        step(f, 3);
    gpt_free(later->g);
    later->g = gpt_copy(f->g);
    copy_moments(f, later);
    for (int i = 0; i < 5; i++)
        assert_true(step(f, 3) == step(later, 3));
    assert_true(hash_of(f) == hash_of(later));
    tear_down(f);
    tear_down(later);
}

static void moments_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    step(f, 3);
    const uint64_t before = hash_of(f);
    static const struct {
        int which;
        float value;
        int rc;
    } cases[] = { { 0, NAN, -1 },
                  { 1, NAN, -1 },
                  { 0, INFINITY, -1 },
                  { 1, -1e-9f, -1 },
                  { 1, INFINITY, -1 } };
    float values[36 * 36] = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        values[100] = cases[i].value;
        assert_int_equal(gpt_moments_write(f->t, cases[i].which, 4, values), cases[i].rc);
        assert_true(hash_of(f) == before);
    }
    values[100] = -1e-9f; /* the first moment may be negative */
    assert_int_equal(gpt_moments_write(f->t, 0, 4, values), 0);
    tear_down(f);
}

/* A gradient that stays away lets moments fade, by a tenth a step here: on their way down
 * they are never denormal, which would cost a hundred times the time. */
static void moments_fade_to_zero_not_to_denormals(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    step(f, 3); /* touches words that the next steps never see again */
    const struct gpt_adam fading = { .lr = .001f, .b1 = .1f, .b2 = .1f, .eps = 1e-8f };
    float values[61 * 36];
    for (int i = 0; i < 50; i++) {
        gpt_train_step(f->g, f->t, &f->e[2], 1, &fading, NULL);
        for (int which = 0; which < 2; which++) {
            gpt_moments_read(f->t, which, 0, values);
            for (size_t k = 0; k < 61 * 36; k++)
                assert_int_not_equal(fpclassify(values[k]), FP_SUBNORMAL);
        }
    }
    tear_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_lowers_the_loss),
        cmocka_unit_test(the_first_step_has_the_size_of_the_rate),
        cmocka_unit_test(a_masked_position_is_not_learned),
        cmocka_unit_test(a_weight_of_two_is_the_example_twice),
        cmocka_unit_test(a_hard_target_is_a_soft_one_with_one_word),
        cmocka_unit_test(an_unknown_symbol_is_never_a_target),
        cmocka_unit_test(a_long_window_has_the_slope_that_its_gradient_says),
        cmocka_unit_test(a_batch_has_the_sum_of_its_windows_gradients),
        cmocka_unit_test(nothing_to_learn_changes_nothing),
        cmocka_unit_test(a_step_that_is_not_finite_is_rejected),
        cmocka_unit_test(weights_that_overflow_are_not_trained),
        cmocka_unit_test(training_goes_on_from_its_moments_bit_for_bit),
        cmocka_unit_test(moments_that_cannot_be_are_refused),
        cmocka_unit_test(moments_fade_to_zero_not_to_denormals),
    };
    if (sample_skips())
        return sample_skips();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
