/* tests/flow/keep_calibration_test.c mirrors host/flow/keep_calibration.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/keep_calibration.h"
#include "world.h"

#include <math.h>
#include <stdlib.h>

/* Rows of three fields of noise, the calibration only. */
static void watch(struct stream *s, struct gpt_rng *rng, uint32_t rows)
{
    for (uint32_t i = 0; i < rows; i++) {
        struct verdict v = { .tail = 1, .n_fields = 3 };
        double sum = 0;
        for (uint32_t k = 0; k < v.n_fields; k++) {
            v.field[k].excess = (float)(0.3 * gpt_rng_gauss(rng));
            sum += (double)v.field[k].excess;
        }
        assert_int_equal(stream_calibrate(s, (float)(sum / 3), 3, &v), 0);
    }
}

static struct stream *through_a_file(const struct stream *s)
{
    struct safetensors_writer *w = safetensors_writer_new();
    struct keep_calibration *c = keep_calibration_of(s);
    struct stream *back = world_stream(100, 1);
    struct kiri_error err = { 0 };
    size_t len;

    assert_non_null(c);
    keep_calibration_put(w, s, c);
    void *bytes = safetensors_build(w, &len);
    assert_non_null(bytes);
    struct safetensors *st = safetensors_parse(bytes, len, &err);
    assert_non_null(st);
    assert_int_equal(keep_calibration_get(back, st, &err), 0);
    safetensors_free(st);
    safetensors_writer_free(w);
    free(bytes);
    free(c);
    return back;
}

static void what_was_measured_is_measured_alike_afterwards(void **state)
{
    struct stream *s = world_stream(100, 1);
    struct gpt_rng rng, same;
    (void)state;

    gpt_rng_seed(&rng, 1);
    watch(s, &rng, 700);
    struct stream *back = through_a_file(s);
    back->scored = s->scored;
    same = rng;
    for (uint32_t i = 0; i < 100; i++) {
        struct verdict a = { .tail = 1, .n_fields = 3 }, b = a;
        float sum = 0;
        for (uint32_t k = 0; k < 3; k++) {
            a.field[k].excess = (float)gpt_rng_gauss(&same);
            b.field[k].excess = a.field[k].excess;
            sum += a.field[k].excess;
        }
        assert_int_equal(stream_calibrate(s, sum / 3, 3, &a), 0);
        assert_int_equal(stream_calibrate(back, sum / 3, 3, &b), 0);
        assert_true(a.tail == b.tail && a.score == b.score && a.alarm == b.alarm);
    }
    stream_free(s);
    stream_free(back);
}

/* Files from before fields were measured: nine turns, four sums, three columns. */
static void an_older_file_has_no_past_of_fields_and_is_fine(void **state)
{
    struct safetensors_writer *w = safetensors_writer_new();
    struct stream *s = world_stream(100, 1);
    struct kiri_error err = { 0 };
    float values[100];
    double sums[4] = { 0.5, 8.3, 0.5, 8.3 };
    uint32_t turns[9] = { 100, 100, 100, 100, 100, 100, 6, 0, 0 };
    float guarded[2][3] = { { 1, 2, 1 }, { 3, 4, 0 } };
    uint64_t n = 100;
    size_t len;
    (void)state;

    for (uint32_t i = 0; i < n; i++)
        values[i] = (float)i / (float)n;
    safetensors_put(w, "calibration.row", TENSOR_F32, 1, &n, values);
    safetensors_put(w, "calibration.six", TENSOR_F32, 1, &n, values);
    safetensors_put(w, "calibration.row_tail", TENSOR_F32, 1, &n, values);
    safetensors_put(w, "calibration.six_tail", TENSOR_F32, 1, &n, values);
    safetensors_put(w, "calibration.guarded", TENSOR_F32, 2, (uint64_t[]){ 2, 3 },
                    guarded);
    safetensors_put(w, "calibration.sums", TENSOR_F64, 1, &(uint64_t){ 4 }, sums);
    safetensors_put(w, "calibration.turns", TENSOR_U32, 1, &(uint64_t){ 9 }, turns);
    safetensors_put(w, "calibration.last", TENSOR_F32, 1, &(uint64_t){ 6 }, values);
    void *bytes = safetensors_build(w, &len);
    struct safetensors *st = safetensors_parse(bytes, len, &err);
    assert_non_null(st);
    assert_int_equal(keep_calibration_get(s, st, &err), 0);
    assert_int_equal(s->yard.of[BY_SIX].tail.n, 100);
    assert_int_equal(s->yard.of[BY_FIELD].tail.n, 0);
    assert_int_equal(s->n_guarded, 2);
    assert_true(s->guarded[1].by[BY_ROW] == 3 && s->guarded[1].by[BY_SIX] == 4 &&
                s->guarded[1].counts == 0 && s->guarded[0].counts == COUNTS);
    assert_true(s->guarded[0].by[BY_FIELD] <= NOT_MEASURED);

    struct gpt_rng rng;
    gpt_rng_seed(&rng, 2);
    s->scored = START_ROWS;
    watch(s, &rng, 500);
    assert_in_range(s->yard.of[BY_WORST].tail.n, 400, 500);
    safetensors_free(st);
    safetensors_writer_free(w);
    free(bytes);
    stream_free(s);
}

static void counters_that_cannot_be_are_refused(void **state)
{
    struct stream *s = world_stream(100, 1), *back = world_stream(100, 1);
    struct safetensors_writer *w = safetensors_writer_new();
    struct kiri_error err = { 0 };
    struct gpt_rng rng;
    size_t len;
    (void)state;

    gpt_rng_seed(&rng, 3);
    watch(s, &rng, 100);
    s->fields.variance[1] = -1;
    struct keep_calibration *c = keep_calibration_of(s);
    keep_calibration_put(w, s, c);
    void *bytes = safetensors_build(w, &len);
    struct safetensors *st = safetensors_parse(bytes, len, &err);
    assert_int_equal(keep_calibration_get(back, st, &err), -1);
    assert_true(err.text[0] != '\0');
    safetensors_free(st);
    safetensors_writer_free(w);
    free(bytes);
    free(c);
    stream_free(s);
    stream_free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_measured_is_measured_alike_afterwards),
        cmocka_unit_test(an_older_file_has_no_past_of_fields_and_is_fine),
        cmocka_unit_test(counters_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
