/*
 * Who may open a WebSocket: the token, from a page that may, under a name that is ours.
 */
#include "bus/inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "s3cret-token-of-32+bytes/in=all."
#define HOST  "Host: 127.0.0.1:7789\r\n"

static void a_visitor_shows_its_token_page_and_host(void **state)
{
    static const struct {
        const char *uri, *headers;
        int ok;
    } visits[] = {
        { "/bus?token=" TOKEN, HOST, 1 },
        { "/bus?token=s3cret%2dtoken-of-32%2Bbytes%2fin%3dall.", HOST, 1 },
        { "/bus?a=b&token=" TOKEN "&c=d", HOST, 1 },
        { "/bus", HOST "Authorization: Bearer " TOKEN "\r\n", 1 },
        { "/bus", HOST "authorization:   bearer " TOKEN "\r\n", 1 },
        { "/bus", HOST, 0 },
        { "/bus?token=", HOST, 0 },
        { "/bus?token=s3cret-token-of-32+bytes/in=all", HOST, 0 },
        { "/bus?token=" TOKEN TOKEN, HOST, 0 },
        { "/bus?token=" TOKEN "%", HOST, 0 },
        { "/bus?token=%", HOST, 0 },
        { "/bus?token=%2", HOST, 0 },
        { "/bus?xtoken=" TOKEN, HOST, 0 },
        { "/bus#token=" TOKEN, HOST, 0 },
        { "/bus", HOST "Authorization: Basic " TOKEN "\r\n", 0 },
        { "/bus", HOST "Authorization: " TOKEN "\r\n", 0 },
        { "/bus", HOST "X-Authorization: Bearer " TOKEN "\r\n", 0 },
        /* pages */
        { "/bus?token=" TOKEN, HOST "Origin: https://page.example\r\n", 1 },
        { "/bus?token=" TOKEN, HOST "origin: HTTPS://PAGE.example\r\n", 1 },
        { "/bus?token=" TOKEN, HOST "Origin: http://localhost:8080\r\n", 1 },
        { "/bus?token=" TOKEN, HOST "Origin: http://localhost\r\n", 0 },
        { "/bus?token=" TOKEN, HOST "Origin: http://page.example\r\n", 0 },
        { "/bus?token=" TOKEN, HOST "Origin: https://page.example.evil\r\n", 0 },
        { "/bus?token=" TOKEN, HOST "Origin: null\r\n", 0 },
        { "/bus?token=" TOKEN, HOST "Origin: \r\n", 0 },
        { "/bus?token=" TOKEN,
          HOST "Origin: https://page.example, https://evil.example\r\n", 0 },
        /* names that were made to point at us */
        { "/bus?token=" TOKEN, "Host: localhost:7789\r\n", 1 },
        { "/bus?token=" TOKEN, "Host: [::1]:7789\r\n", 1 },
        { "/bus?token=" TOKEN, "Host: bus.example:7789\r\n", 1 }, /* our URL's */
        { "/bus?token=" TOKEN, "Host: page.example\r\n", 1 },     /* an origin's */
        { "/bus?token=" TOKEN, "Host: evil.example:7789\r\n", 0 },
        { "/bus?token=" TOKEN, "Host: 127.0.0.1.evil.example\r\n", 0 },
        { "/bus?token=" TOKEN, "Host: \r\n", 0 },
        { "/bus?token=" TOKEN, "Host: localhost, evil.example\r\n", 0 },
        { "/bus?token=" TOKEN, "", 0 },
    };
    static const char *const origins[] = { "https://page.example",
                                           "http://localhost:8080", NULL };
    const struct bus_listener l = { .url = "ws://bus.example:7789/bus",
                                    .token = TOKEN,
                                    .origins = origins };
    struct pass *p = pass_new(&l);

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < sizeof visits / sizeof *visits; i++)
        if (pass_ok(p, visits[i].uri, visits[i].headers) != visits[i].ok)
            fail_msg("%s with %s: %s", visits[i].uri, visits[i].headers,
                     visits[i].ok ? "turned away" : "let in");
    pass_free(p);
}

static void what_is_too_long_is_turned_away(void **state)
{
    const struct bus_listener l = { .url = "ws://127.0.0.1:7789/bus", .token = TOKEN };
    struct pass *p = pass_new(&l);
    char *long_text = malloc(8192), *headers = malloc(9000);

    (void)state;
    assert_true(p && long_text && headers);
    memset(long_text, 'x', 8191);
    long_text[8191] = '\0';
    snprintf(headers, 9000, HOST "Origin: %s\r\n", long_text);
    assert_false(pass_ok(p, "/bus?token=" TOKEN, headers));
    snprintf(headers, 9000, "Host: %s\r\n", long_text);
    assert_false(pass_ok(p, "/bus?token=" TOKEN, headers));
    snprintf(headers, 9000, HOST "Authorization: Bearer %s\r\n", long_text);
    assert_false(pass_ok(p, "/bus", headers));
    memcpy(long_text, "/bus?token=", 11);
    assert_false(pass_ok(p, long_text, HOST));
    free(long_text);
    free(headers);
    pass_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_visitor_shows_its_token_page_and_host),
        cmocka_unit_test(what_is_too_long_is_turned_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
