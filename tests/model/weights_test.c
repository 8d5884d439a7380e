/*
 * A model and its moments through a file and back.
 */
#include "model/weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct gpt_shape small = {
    .vocab = 12, .width = 8, .heads = 2, .layers = 2, .context = 6, .sides = 3
};

static void *build(struct safetensors_writer *w, size_t *len)
{
    void *file = safetensors_build(w, len);

    assert_non_null(file);
    safetensors_writer_free(w);
    return file;
}

static void *save(const struct gpt *g, const struct gpt_trainer *t, size_t *len)
{
    struct safetensors_writer *w = safetensors_writer_new();
    struct weights_block *b = weights_put(w, g, t);
    void *file = build(w, len);

    weights_block_free(b);
    return file;
}

static void train(struct gpt *g, struct gpt_trainer *t, unsigned steps)
{
    static const uint16_t id[] = { 11, 1, 2, 3 }, next[] = { 1, 2, 3, 4 };
    const struct gpt_example e = { .n = 4, .id = id, .next = next, .weight = 1 };
    const struct gpt_adam adam = { .01f, .85f, .99f, 1e-8f };

    for (unsigned i = 0; i < steps; i++)
        gpt_train_step(g, t, &e, 1, &adam, NULL);
}

static void assert_same(const struct gpt *a, const struct gpt *b)
{
    static float x[2][1024];

    assert_memory_equal(gpt_shape_of(a), gpt_shape_of(b), sizeof(struct gpt_shape));
    for (uint32_t i = 0; i < gpt_matrices(gpt_shape_of(a)); i++) {
        struct gpt_matrix m;

        gpt_matrix_at(gpt_shape_of(a), i, &m);
        gpt_read(a, i, x[0]);
        gpt_read(b, i, x[1]);
        assert_memory_equal(x[0], x[1], sizeof x[0][0] * m.rows * m.cols);
    }
}

/* With its moments a model goes on learning as if it had never been away. */
static void a_trained_model_comes_back_and_learns_on(void **state)
{
    struct gpt *g = gpt_new(&small, 7), *back;
    struct gpt_trainer *t = gpt_trainer_new(&small, 1), *u = gpt_trainer_new(&small, 1);
    struct kiri_error err;
    struct safetensors *s;
    size_t len;
    void *file;

    (void)state;
    train(g, t, 5);
    file = save(g, t, &len);
    s = safetensors_parse(file, len, &err);
    assert_non_null(s);
    back = weights_get(s, &err);
    assert_non_null(back);
    assert_same(g, back);
    assert_int_equal(weights_get_moments(s, u, &err), 0);
    assert_int_equal(gpt_steps(u), 5);
    train(g, t, 3);
    train(back, u, 3);
    assert_same(g, back);
    safetensors_free(s);
    free(file);
    gpt_trainer_free(t);
    gpt_trainer_free(u);
    gpt_free(g);
    gpt_free(back);
}

static void a_file_without_moments_says_so(void **state)
{
    struct gpt *g = gpt_new(&small, 7);
    struct gpt_trainer *t = gpt_trainer_new(&small, 1);
    struct safetensors *s;
    size_t len;
    void *file = save(g, NULL, &len);

    (void)state;
    s = safetensors_parse(file, len, NULL);
    assert_int_equal(weights_get_moments(s, t, NULL), 1);
    safetensors_free(s);
    free(file);
    gpt_trainer_free(t);
    gpt_free(g);
}

/* Valid containers that claim shapes they do not hold. The tensors are all of zeros. */
static void a_claimed_shape_must_be_there(void **state)
{
    static const struct {
        const char *vocab, *width, *layers, *why;
    } claims[] = {
        { "12", "8", "1", NULL },
        { "13", "8", "1", "wte is not F32 [13][8]" },
        { "12", "16", "1", "wte is not F32 [12][16]" },
        { "12", "8", "2", "layer1.attn_wq is missing" },
        { "65535", "1024", "32", "wte is not F32" }, /* 2 GB that nobody allocates */
        { "4294967295", "8", "1", "metadata: " },
        { "4294967296", "8", "1", "metadata vocab" },
        { "-12", "8", "1", "metadata vocab" },
        { "12x", "8", "1", "metadata vocab" },
        { "12", "0", "1", "metadata: " },
        { "12", "8", "99999999999999999999", "metadata layers" },
    };
    static const float zero[12 * 8 * 4];
    static const struct {
        const char *name;
        uint64_t shape[2];
    } tensors[] = { { "wte", { 12, 8 } },           { "wpe", { 6, 8 } },
                    { "lm_head", { 12, 8 } },       { "layer0.attn_wq", { 8, 8 } },
                    { "layer0.attn_wk", { 8, 8 } }, { "layer0.attn_wv", { 8, 8 } },
                    { "layer0.attn_wo", { 8, 8 } }, { "layer0.mlp_fc1", { 32, 8 } },
                    { "layer0.mlp_fc2", { 8, 32 } } };

    (void)state;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        struct safetensors_writer *w = safetensors_writer_new();
        struct kiri_error err = { 0 };
        struct safetensors *s;
        struct gpt *g;
        size_t len;
        void *file;

        safetensors_put_meta(w, "vocab", claims[i].vocab);
        safetensors_put_meta(w, "width", claims[i].width);
        safetensors_put_meta(w, "heads", "2");
        safetensors_put_meta(w, "layers", claims[i].layers);
        safetensors_put_meta(w, "context", "6");
        safetensors_put_meta(w, "sides", "0");
        for (size_t k = 0; k < sizeof tensors / sizeof *tensors; k++)
            safetensors_put(w, tensors[k].name, TENSOR_F32, 2, tensors[k].shape, zero);
        file = build(w, &len);
        s = safetensors_parse(file, len, &err);
        assert_non_null(s);
        g = weights_get(s, &err);
        if (!g != !!claims[i].why || (claims[i].why && !strstr(err.text, claims[i].why)))
            fail_msg("claim %zu: %s", i, g ? "accepted" : err.text);
        gpt_free(g);
        safetensors_free(s);
        free(file);
    }
}

/* Second moments are squares. */
static void negative_second_moments_are_refused_and_change_nothing(void **state)
{
    struct gpt *g = gpt_new(&small, 7);
    struct gpt_trainer *t = gpt_trainer_new(&small, 1), *u = gpt_trainer_new(&small, 1);
    struct safetensors *s;
    struct kiri_error err;
    size_t len;
    char *file;
    size_t sign;

    (void)state;
    train(g, t, 1);
    file = save(g, t, &len);
    s = safetensors_parse(file, len, &err);
    sign = (size_t)((const char *)safetensors_find(s, "adam.v.lm_head")->data - file) + 3;
    file[sign] = (char)(file[sign] | 0x80); /* after the checksum was looked at */
    assert_int_equal(weights_get_moments(s, u, &err), -1);
    assert_non_null(strstr(err.text, "adam.v.lm_head: value 0 is negative"));
    assert_int_equal(gpt_steps(u), 0);
    safetensors_free(s);
    free(file);
    gpt_trainer_free(t);
    gpt_trainer_free(u);
    gpt_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trained_model_comes_back_and_learns_on),
        cmocka_unit_test(a_file_without_moments_says_so),
        cmocka_unit_test(a_claimed_shape_must_be_there),
        cmocka_unit_test(negative_second_moments_are_refused_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
