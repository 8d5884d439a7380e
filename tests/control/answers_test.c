/* tests/control/answers_test.c mirrors host/control/answers.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned told;
static char told_what[64];

static void tell(void *ctx, void *waiter, const char *json, size_t len)
{
    (void)ctx, (void)waiter;
    told++;
    snprintf(told_what, sizeof told_what, "%.*s", (int)len, json);
}

static void end(struct answers *a, struct answer *x, const char *json, int keep,
                int64_t now)
{
    answers_end(a, x, json, strlen(json), keep, now, tell, NULL);
}

static struct answer *begin(struct answers *a, const char *id)
{
    struct answer *x = answers_begin(a, id, id, strlen(id));

    assert_non_null(x);
    return x;
}

static void the_same_id_gets_the_same_answer_for_ten_minutes(void **state)
{
    struct answers a;
    size_t len;
    (void)state;

    answers_init(&a);
    end(&a, begin(&a, "one"), "{\"ok\":true}", 1, 1000);
    struct answer *x = answers_find(&a, "one", 1000 + ANSWERS_MS);
    assert_non_null(x);
    assert_string_equal(answer_text(x, &len), "{\"ok\":true}");
    assert_int_equal(len, 11);
    assert_null(answers_find(&a, "two", 1000));
    assert_null(answers_find(&a, "one", 1001 + ANSWERS_MS));
    assert_int_equal(a.n, 0);
    assert_int_equal(a.bytes, 0);
    answers_fini(&a);
}

static void who_asks_again_while_it_runs_waits_for_the_same_result(void **state)
{
    struct answers a;
    size_t len;
    (void)state;

    answers_init(&a);
    told = 0;
    struct answer *x = begin(&a, "one");
    assert_int_equal(answer_wait(x, &a), 0);
    assert_ptr_equal(answers_find(&a, "one", 0), x);
    assert_null(answer_text(x, &len));
    assert_int_equal(answer_wait(x, &len), 0);
    end(&a, x, "done", 1, 0);
    assert_int_equal(told, 2);
    assert_string_equal(told_what, "done");
    assert_int_equal(a.n_running, 0);
    answers_fini(&a);
}

static void what_changes_nothing_is_not_kept(void **state)
{
    struct answers a;
    (void)state;

    answers_init(&a);
    end(&a, begin(&a, "one"), "status", 0, 0);
    assert_null(answers_find(&a, "one", 0));
    answers_fini(&a);
}

static void an_id_is_known_by_the_bytes_of_its_request(void **state)
{
    struct answers a;
    (void)state;

    answers_init(&a);
    struct answer *x = answers_begin(&a, "one", "save", 4);
    assert_true(answer_same(x, "save", 4));
    assert_false(answer_same(x, "stop", 4));
    assert_false(answer_same(x, "save ", 5));
    end(&a, x, "", 1, 0);
    answers_fini(&a);
}

static void memory_is_bounded_and_the_oldest_goes_first(void **state)
{
    struct answers a;
    char id[32];
    (void)state;

    answers_init(&a);
    for (unsigned i = 0; i < 3 * ANSWERS_KEPT; i++) {
        snprintf(id, sizeof id, "%u", i);
        end(&a, begin(&a, id), "yes", 1, i);
    }
    assert_int_equal(a.n, ANSWERS_KEPT);
    assert_null(answers_find(&a, "2047", 3000));
    assert_non_null(answers_find(&a, "2048", 3000));

    size_t big = ANSWERS_BYTES / 4;
    char *long_one = malloc(big + 1);
    assert_non_null(long_one);
    memset(long_one, 'x', big);
    long_one[big] = '\0';
    for (unsigned i = 0; i < 8; i++) {
        snprintf(id, sizeof id, "big%u", i);
        end(&a, begin(&a, id), long_one, 1, 4000);
    }
    assert_int_equal(a.n, 4);
    assert_true(a.bytes <= ANSWERS_BYTES);
    assert_non_null(answers_find(&a, "big7", 4000));
    free(long_one);
    answers_fini(&a);
}

static void one_id_has_no_more_waiters_than_the_bus_has_contexts(void **state)
{
    struct answers a;
    (void)state;

    answers_init(&a);
    struct answer *x = begin(&a, "one");
    for (unsigned i = 0; i < ANSWERS_WAITERS; i++)
        assert_int_equal(answer_wait(x, &a), 0);
    assert_int_equal(answer_wait(x, &a), -1);
    answers_fini(&a); /* what runs at the end is freed with the rest */
}

static void an_id_that_is_too_long_is_no_id(void **state)
{
    struct answers a;
    char id[ANSWERS_KEY_MOST + 2];
    (void)state;

    answers_init(&a);
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = '\0';
    assert_null(answers_begin(&a, id, id, strlen(id)));
    answers_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_id_gets_the_same_answer_for_ten_minutes),
        cmocka_unit_test(who_asks_again_while_it_runs_waits_for_the_same_result),
        cmocka_unit_test(what_changes_nothing_is_not_kept),
        cmocka_unit_test(an_id_is_known_by_the_bytes_of_its_request),
        cmocka_unit_test(memory_is_bounded_and_the_oldest_goes_first),
        cmocka_unit_test(one_id_has_no_more_waiters_than_the_bus_has_contexts),
        cmocka_unit_test(an_id_that_is_too_long_is_no_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
