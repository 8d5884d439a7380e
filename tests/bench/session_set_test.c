/* tests/bench/session_set_test.c mirrors bench/session_set.c and
 * bench/peers/session_peer.c. */
#include "bench/peers/session_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/kiri-sessions-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);

    return fd < 0 || close(fd) ? -1 : 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const char *text, int times)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    for (int i = 0; i < times; i++)
        fputs(text, f);
    fclose(f);
}

static struct session_set take(struct lexicon *l)
{
    struct kiri_error err = { 0 };
    struct session_set s;

    assert_int_equal(session_set_read(&s, path, l, &err), 0);
    return s;
}

static void each_line_is_a_session_of_numbered_words(void **state)
{
    (void)state;
    static const uint16_t words[] = { 0, 1, 2, 2, 3, 0, 4, 1, 0, 3, 0 };
    struct lexicon l = { 0 };

    put("open read  read close\n\n22 open \r\nclose", 1);
    struct session_set s = take(&l);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.first[0], 1);
    assert_int_equal(s.first[1], 6);
    assert_int_equal(s.first[2], 9);
    assert_int_equal(session_set_length(&s, 0), 4);
    assert_int_equal(session_set_length(&s, 2), 1);
    assert_memory_equal(s.word, words, sizeof words);
    assert_string_equal(l.word[3], "22");
    session_set_free(&s);
    lexicon_free(&l);
}

static void a_word_keeps_its_number_in_every_file(void **state)
{
    (void)state;
    static const uint16_t words[] = { 0, 2, 3, 1, 0 };
    struct lexicon l = { 0 };

    put("a b\n", 1);
    struct session_set normal = take(&l);
    put("b c a\n", 1);
    struct session_set s = take(&l);
    assert_memory_equal(s.word, words, sizeof words);
    assert_int_equal(l.n, 3);
    session_set_free(&normal);
    session_set_free(&s);
    lexicon_free(&l);
}

static void a_file_without_a_session_is_refused(void **state)
{
    (void)state;
    struct lexicon l = { 0 };
    struct kiri_error err = { 0 };
    struct session_set s;

    put("\n \n", 1);
    assert_int_equal(session_set_read(&s, path, &l, &err), -1);
    assert_non_null(strstr(err.text, "has no session"));
    assert_int_equal(session_set_read(&s, "/nowhere/at/all", &l, &err), -1);
}

/* ---- the peers ------------------------------------------------------------------ */

struct taught {
    struct lexicon lexicon;
    uint32_t known; /* words of the normal ones */
    struct session_set normal, odd;
};

/* 400 sessions of two kinds; then a usual one, one cut short, one turned round, one with
 * a new word. */
static struct taught teach(void)
{
    struct taught t = { 0 };

    put("a b c d\na b b c d\n", 200);
    t.normal = take(&t.lexicon);
    t.known = t.lexicon.n;
    put("a b c d\na b c\nd c b a\na b x d\n", 1);
    t.odd = take(&t.lexicon);
    return t;
}

static void forget(struct taught *t)
{
    session_set_free(&t->normal);
    session_set_free(&t->odd);
    lexicon_free(&t->lexicon);
}

static void counts_find_what_never_followed(void **state)
{
    (void)state;
    struct taught t = teach();

    struct session_counts *c = session_counts_new(&t.normal, t.lexicon.n, 3);

    assert_non_null(c);
    assert_true(session_counts_tail(c, &t.odd, 0) > .1);
    for (uint32_t i = 1; i < 4; i++)
        assert_true(session_counts_tail(c, &t.odd, i) < .003);
    session_counts_free(c);
    forget(&t);
}

static void unseen_is_a_word_or_a_length_that_none_had(void **state)
{
    (void)state;
    static const int unseen[] = { 0, 1, 0, 1 };
    struct taught t = teach();

    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(session_unseen(&t.normal, t.known, &t.odd, i), unseen[i]);
    forget(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_a_session_of_numbered_words),
        cmocka_unit_test(a_word_keeps_its_number_in_every_file),
        cmocka_unit_test(a_file_without_a_session_is_refused),
        cmocka_unit_test(counts_find_what_never_followed),
        cmocka_unit_test(unseen_is_a_word_or_a_length_that_none_had),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
