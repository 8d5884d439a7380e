/* message_test.c - a message to the inbox, taken apart; each mistake has its sentence. */
#include "inbox/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1763679600123

static void a_message_has_its_parts(void **state)
{
    static const char text[] =
        "obs/soil-2 {\"id\":\"a1\",\"ts\":1763679600000,\"label\":\"bed 2\","
        "\"values\":{\"moisture\":41.2},\"schema\":{}}";
    struct kiri_error err;
    struct parts p;

    (void)state;
    assert_int_equal(parts_read(text, strlen(text), NOW, &p, &err), 0);
    assert_string_equal(p.atom, "soil-2");
    assert_string_equal(p.id, "a1");
    assert_string_equal(p.label, "bed 2");
    assert_int_equal(p.ts, 1763679600000);
    assert_non_null(p.schema);
    assert_true(json_is_object(p.values));
    parts_free(&p);
}

static void only_values_or_a_schema_are_needed(void **state)
{
    static const char *const texts[] = { "obs/a {\"values\":{}}", "obs/a {\"schema\":{}}",
                                         ("obs/a {\"values\":{},\"id\":null,\"ts\":null,"
                                          "\"label\":null,\"schema\":null}") };
    struct kiri_error err;
    struct parts p;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parts_read(texts[i], strlen(texts[i]), NOW, &p, &err), 0);
        assert_null(p.id);
        assert_null(p.label);
        assert_int_equal(p.ts, INT64_MIN);
        parts_free(&p);
    }
}

static void each_mistake_has_its_sentence(void **state)
{
    static const char values[] = "\"values\":{}";
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        { "", "a message is a topic, a space and a JSON object" },
        { "{}", "a message is a topic" },
        { "obs/a", "a message is a topic" },
        { "obs/a []", "a message is a topic" },
        { "obs/a  {}", "a message is a topic" },
        { "score/a {}", "such as obs/soil" },
        { "obs {}", "such as obs/soil" },
        { "obs/ {}", "such as obs/soil" },
        { "obs/7 {}", "after obs/ comes the name of an atom" },
        { "obs/a/b {}", "after obs/ comes the name of an atom" },
        { "obs/a23456789012345678901234567890123 {}", "at most 32 bytes" },
        { "obs/a {", "it is no JSON" },
        { "obs/a {} {}", "it is no JSON" },
        { "obs/a {\"values\":{\"x\":NaN}}", "it is no JSON" },
        { "obs/a {\"values\":{\"x\":1e999}}", "it is no JSON" },
        { "obs/a {\"values\":{\"x\":1,\"x\":2}}", "it is no JSON: duplicate" },
        { "obs/a {\"values\":{\"x\":\"\\u0000\"}}", "it is no JSON" },
        { "obs/a {}", "a message has \"values\":{..}, what was seen, or \"schema\"" },
        { "obs/a {\"value\":{}}", "did you mean \"values\"?" },
        { "obs/a {\"moisture\":41}", "what was seen is in values" },
        { "obs/a {\"values\":[]}", "\"values\" is an object" },
        { "obs/a {\"schema\":\"x\"}", "\"schema\" is an object" },
        { "obs/a {%,\"id\":7}", "\"id\" is a text of 1 to 64 bytes" },
        { "obs/a {%,\"id\":\"\"}", "\"id\" is a text of 1 to 64 bytes" },
        { "obs/a "
          "{%,\"id\":\"0123456789012345678901234567890123456789012345678901234567890"
          "1234\"}",
          "\"id\" is a text of 1 to 64 bytes" },
        { "obs/a {%,\"label\":[]}", "\"label\" is a text of 1 to 512 bytes" },
        { "obs/a {%,\"ts\":\"now\"}", "\"ts\" is the time in whole milliseconds" },
        { "obs/a {%,\"ts\":1.5}", "\"ts\" is the time in whole milliseconds" },
        { "obs/a {%,\"ts\":-1}", "\"ts\" is the time in whole milliseconds" },
        { "obs/a {%,\"ts\":1763766000124}", "more than a day in the future" },
        { "obs/a {%,\"ts\":9000000000000000000}", "more than a day in the future" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *hole = strchr(cases[i].text, '%');
        struct kiri_error err = { 0 };
        char text[256];
        struct parts p;

        if (hole)
            snprintf(text, sizeof text, "%.*s%s%s", (int)(hole - cases[i].text),
                     cases[i].text, values, hole + 1);
        else
            snprintf(text, sizeof text, "%s", cases[i].text);
        assert_int_equal(parts_read(text, strlen(text), NOW, &p, &err), -1);
        assert_null(p.root);
        assert_int_equal(err.code, KIRI_USAGE);
        if (!strstr(err.text, cases[i].sentence))
            fail_msg("%s: \"%s\" instead of \"%s\"", text, err.text, cases[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_its_parts),
        cmocka_unit_test(only_values_or_a_schema_are_needed),
        cmocka_unit_test(each_mistake_has_its_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
