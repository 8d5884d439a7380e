/*
 * classic_test.c - the published check, whole: pulse's 43 words, the engine's 27,840
 * parameters, a week of an ordinary machine, 500 steps; then the machine with everything
 * maxed is far more surprising than itself.
 *
 * The week is an easy one: rows independent of each other, .25 nats a word at best. So
 * the ratios printed here are not to be held against published ones (0.72 / 7.98).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "loaded.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { FIELDS = 6, ROWS = 2016, STEPS = 500, T = 16, SEEDS = 5 };

static const struct kiri_atom *pulse;

/* pulse, speaking the published language. */
struct classic {
    struct kiri_test host;
    void *self;
    const struct kiri_schema *schema;
    uint16_t bos;
    struct gpt_shape shape;
};

static int set_up(void **state)
{
    static struct classic c;

    memset(&c, 0, sizeof c);
    kiri_test_init(&c.host, pulse);
    kiri_test_option(&c.host, "language", "classic");
    assert_int_equal(pulse->open(&c.host.host, &c.self), KIRI_OK);
    c.schema = pulse->schema(c.self);
    c.bos = (uint16_t)kiri_schema_bos(c.schema);
    c.shape = (struct gpt_shape){ .vocab = kiri_schema_vocab(c.schema),
                                  .width = 32,
                                  .heads = 4,
                                  .layers = 2,
                                  .context = T };
    *state = &c;
    return 0;
}

static int tear_down(void **state)
{
    struct classic *c = *state;

    pulse->close(c->self);
    return 0;
}

/* The row that falls into these buckets: values in their middle, told by the tokenizer.
 */
static void tell(const struct classic *c, const int bucket[FIELDS], uint16_t out[FIELDS])
{
    union kiri_value v[FIELDS];
    struct kiri_token t[FIELDS];
    uint32_t clamped = 0;

    for (uint32_t i = 0; i < FIELDS; i++) {
        const struct kiri_field *f = &c->schema->fields[i];
        double lo, hi;
        if (f->kind == KIRI_CHOICE) {
            v[i].choice = bucket[i];
            continue;
        }
        kiri_bucket(f, (uint32_t)bucket[i], &lo, &hi);
        v[i].num = (lo + hi) / 2;
    }
    assert_int_equal(kiri_tokenize(c->schema, v, t, FIELDS, &clamped), FIELDS);
    assert_int_equal(clamped, 0);
    for (int i = 0; i < FIELDS; i++)
        out[i] = t[i].id;
}

static void an_ordinary_week(const struct classic *c, struct gpt_rng *rng,
                             uint16_t out[ROWS * FIELDS])
{
    static const int cpu[] = { 4, 5, 5, 6 }, memory[] = { 5, 5, 6 }, load[] = { 1, 1, 2 };

    for (int i = 0; i < ROWS; i++) {
        const int row[FIELDS] = { cpu[gpt_rng_below(rng, COUNT(cpu))],
                                  memory[gpt_rng_below(rng, COUNT(memory))],
                                  4,
                                  1,
                                  load[gpt_rng_below(rng, COUNT(load))],
                                  1 };
        tell(c, row, out + i * FIELDS);
    }
}

/* Published training: windows of BOS and 16 words that begin with an observation, one a
 * step, Adam .85/.99, lr .01 falling to 0. */
static struct gpt *train(const struct classic *c, uint64_t seed)
{
    static uint16_t week[ROWS * FIELDS];
    struct gpt *g = gpt_new(&c->shape, seed);
    struct gpt_trainer *t = gpt_trainer_new(&c->shape, 1);
    struct gpt_rng rng;

    assert_true(g && t);
    gpt_rng_seed(&rng, seed);
    an_ordinary_week(c, &rng, week);
    for (int step = 0; step < STEPS; step++) {
        const uint16_t *words =
            week + FIELDS * gpt_rng_below(&rng, ROWS - (T + FIELDS - 1) / FIELDS + 1);
        const struct gpt_adam adam = {
            .lr = .01f * (1 - (float)step / STEPS), .b1 = .85f, .b2 = .99f, .eps = 1e-8f
        };
        uint16_t id[T] = { c->bos };
        memcpy(id + 1, words, (T - 1) * sizeof *id);
        const struct gpt_example e = { .n = T, .id = id, .next = words, .weight = 1 };
        float loss = gpt_train_step(g, t, &e, 1, &adam, NULL);
        assert_true(loss > 0); /* never NaN */
    }
    gpt_trainer_free(t);
    return g;
}

/* Mean nats over the words of one row after BOS. */
static double surprise(const struct classic *c, const struct gpt *g,
                       const int row[FIELDS])
{
    uint16_t id[FIELDS + 1] = { c->bos };
    float nll[FIELDS];
    double sum = 0;

    tell(c, row, id + 1);
    struct gpt_cache *cache = gpt_cache_new(&c->shape);
    assert_non_null(cache);
    gpt_forward(g, cache, id, id + 1, NULL, FIELDS, &(struct gpt_belief){ .nll = nll });
    gpt_cache_free(cache);
    for (int i = 0; i < FIELDS; i++)
        sum += nll[i];
    return sum / FIELDS;
}

static void it_has_43_words_and_27840_parameters(void **state)
{
    const struct classic *c = *state;
    static const int first[] = { 0, 0, 0, 0, 0, 0 }, last[] = { 9, 9, 9, 4, 4, 1 };
    uint16_t ids[FIELDS];

    assert_int_equal(c->schema->n_fields, FIELDS);
    assert_int_equal(kiri_schema_vocab(c->schema), 43);
    assert_int_equal(c->bos, 42);
    assert_int_equal(kiri_schema_context(c->schema), 1);
    assert_false(kiri_schema_has_sides(c->schema));
    assert_int_equal(gpt_shape_params(&c->shape), 27840);
    tell(c, first, ids);
    assert_memory_equal(ids, ((uint16_t[]){ 0, 10, 20, 30, 35, 40 }), sizeof ids);
    tell(c, last, ids);
    assert_memory_equal(ids, ((uint16_t[]){ 9, 19, 29, 34, 39, 41 }), sizeof ids);
}

static void everything_maxed_is_five_times_as_surprising_for_every_seed(void **state)
{
    static const int normal[FIELDS] = { 5, 5, 4, 1, 1, 1 },
                     maxed[FIELDS] = { 9, 9, 4, 4, 4, 1 };
    const struct classic *c = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct gpt *g = train(c, seed);
        double quiet = surprise(c, g, normal), loud = surprise(c, g, maxed);
        printf(
            "seed %d: C5 M5 D4 S1 L1 N1 %.2f nats, C9 M9 D4 S4 L4 N1 %.2f, ratio %.1f\n",
            (int)seed, quiet, loud, loud / quiet);
        assert_true(loud >= 5 * quiet);
        gpt_free(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_43_words_and_27840_parameters),
        cmocka_unit_test(everything_maxed_is_five_times_as_surprising_for_every_seed),
    };

    pulse = load_atom(KIRI_BUILD_DIR "/plugins/pulse.so");
    return pulse ? cmocka_run_group_tests(tests, set_up, tear_down) : 1;
}
