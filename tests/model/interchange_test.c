/*
 * The published model.json: the golden ones come through unharmed, broken ones get a
 * sentence.
 */
#include "base/path.h"
#include "model/interchange.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_golden_models_come_back_the_same(void **state)
{
    static const struct {
        const char *name;
        uint32_t words;
    } golden[] = { { "names", 27 }, { "filename", 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        char path[512];
        static float x[65536], y[65536];
        struct buf out = { 0 };
        struct vocab v, again;
        struct gpt *g, *h;
        struct kiri_error err = { 0 };
        size_t len;
        char *text;

        snprintf(path, sizeof path, KIRI_SOURCE_DIR "/tests/golden/%s.model.json",
                 golden[i].name);
        text = path_read(path, 64u << 20, &len, &err);
        if (!text || interchange_read(text, len, &g, &v, &err))
            fail_msg("%s: %s", path, err.text);
        if (golden[i].words)
            assert_int_equal(gpt_shape_of(g)->vocab, golden[i].words);
        assert_int_equal(interchange_write(g, &v, &out, &err), 0);
        if (interchange_read(out.data, out.len, &h, &again, &err))
            fail_msg("%s, written again: %s", path, err.text);
        assert_int_equal(v.n, again.n);
        for (uint32_t k = 0; k < v.n; k++)
            assert_string_equal(v.word[k], again.word[k]);
        for (uint32_t k = 0; k < gpt_matrices(gpt_shape_of(g)); k++) {
            struct gpt_matrix m;

            gpt_matrix_at(gpt_shape_of(g), k, &m);
            assert_true((size_t)m.rows * m.cols <= sizeof x / sizeof *x);
            gpt_read(g, k, x);
            gpt_read(h, k, y);
            assert_memory_equal(x, y, sizeof *x * m.rows * m.cols);
        }
        gpt_free(g);
        gpt_free(h);
        vocab_free(&v);
        vocab_free(&again);
        buf_free(&out);
        free(text);
    }
}

#define ROW2   "[0.5,-1]"
#define SQUARE "[" ROW2 "," ROW2 "]"
#define TALL   "[" ROW2 "," ROW2 "," ROW2 "," ROW2 "," ROW2 "," ROW2 "," ROW2 "," ROW2 "]"
#define ROW8   "[1,1,1,1,1,1,1,1]"
#define WIDE   "[" ROW8 "," ROW8 "]"
#define THREE  "[" ROW2 "," ROW2 "," ROW2 "]"
#define HYPER                                                                            \
    "\"hyperparams\":{\"n_embd\":2,\"n_head\":1,\"n_layer\":1,\"block_size\":2,\"head_"  \
    "dim\":2}"
#define VOCAB "\"vocab\":[\"a\",\"b\"],\"vocab_size\":3"
#define LAYER(q)                                                                         \
    "\"layer0.attn_wq\":" q ",\"layer0.attn_wk\":" SQUARE ",\"layer0.attn_wv\":" SQUARE  \
    ",\"layer0.attn_wo\":" SQUARE ",\"layer0.mlp_fc1\":" TALL                            \
    ",\"layer0.mlp_fc2\":" WIDE
#define WEIGHTS(q)                                                                       \
    "\"weights\":{\"wte\":" THREE ",\"wpe\":" SQUARE ",\"lm_head\":" THREE               \
    "," LAYER(q) "}"
#define MODEL(h, v, w) "{" h "," v "," w "}"

static void a_broken_model_gets_a_sentence(void **state)
{
    static const struct {
        const char *json, *why; /* why NULL: accepted */
    } cases[] = {
        { MODEL(HYPER, VOCAB, WEIGHTS(SQUARE)), NULL },
        { MODEL(HYPER, VOCAB, WEIGHTS(SQUARE) ",\"trained\":\"yesterday\""), NULL },
        { "", "line 1" },
        { "{", "line 1" },
        { "{\"a\":1,\"a\":2}", "duplicate" },
        { "[]", "hyperparams is missing" },
        { "{}", "hyperparams is missing" },
        { "[[[[[[[[[[[[]]]]]]]]]]]]", "nested too deeply" },
        { MODEL("\"hyperparams\":{}", VOCAB, WEIGHTS(SQUARE)), "n_embd" },
        { MODEL("\"hyperparams\":{\"n_embd\":2.5}", VOCAB, WEIGHTS(SQUARE)), "n_embd" },
        { MODEL("\"hyperparams\":{\"n_embd\":-2}", VOCAB, WEIGHTS(SQUARE)), "n_embd" },
        { MODEL(
              "\"hyperparams\":{\"n_embd\":2,\"n_head\":1,\"n_layer\":1,\"block_size\":2,"
              "\"head_dim\":3}",
              VOCAB, WEIGHTS(SQUARE)),
          "head_dim 3 times n_head 1 is not n_embd 2" },
        { MODEL("\"hyperparams\":{\"n_embd\":60000,\"n_head\":1,\"n_layer\":60000,"
                "\"block_size\":60000,\"head_dim\":60000}",
                VOCAB, WEIGHTS(SQUARE)),
          "hyperparams: " },
        { MODEL(HYPER, "\"vocab\":[\"a\",\"b\"]", WEIGHTS(SQUARE)), "vocab_size" },
        { MODEL(HYPER, "\"vocab\":[\"a\"],\"vocab_size\":3", WEIGHTS(SQUARE)),
          "expected 2 symbols" },
        { MODEL(HYPER, "\"vocab\":[\"a\",\"b\",\"c\"],\"vocab_size\":3", WEIGHTS(SQUARE)),
          "it has 3" },
        { MODEL(HYPER, "\"vocab\":[\"a\",\"a\"],\"vocab_size\":3", WEIGHTS(SQUARE)),
          "\"a\" is there twice" },
        { MODEL(HYPER, "\"vocab\":[\"a\",\"\"],\"vocab_size\":3", WEIGHTS(SQUARE)),
          "entry 1 is not a symbol" },
        { MODEL(HYPER, "\"vocab\":[\"a\",7],\"vocab_size\":3", WEIGHTS(SQUARE)),
          "entry 1 is not a symbol" },
        { MODEL(HYPER, "\"vocab\":\"ab\",\"vocab_size\":3", WEIGHTS(SQUARE)),
          "expected 2 symbols" },
        { MODEL(HYPER, "\"vocab\":[],\"vocab_size\":999999", WEIGHTS(SQUARE)),
          "vocab_size" },
        { MODEL(HYPER, VOCAB, "\"weights\":{}"), "expected 9 matrices" },
        { MODEL(HYPER, VOCAB, "\"weights\":7"), "expected 9 matrices" },
        { MODEL(HYPER, VOCAB, WEIGHTS("[]")), "layer0.attn_wq: expected 2 rows" },
        { MODEL(HYPER, VOCAB, WEIGHTS("[[1,2],[3]]")), "row 1: expected 2 numbers" },
        { MODEL(HYPER, VOCAB, WEIGHTS("[[1,2],7]")), "row 1: expected 2 numbers" },
        { MODEL(HYPER, VOCAB, WEIGHTS("[[1,2],[3,null]]")), "row 1, column 1 is not" },
        { MODEL(HYPER, VOCAB, WEIGHTS("[[1,2],[3,1e39]]")), "row 1, column 1 is not" },
        { MODEL(HYPER, VOCAB, WEIGHTS("[[1,2],[3,1e999]]")), "line 1" },
        { MODEL(HYPER, VOCAB, WEIGHTS("[[1,2],[3,NaN]]")), "line 1" },
        { MODEL(HYPER, VOCAB, WEIGHTS("[[1,2],[3,\"4\"]]")), "row 1, column 1 is not" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kiri_error err = { 0 };
        struct vocab v;
        struct gpt *g;
        int rc = interchange_read(cases[i].json, strlen(cases[i].json), &g, &v, &err);

        if (!rc != !cases[i].why || (cases[i].why && !strstr(err.text, cases[i].why)))
            fail_msg("case %zu: %s", i, rc ? err.text : "accepted");
        gpt_free(g);
        vocab_free(&v);
    }
}

static void no_cut_of_a_model_is_accepted(void **state)
{
    static const char whole[] = MODEL(HYPER, VOCAB, WEIGHTS(SQUARE));

    (void)state;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        struct vocab v;
        struct gpt *g;
        char *cut = malloc(n + 1);

        assert_non_null(cut);
        memcpy(cut, whole, n);
        assert_int_equal(interchange_read(cut, n, &g, &v, NULL), -1);
        assert_null(g);
        free(cut);
    }
}

static void the_longest_symbol_wins(void **state)
{
    static char *words[] = { "a", "ab", "\xc3\xa9", "e\xcc\x81", "abcd" };
    const struct vocab v = { words, 5 };
    static const struct {
        const char *text;
        uint32_t id;
        size_t used;
    } cases[] = {
        { "abc", 1, 2 },
        { "abcd", 4, 4 },
        { "ac", 0, 1 },
        { "\xc3\xa9!", 2, 2 },
        { "e\xcc\x81", 3, 3 },
        { "e", 6, 1 },
        { "z", 6, 1 },
        { "\xe2\x82\xac", 6, 3 }, /* one character, unknown         */
        { "\xe2\x82", 6, 1 },     /* cut short: bytes               */
        { "\xff", 6, 1 },
        { "\xed\xa0\x80", 6, 1 }, /* a surrogate is none */
        { "\xf0\x9f\x90\x9f", 6, 4 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t used;

        assert_int_equal(vocab_next(&v, cases[i].text, strlen(cases[i].text), &used),
                         cases[i].id);
        assert_int_equal(used, cases[i].used);
    }
}

/* What model.json cannot say is refused when writing. */
static void a_model_with_sides_is_not_written(void **state)
{
    const struct gpt_shape shape = {
        .vocab = 3, .width = 2, .heads = 1, .layers = 1, .context = 2, .sides = 1
    };
    static char *words[] = { "a", "b" };
    struct vocab v = { words, 2 };
    struct gpt *g = gpt_new(&shape, 0);
    struct kiri_error err;
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(interchange_write(g, &v, &out, &err), -1);
    assert_non_null(strstr(err.text, "side embedding"));
    gpt_free(g);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_models_come_back_the_same),
        cmocka_unit_test(a_broken_model_gets_a_sentence),
        cmocka_unit_test(no_cut_of_a_model_is_accepted),
        cmocka_unit_test(the_longest_symbol_wins),
        cmocka_unit_test(a_model_with_sides_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
