/* wire_test.c - messages taken apart, names held to their rule. */
#include "test.h"

#include <kiri/wire.h>

#include <stdlib.h>
#include <string.h>

static void a_message_is_topic_space_json(void **state)
{
    static const struct {
        const char *message, *topic, *json; /* topic NULL: refused */
    } cases[] = {
        { "score/pulse {\"v\":1}", "score/pulse", "{\"v\":1}" },
        { "heartbeat {}", "heartbeat", "{}" },
        { "note/a-1/b_2.c { }", "note/a-1/b_2.c", "{ }" },
        { "a {", "a", "{" }, /* JSON is somebody else's business */
        { "a {\"b\": \"c d\"}", "a", "{\"b\": \"c d\"}" },
        { "", NULL, NULL },
        { " {}", NULL, NULL },
        { "score/pulse", NULL, NULL },
        { "score/pulse ", NULL, NULL },
        { "score/pulse{}", NULL, NULL },
        { "score/pulse  {}", NULL, NULL },
        { "score/pulse []", NULL, NULL },
        { "Score {}", NULL, NULL },
        { "a\tb {}", NULL, NULL },
        { "a\xc3\xa9 {}", NULL, NULL },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_message m = { NULL, 7, NULL, 7 };
        int rc = kiri_message_split(cases[i].message, strlen(cases[i].message), &m);
        assert_int_equal(rc, cases[i].topic ? 0 : -1);
        if (!cases[i].topic) {
            assert_int_equal(m.topic_len, 7); /* untouched */
            continue;
        }
        assert_int_equal(m.topic_len, strlen(cases[i].topic));
        assert_memory_equal(m.topic, cases[i].topic, m.topic_len);
        assert_int_equal(m.json_len, strlen(cases[i].json));
        assert_memory_equal(m.json, cases[i].json, m.json_len);
    }
}

static void a_topic_has_at_most_127_bytes(void **state)
{
    char s[140];
    struct kiri_message m;
    (void)state;

    memset(s, 'a', sizeof s);
    memcpy(s + 127, " {}", 3);
    assert_int_equal(kiri_message_split(s, 130, &m), 0);
    assert_int_equal(m.topic_len, 127);
    memcpy(s + 127, "a {}", 4);
    assert_int_equal(kiri_message_split(s, 131, &m), -1);
}

static void nothing_is_read_beyond_the_message(void **state)
{
    static const char whole[] = "score/pulse {\"v\":1}";
    (void)state;

    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *part = malloc(len ? len : 1); /* exactly as long: ASan watches its end */
        struct kiri_message m;
        assert_non_null(part);
        memcpy(part, whole, len);
        assert_int_equal(kiri_message_split(part, len, &m), len < 13 ? -1 : 0);
        free(part);
    }
}

static void a_head_says_where_a_message_stands(void **state)
{
    static const struct {
        const char *json;
        const char *boot; /* NULL: refused */
        uint64_t seq, n;
        int64_t ts;
    } cases[] = {
        { "{\"v\":1,\"host\":\"a\",\"boot\":\"7f3a\",\"ts\":17,\"seq\":9,\"n\":4}",
          "7f3a", 9, 4, 17 },
        { "{\"n\":4,\"seq\":9,\"boot\":\"b\",\"fields\":[]}", "b", 9, 4, 0 },
        { "{\"host\":\"\\\"boot\\\":\",\"boot\":\"b\",\"seq\":1,\"n\":1,\"n\":[", "b", 1,
          1, 0 },
        { "{\"boot\":\"b\",\"seq\":18446744073709551615,\"n\":1}", NULL, 0, 0, 0 },
        { "{\"boot\":\"b\",\"seq\":-1,\"n\":1}", NULL, 0, 0, 0 },
        { "{\"boot\":\"b\",\"seq\":1.5,\"n\":1}", NULL, 0, 0, 0 },
        { "{\"boot\":\"b\",\"seq\":,\"n\":1}", NULL, 0, 0, 0 },
        { "{\"boot\":\"\",\"seq\":1,\"n\":1}", NULL, 0, 0, 0 },
        { "{\"boot\":\"\\u0061\",\"seq\":1,\"n\":1}", NULL, 0, 0, 0 },
        { "{\"boot\":7,\"seq\":1,\"n\":1}", NULL, 0, 0, 0 },
        { "{\"x\":[1],\"boot\":\"b\",\"seq\":1,\"n\":1}", NULL, 0, 0, 0 },
        { "{\"boot\":\"b\",\"seq\":1}", NULL, 0, 0, 0 },
        { "{}", NULL, 0, 0, 0 },
        { "{", NULL, 0, 0, 0 },
        { "{\"boot", NULL, 0, 0, 0 },
        { "{\"boot\":", NULL, 0, 0, 0 },
        { "{\"boot\\", NULL, 0, 0, 0 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].json);
        char *exact = malloc(len); /* ASan watches its end */
        struct kiri_message m = { "a", 1, exact, len };
        struct kiri_head h = { .n = 77 };

        assert_non_null(exact);
        memcpy(exact, cases[i].json, len);
        if (kiri_message_head(&m, &h) != (cases[i].boot ? 0 : -1))
            fail_msg("%s", cases[i].json);
        if (!cases[i].boot) {
            assert_int_equal(h.n, 77);
        } else {
            assert_int_equal(h.boot_len, strlen(cases[i].boot));
            assert_memory_equal(h.boot, cases[i].boot, h.boot_len);
            assert_int_equal(h.seq, cases[i].seq);
            assert_int_equal(h.n, cases[i].n);
            assert_int_equal(h.ts, cases[i].ts);
        }
        free(exact);
    }
}

static void a_name_is_short_small_and_plain(void **state)
{
    static const struct {
        const char *name;
        int ok;
    } cases[] = {
        { "pulse", 1 },   { "p", 1 },
        { "pulse-2", 1 }, { "a2345678901234567890123456789-32", 1 },
        { NULL, 0 },      { "", 0 },
        { "2pulse", 0 },  { "a2345678901234567890123456789-323", 0 },
        { "-pulse", 0 },  { "Pulse", 0 },
        { "pul_se", 0 },  { "a/b", 0 },
        { "a b", 0 },     { "a.b", 0 },
        { "a\n", 0 },     { "\xc3\xa9", 0 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(kiri_name_ok(cases[i].name), cases[i].ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_topic_space_json),
        cmocka_unit_test(a_topic_has_at_most_127_bytes),
        cmocka_unit_test(nothing_is_read_beyond_the_message),
        cmocka_unit_test(a_head_says_where_a_message_stands),
        cmocka_unit_test(a_name_is_short_small_and_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
