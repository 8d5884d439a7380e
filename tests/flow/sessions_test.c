/*
 * tests/flow/sessions_test.c mirrors host/flow/sessions.c, sessions_learn.c and
 * sessions_file.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/path.h"
#include "dialogue.h"
#include "flow/sessions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 64, STEPS = 12, TAUGHT = 99 };

static struct lessons *lessons_of(const struct buf *text)
{
    struct lessons *l = lessons_new();
    struct word word[MOST];
    const char *at = buf_text(text), *end;

    assert_non_null(l);
    for (; (end = strchr(at, '\n')); at = end + 1)
        assert_int_equal(
            lessons_add(l, word, sessions_split(at, (size_t)(end - at), word, MOST)), 0);
    return l;
}

static struct sessions *train_on(const struct buf *text, uint64_t seed,
                                 const struct gpt_parallel *par)
{
    const struct sessions_plan plan = { .seed = seed, .steps = STEPS, .par = par };
    struct kiri_error err = { 0 };
    struct lessons *l = lessons_of(text);
    struct sessions *m = sessions_train(l, &plan, &err);

    lessons_free(l);
    if (!m)
        fail_msg("%s", err.text);
    return m;
}

/* The model that most tests share. */
static int train_shared(void **state)
{
    struct buf text = dialogues(TAUGHT, 1);

    *state = train_on(&text, 1, NULL);
    buf_free(&text);
    return 0;
}

static int free_shared(void **state)
{
    sessions_free(*state);
    return 0;
}

static struct sessions_verdict score(struct sessions *m, const char *text)
{
    struct word word[MOST];
    struct sessions_verdict v;
    uint32_t n = sessions_split(text, strlen(text), word, MOST);

    assert_int_equal(sessions_score(m, word, n, &v), 0);
    assert_int_equal(v.n, n + 1);
    return v;
}

static void a_session_like_the_others_is_not_odd(void **state)
{
    struct sessions_verdict v = score(*state, "open hello ask tell ask tell bye close");

    assert_true(sessions_calibrated(*state));
    assert_true(v.tail > 0.02);
    assert_true(v.score < 2);
    assert_true(v.surprise < 2);
}

static void a_session_that_was_cut_off_is_odd_at_its_end(void **state)
{
    struct sessions_verdict whole = score(*state, "open hello ask tell close");
    struct sessions_verdict v = score(*state, "open hello ask");

    assert_int_equal(v.worst, 3);
    assert_true(v.score > whole.score);
    assert_true(v.tail < 0.02);
    assert_true(v.n_expected > 0);
    assert_memory_equal(v.expected[0].word.text, "tell", 4);
    assert_true((double)v.expected[0].p > .4);
}

static void an_unknown_word_is_most_surprising(void **state)
{
    struct sessions_verdict v = score(*state, "open hello ask shout tell close");

    assert_int_equal(v.worst, 3);
    assert_false(v.token[3].known);
    assert_true(v.token[3].nats == GPT_FLOOR_NATS);
    assert_memory_equal(v.expected[0].word.text, "tell", 4);
}

static void an_unknown_word_is_passed_over_as_context(void **state)
{
    struct sessions_token with[MOST];
    struct sessions_verdict v = score(*state, "open hello ask shout tell close");

    memcpy(with, v.token, v.n * sizeof *with);
    v = score(*state, "open hello ask tell close");
    assert_true(with[4].nats == v.token[3].nats);
    assert_true(with[6].nats == v.token[5].nats);
}

static void an_empty_session_ends_too_early(void **state)
{
    struct sessions_verdict v = score(*state, "");

    assert_int_equal(v.worst, 0);
    assert_memory_equal(v.expected[0].word.text, "open", 4);
    assert_true(v.tail < 0.02);
}

static void the_total_is_of_all_words_and_the_end(void **state)
{
    struct sessions_verdict v = score(*state, "open hello tell ask");
    double sum = 0;

    for (uint32_t t = 0; t < v.n; t++)
        sum += (double)v.token[t].nats;
    assert_true(fabs(sum - v.total) < 1e-9);
    assert_true(fabs(sum / 5 - v.surprise) < 1e-9);
}

static void a_long_session_is_scored_to_its_end(void **state)
{
    enum { LONG = 3000 };
    struct word *word = calloc(LONG, sizeof *word);
    struct sessions_verdict v;

    assert_non_null(word);
    for (int i = 0; i < LONG; i++)
        word[i] = (struct word){ i % 2 ? "tell" : "ask", i % 2 ? 4 : 3 };
    word[LONG - 7] = (struct word){ "?", 1 };
    assert_int_equal(sessions_score(*state, word, LONG, &v), 0);
    assert_int_equal(v.n, LONG + 1);
    assert_int_equal(v.worst, LONG - 7);
    free(word);
}

static void a_long_session_has_more_chances_to_be_odd(void **state)
{
    enum { LONG = 600 };
    double brief = score(*state, "open ask ? tell close").tail;
    struct word word[LONG];
    struct sessions_verdict v;

    for (int i = 0; i < LONG; i++)
        word[i] = (struct word){ i % 2 ? "tell" : "ask", i % 2 ? 4 : 3 };
    word[LONG / 2] = (struct word){ "?", 1 };
    assert_int_equal(sessions_score(*state, word, LONG, &v), 0);
    assert_true(v.tail > 2 * brief);
    assert_true(v.tail <= 1);
    assert_true(v.score < -log10(brief));
}

static void words_stand_between_blanks(void **state)
{
    static const char text[] = "\t a  bc\rd\0e \v";
    struct word word[4];

    (void)state;
    assert_int_equal(sessions_split(text, sizeof text - 1, word, 4), 3);
    assert_int_equal(word[1].len, 2);
    assert_memory_equal(word[2].text, "d\0e", 3);
    assert_int_equal(sessions_split(text, sizeof text - 1, word, 1), 3);
    assert_int_equal(sessions_split("  ", 2, word, 4), 0);
}

/* ---- training -------------------------------------------------------------------- */

static void backwards(void *ctx, uint32_t n, void (*task)(void *arg, uint32_t i),
                      void *arg)
{
    (void)ctx;
    while (n-- > 0)
        task(arg, n);
}

static void the_same_seed_gives_the_same_model_in_any_order(void **state)
{
    const struct gpt_parallel par = { .run = backwards };
    struct buf text = dialogues(TAUGHT, 1);
    struct sessions *again = train_on(&text, 1, &par), *other = train_on(&text, 2, NULL);
    struct sessions_verdict v = score(*state, "open hello ask ask close");
    struct sessions_verdict w = score(again, "open hello ask ask close");

    assert_true(v.total == w.total && v.score == w.score && v.tail == w.tail);
    w = score(other, "open hello ask ask close");
    assert_true(v.total < w.total || v.total > w.total);
    sessions_free(again);
    sessions_free(other);
    buf_free(&text);
}

static void each_session_is_held_back_once(void **state)
{
    const struct sessions_facts *f = sessions_facts(*state);

    assert_int_equal(f->rows, TAUGHT);
    assert_int_equal(f->held_back, TAUGHT);
    assert_int_equal(f->strange, 0);
    assert_true(f->held_back_loss > 0 && f->held_back_loss < 2);
}

static void rare_words_cost_their_sessions_all_there_is(void **state)
{
    struct buf text = { 0 };
    struct sessions *m;

    (void)state;
    for (int i = 0; i < 39; i++)
        buf_putf(&text, "open job%d close\n", i);
    m = train_on(&text, 1, NULL);
    assert_int_equal(sessions_facts(m)->strange, 39);
    /* so that one more such word is no news */
    assert_true(score(m, "open job77 close").tail > .5);
    sessions_free(m);
    buf_free(&text);
}

static void few_sessions_cannot_say_what_is_odd(void **state)
{
    struct buf text = dialogues(5, 1);
    struct sessions *m = train_on(&text, 1, NULL);
    struct sessions_verdict v = score(m, "nothing like it");

    (void)state;
    assert_false(sessions_calibrated(m));
    assert_true(v.tail >= 1 && v.score <= 0);
    sessions_free(m);
    buf_free(&text);
}

static void no_session_is_nothing_to_learn_from(void **state)
{
    const struct sessions_plan plan = { .seed = 1 };
    struct lessons *l = lessons_new();
    struct kiri_error err = { 0 };

    (void)state;
    assert_int_equal(lessons_add(l, NULL, 0), 0);
    assert_int_equal(lessons_count(l), 0);
    assert_null(sessions_train(l, &plan, &err));
    assert_int_equal(err.code, KIRI_BAD_DATA);
    lessons_free(l);
}

static int enough(void *ctx, const struct chorus_progress *p)
{
    unsigned *calls = ctx;

    assert_true(p->step <= p->steps);
    return ++*calls == 3;
}

static void progress_may_give_up(void **state)
{
    struct buf text = dialogues(50, 1);
    struct lessons *l = lessons_of(&text);
    unsigned calls = 0;
    const struct sessions_plan plan = { .progress = enough, .ctx = &calls };
    struct kiri_error err = { .code = KIRI_INTERNAL };

    (void)state;
    assert_null(sessions_train(l, &plan, &err));
    assert_int_equal(err.code, KIRI_FINE);
    assert_int_equal(calls, 3);
    lessons_free(l);
    buf_free(&text);
}

/* ---- files ----------------------------------------------------------------------- */

static char dir[] = "/tmp/kiri-sessions-XXXXXX", file[64], kept[64];

static int make_dir(void **state)
{
    if (!mkdtemp(dir))
        return -1;
    snprintf(file, sizeof file, "%s/m", dir);
    snprintf(kept, sizeof kept, "%s/m.prev", dir);
    return train_shared(state);
}

static int remove_dir(void **state)
{
    unlink(file);
    unlink(kept);
    rmdir(dir);
    return free_shared(state);
}

static void a_model_comes_back_from_its_file(void **state)
{
    struct kiri_error err = { 0 };

    assert_int_equal(sessions_save(*state, file, &err), 0);
    assert_true(sessions_is(file));
    struct sessions *m = sessions_open(file, &err);
    if (!m)
        fail_msg("%s", err.text);
    struct sessions_verdict v = score(*state, "open hello again close");
    double total = v.total, odd = v.score, tail = v.tail;
    float p = v.expected[0].p;
    v = score(m, "open hello again close");
    assert_true(v.total == total && v.score == odd && v.tail == tail);
    assert_true(v.expected[0].p == p);
    assert_int_equal(sessions_facts(m)->held_back, TAUGHT);
    assert_int_equal(sessions_facts(m)->rows, TAUGHT);
    sessions_free(m);
}

static void a_damaged_file_is_refused(void **state)
{
    struct kiri_error err = { 0 };
    size_t len;

    assert_int_equal(sessions_save(*state, file, &err), 0);
    char *bytes = path_read(file, 1u << 24, &len, &err);
    assert_non_null(bytes);
    for (size_t at = 100; at < len; at += len / 20) {
        bytes[at] = (char)(bytes[at] ^ 4);
        assert_null(sessions_parse(bytes, len, &err));
        assert_true(err.text[0]);
        bytes[at] = (char)(bytes[at] ^ 4);
    }
    assert_null(sessions_parse(bytes, len / 2, &err));
    free(bytes);
    assert_false(sessions_is(dir));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_like_the_others_is_not_odd),
        cmocka_unit_test(a_session_that_was_cut_off_is_odd_at_its_end),
        cmocka_unit_test(an_unknown_word_is_most_surprising),
        cmocka_unit_test(an_unknown_word_is_passed_over_as_context),
        cmocka_unit_test(an_empty_session_ends_too_early),
        cmocka_unit_test(the_total_is_of_all_words_and_the_end),
        cmocka_unit_test(a_long_session_is_scored_to_its_end),
        cmocka_unit_test(a_long_session_has_more_chances_to_be_odd),
        cmocka_unit_test(words_stand_between_blanks),
        cmocka_unit_test(the_same_seed_gives_the_same_model_in_any_order),
        cmocka_unit_test(each_session_is_held_back_once),
        cmocka_unit_test(rare_words_cost_their_sessions_all_there_is),
        cmocka_unit_test(few_sessions_cannot_say_what_is_odd),
        cmocka_unit_test(no_session_is_nothing_to_learn_from),
        cmocka_unit_test(progress_may_give_up),
        cmocka_unit_test(a_model_comes_back_from_its_file),
        cmocka_unit_test(a_damaged_file_is_refused),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
