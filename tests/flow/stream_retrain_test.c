/* tests/flow/stream_retrain_test.c mirrors host/flow/stream_retrain.c and
 * stream_density.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/keep.h"
#include "flow/stream_retrain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WARMUP 300u

static const struct kiri_field number[] = { { .name = "x", .scale = KIRI_LEARNED } };
static const struct kiri_schema one = {
    .size = sizeof one, .n_fields = 1, .fields = number, .context = 2
};
static const struct stream_window everything = { .since = INT64_MIN };

/* A number around a level that the test moves. */
struct life {
    struct gpt_rng rng;
    uint64_t id;
    double level;
    union kiri_value v;
};

static struct life life_of(uint64_t seed, double level)
{
    struct life l = { .level = level };

    gpt_rng_seed(&l.rng, seed);
    return l;
}

static struct stream_row next(struct life *l)
{
    l->v.num = l->level + sin((double)l->id / 5) + 0.1 * gpt_rng_gauss(&l->rng);
    l->id++;
    return (struct stream_row){ .id = l->id, .ts = (int64_t)l->id * 60000, .v = &l->v };
}

static struct stream *new_stream(void)
{
    char why[200];
    struct stream *s =
        stream_new(&one, &(struct stream_options){ .seed = 1, .warmup = WARMUP }, why,
                   sizeof why);

    assert_non_null(s);
    return s;
}

static void live(struct stream *s, struct life *l, uint32_t rows, struct verdict *out)
{
    struct stream_lesson lesson;

    for (uint32_t i = 0; i < rows; i++) {
        struct stream_row row = next(l);
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &row, out), 0);
    }
}

static struct candidate *trained(struct stream *s, const struct stream_window *w,
                                 struct stream_trial *trial)
{
    enum candidate_refused refused;
    char why[300];
    struct candidate *c = candidate_new(s, w, &refused, why, sizeof why);

    assert_non_null(c);
    assert_int_equal(candidate_train(c, NULL, NULL, NULL, trial), 0);
    return c;
}

static uint64_t gen_of(const struct stream *s)
{
    struct stream_facts f;

    stream_facts(s, &f);
    return f.gen;
}

static void what_knows_a_shift_better_is_promoted(void **state)
{
    struct life l = life_of(1, 20);
    struct stream *s = new_stream();
    struct stream_trial trial;
    struct verdict v;
    (void)state;

    live(s, &l, 400, &v);
    l.level = 300;
    live(s, &l, 400, &v);
    uint64_t before = gen_of(s);
    struct stream_window window = { .rows = 400, .since = INT64_MIN };
    struct candidate *c = trained(s, &window, &trial);
    assert_true(trial.better && !trial.diverged && trial.fresh < trial.live);
    assert_int_equal(trial.rows, 400);
    assert_int_equal(trial.judged, 40);
    assert_int_equal(stream_promote(s, c), 0);
    candidate_free(c);
    assert_true(gen_of(s) == before + 1);
    live(s, &l, 1, &v);
    assert_true(v.gen == before + 1);
    double lo = v.field[0].covers.lo, hi = v.field[0].covers.hi;
    assert_true(lo > 290 && hi < 310 && hi - lo < 1);
    stream_free(s);
}

static void the_live_model_stays_when_it_knows_more(void **state)
{
    struct life l = life_of(2, 20);
    struct stream *s = new_stream();
    struct stream_trial trial;
    struct verdict v;
    (void)state;

    live(s, &l, 400, &v);
    l.level = 300; /* all that the candidate will see */
    live(s, &l, 300, &v);
    l.level = 20;
    live(s, &l, 33, &v);
    struct stream_window window = { .rows = 333, .since = INT64_MIN };
    struct candidate *c = trained(s, &window, &trial);
    assert_false(trial.better);
    assert_true(trial.fresh > trial.live + 1);
    candidate_free(c);
    stream_free(s);
}

static void a_window_in_time_begins_with_its_first_row(void **state)
{
    struct life l = life_of(3, 20);
    struct stream *s = new_stream();
    struct stream_trial trial;
    struct verdict v;
    (void)state;

    live(s, &l, 650, &v);
    struct stream_window window = { .since = (int64_t)301 * 60000 };
    candidate_free(trained(s, &window, &trial));
    assert_int_equal(trial.rows, 350);
    candidate_free(trained(s, &everything, &trial));
    assert_int_equal(trial.rows, 650);
    stream_free(s);
}

static void what_is_too_little_is_refused_with_a_sentence(void **state)
{
    struct life l = life_of(4, 20);
    struct stream *s = new_stream();
    enum candidate_refused refused = CANDIDATE_NO_MEMORY;
    struct verdict v;
    char why[300];
    (void)state;

    live(s, &l, WARMUP + 10, &v);
    assert_null(candidate_new(s, &everything, &refused, why, sizeof why));
    assert_int_equal(refused, CANDIDATE_TOO_EARLY);
    assert_non_null(strstr(why, "310 rows that may be learned"));
    live(s, &l, 20, &v);
    assert_null(candidate_new(s, &everything, &refused, why, sizeof why));
    assert_non_null(strstr(why, "of the newest 33 rows 30 were scored"));
    stream_free(s);
}

/* Two streams that lived the same. */
static void twins(struct stream **a, struct stream **b, struct life *la, struct life *lb,
                  uint32_t rows)
{
    struct verdict v;

    *la = *lb = life_of(5, 20);
    *a = new_stream();
    *b = new_stream();
    live(*a, la, rows, &v);
    live(*b, lb, rows, &v);
}

static void assert_same(const struct verdict *x, const struct verdict *y)
{
    assert_true(x->surprise == y->surprise && x->score == y->score &&
                x->tail == y->tail && x->alarm == y->alarm && x->row == y->row);
}

static void assert_live_the_same(struct stream *a, struct stream *b, struct life *la,
                                 struct life *lb, uint32_t rows)
{
    struct verdict x, y;

    for (uint32_t i = 0; i < rows; i++) {
        live(a, la, 1, &x);
        live(b, lb, 1, &y);
        assert_same(&x, &y);
    }
}

static struct stream *loaded(const struct stream *like, const void *bytes, size_t len)
{
    struct stream *s = stream_sibling(like);

    assert_non_null(s);
    assert_int_equal(keep_load(s, bytes, len, NULL, NULL), 0);
    return s;
}

static void a_rollback_gives_the_scores_of_before_bit_for_bit(void **state)
{
    struct stream *a, *b;
    struct life la, lb;
    struct stream_trial trial;
    struct verdict v;
    size_t len;
    (void)state;

    twins(&a, &b, &la, &lb, 480);
    uint64_t before = gen_of(b);
    void *bytes = keep_save(b, "x", &len);
    assert_non_null(bytes);
    struct stream_window window = { .rows = 350, .since = INT64_MIN };
    struct candidate *c = trained(b, &window, &trial);
    assert_int_equal(stream_promote(b, c), 0);
    candidate_free(c);
    struct stream *old = loaded(b, bytes, len);
    assert_int_equal(stream_go_back(b, old), 0);
    stream_free(old);
    assert_true(gen_of(b) == before);
    assert_live_the_same(a, b, &la, &lb, 150); /* a learning, too */
    live(b, &lb, 1, &v);
    assert_true(v.gen >
                before + 1); /* the number of the promoted one is not given again */
    free(bytes);
    stream_free(a);
    stream_free(b);
}

static void what_people_said_since_is_known_after_a_rollback(void **state)
{
    struct stream *a, *b;
    struct life la, lb;
    struct stream_trial trial;
    uint32_t rows;
    size_t len;
    (void)state;

    twins(&a, &b, &la, &lb, 480);
    void *bytes = keep_save(b, "x", &len);
    assert_non_null(bytes);
    struct candidate *c = trained(b, &everything, &trial);
    assert_int_equal(stream_promote(b, c), 0);
    candidate_free(c);
    assert_int_equal(stream_judge(a, 400, 440, STREAM_APPROVED, &rows), 0);
    assert_int_equal(stream_judge(b, 400, 440, STREAM_APPROVED, &rows), 0);
    assert_int_equal(rows, 41);
    struct stream *old = loaded(b, bytes, len);
    assert_int_equal(stream_go_back(b, old), 0);
    stream_free(old);
    assert_live_the_same(a, b, &la, &lb, 150);
    free(bytes);
    stream_free(a);
    stream_free(b);
}

static void nothing_changes_until_it_is_promoted_and_rows_stay(void **state)
{
    struct stream *a, *b;
    struct life la, lb;
    struct stream_trial trial;
    struct stream_facts facts;
    enum candidate_refused refused;
    struct verdict v;
    char why[300];
    (void)state;

    twins(&a, &b, &la, &lb, 450);
    struct candidate *c = candidate_new(b, &everything, &refused, why, sizeof why);
    assert_non_null(c);
    assert_live_the_same(a, b, &la, &lb, 100);
    assert_int_equal(candidate_train(c, NULL, NULL, NULL, &trial), 0);
    assert_live_the_same(a, b, &la, &lb, 100);
    uint64_t before = gen_of(b);
    assert_int_equal(stream_promote(b, c), 0);
    candidate_free(c);
    stream_facts(b, &facts);
    assert_true(facts.rows == 650 && facts.remembered == 650 && facts.gen == before + 1);
    live(b, &lb, 130, &v);
    assert_true(isfinite(v.surprise) && v.gen == before + 2);
    stream_free(a);
    stream_free(b);
}

static void a_restart_after_a_promotion_changes_nothing(void **state)
{
    struct life l = life_of(6, 20), again;
    struct stream *a = new_stream();
    struct stream_trial trial;
    struct stream_facts facts;
    struct verdict v;
    size_t len;
    (void)state;

    again = l;
    live(a, &l, 480, &v);
    struct stream_window window = { .rows = 350, .since = INT64_MIN };
    struct candidate *c = trained(a, &window, &trial);
    assert_int_equal(stream_promote(a, c), 0);
    candidate_free(c);
    live(a, &l, 30, &v);
    void *bytes = keep_save(a, "x", &len);
    struct stream *b = loaded(a, bytes, len);
    keep_history(b, 510);
    for (int i = 0; i < 510; i++) {
        struct stream_row row = next(&again);
        assert_int_equal(stream_remember(b, &row), 0);
    }
    stream_facts(b, &facts);
    assert_true(facts.remembered == 380 && facts.rows == 510);
    assert_live_the_same(a, b, &l, &again, 150);
    struct stream_trial x, y;
    candidate_free(trained(a, &everything, &x)); /* and what live ones said is known */
    candidate_free(trained(b, &everything, &y));
    assert_true(x.live == y.live && x.fresh == y.fresh && x.judged == y.judged);
    free(bytes);
    stream_free(a);
    stream_free(b);
}

static const char *const up_down[] = { "down", "up", NULL };
static const struct kiri_field mixed_fields[] = {
    { .name = "a", .kind = KIRI_NUMBER, .buckets = 8, .lo = -4, .hi = 4 },
    { .name = "b", .scale = KIRI_LEARNED },
    { .name = "net", .kind = KIRI_CHOICE, .choices = up_down },
};
static const struct kiri_schema mixed = {
    .size = sizeof mixed, .n_fields = 3, .fields = mixed_fields, .context = 1
};

static void live_mixed(struct stream *s, struct gpt_rng *rng, uint32_t from, uint32_t to)
{
    struct stream_lesson lesson;
    struct verdict v;

    for (uint32_t i = from; i < to; i++) {
        double x = gpt_rng_gauss(rng);
        union kiri_value value[] = { { .num = x },
                                     { .num = 9 * x },
                                     { .choice = x > 0 } };
        struct stream_row row = { .id = i + 1, .ts = i, .v = value };
        if (i % 50 == 7)
            value[1].num = (double)NAN;
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &row, &v), 0);
        assert_true(isfinite(v.score) && v.gen == gen_of(s));
    }
}

static void several_numbers_and_words_are_retrained(void **state)
{
    struct stream_options o = { .seed = 1, .warmup = 100 };
    struct stream *s = stream_new(&mixed, &o, (char[99]){ 0 }, 99);
    struct stream_trial trial;
    struct gpt_rng rng;
    (void)state;

    assert_non_null(s);
    gpt_rng_seed(&rng, 1);
    live_mixed(s, &rng, 0, 340);
    struct candidate *c = trained(s, &everything, &trial);
    assert_int_equal(trial.judged, 34);
    assert_true(isfinite(trial.live) && isfinite(trial.fresh));
    assert_int_equal(stream_promote(s, c), 0);
    candidate_free(c);
    live_mixed(s, &rng, 340, 370);
    stream_free(s);
}

static int give_up(void *ctx, uint32_t done, uint32_t all)
{
    (void)ctx, (void)all;
    return done == 3;
}

static void a_training_can_be_given_up(void **state)
{
    struct stream *a, *b;
    struct life la, lb;
    struct stream_trial trial;
    enum candidate_refused refused;
    char why[300];
    (void)state;

    twins(&a, &b, &la, &lb, 400);
    struct candidate *c = candidate_new(b, &everything, &refused, why, sizeof why);
    assert_non_null(c);
    assert_int_equal(candidate_train(c, NULL, give_up, NULL, &trial), -1);
    candidate_free(c);
    assert_live_the_same(a, b, &la, &lb, 20);
    stream_free(a);
    stream_free(b);
}

/* ---- texts: heavy, only with KIRI_FULL=1 ------------------------------------------- */

static const struct kiri_field text_field[] = {
    { .name = "word", .kind = KIRI_TEXT, .flags = KIRI_ALWAYS, .max_len = 8 }
};
static const struct kiri_schema texts = { .size = sizeof texts,
                                          .n_fields = 1,
                                          .fields = text_field };

static void speak(struct stream *s, struct gpt_rng *rng, uint32_t rows, char from)
{
    struct stream_lesson lesson;
    struct verdict v;
    char word[5];

    for (uint32_t i = 0; i < rows; i++) {
        for (int k = 0; k < 4; k++)
            word[k] = (char)(from + (int)gpt_rng_below(rng, 3));
        union kiri_value value = { .text = { word, 4 } };
        struct stream_row row = { .id = i + 1, .ts = i, .v = &value };
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &row, &v), 0);
    }
}

static void texts_that_stand_alone_are_retrained(void **state)
{
    struct stream_options o = { .seed = 1, .warmup = 9 };
    struct stream_trial trial;
    struct gpt_rng rng;
    (void)state;

    if (!getenv("KIRI_FULL"))
        return;
    struct stream *s = stream_new(&texts, &o, (char[99]){ 0 }, 99);
    assert_non_null(s);
    gpt_rng_seed(&rng, 1);
    speak(s, &rng, 60, 'a');
    speak(s, &rng, 340, 'p');
    struct stream_window window = { .rows = 330, .since = INT64_MIN };
    struct candidate *c = trained(s, &window, &trial);
    assert_int_equal(trial.judged, 33);
    assert_true(trial.better);
    assert_int_equal(stream_promote(s, c), 0);
    candidate_free(c);
    speak(s, &rng, 20, 'p');
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_knows_a_shift_better_is_promoted),
        cmocka_unit_test(the_live_model_stays_when_it_knows_more),
        cmocka_unit_test(a_window_in_time_begins_with_its_first_row),
        cmocka_unit_test(what_is_too_little_is_refused_with_a_sentence),
        cmocka_unit_test(a_rollback_gives_the_scores_of_before_bit_for_bit),
        cmocka_unit_test(what_people_said_since_is_known_after_a_rollback),
        cmocka_unit_test(nothing_changes_until_it_is_promoted_and_rows_stay),
        cmocka_unit_test(a_restart_after_a_promotion_changes_nothing),
        cmocka_unit_test(several_numbers_and_words_are_retrained),
        cmocka_unit_test(a_training_can_be_given_up),
        cmocka_unit_test(texts_that_stand_alone_are_retrained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
