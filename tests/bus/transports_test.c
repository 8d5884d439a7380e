/*
 * The same messages over every transport, and only to whom they are for.
 */
#include "world.h"
#include <kiri/client.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKEN    "0123456789abcdef0123456789abcdef"
#define FIXTURES KIRI_SOURCE_DIR "/tests/bus/fixtures/"

static const char *const origins[] = { "http://localhost:8080", NULL };

/* A port that nobody has right now. */
static unsigned free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static struct bus *open_listener(const struct bus_listener *l, struct kiri_error *err)
{
    const struct bus_options o = { .listen = l,
                                   .n_listen = 1,
                                   .control = control,
                                   .host = "mini",
                                   .boot = "7f3a",
                                   .most_peers = 8 };

    return bus_open(&o, err);
}

static int hears(struct bus *b, const char *at, const char *ca_file, int patience_ms)
{
    const struct kiri_client_options o = { .bus = at, .ca_file = ca_file };
    int64_t end = now_ms() + patience_ms;
    char why[256];
    struct kiri_client *c = kiri_client_open(&o, why, sizeof why);
    const char *bytes;
    int heard = 0;
    size_t len;

    if (!c || kiri_client_subscribe(c, "score/a ", why, sizeof why))
        fail_msg("%s", why);
    while (!heard && now_ms() < end) {
        bus_publish(b, "score/a", 0, "", NULL);
        heard = kiri_client_next(c, 10, &bytes, &len) == 1;
    }
    kiri_client_free(c);
    return heard;
}

/* Listens as l says, at `before`:<a free port>`behind`. */
static struct bus *open_somewhere(struct bus_listener l, const char *before,
                                  const char *behind, unsigned *port)
{
    struct kiri_error err = { 0 };
    struct bus *b = NULL;
    char at[64];

    for (int i = 0; i < 20 && !b; i++) { /* somebody may be faster */
        *port = free_port();
        snprintf(at, sizeof at, "%s:%u%s", before, *port, behind);
        l.url = at;
        b = open_listener(&l, &err);
    }
    if (!b)
        fail_msg("%s", err.text);
    return b;
}

static void tcp_is_heard(void **state)
{
    unsigned port;
    char at[64];
    struct bus *b = open_somewhere((struct bus_listener){ .url = NULL },
                                   "tcp://localhost", "", &port);

    (void)state;
    snprintf(at, sizeof at, "tcp://localhost:%u", port);
    assert_true(hears(b, at, NULL, 5000));
    bus_close(b);
}

static void tls_is_heard_by_who_knows_the_certificate(void **state)
{
    const struct bus_listener l = { .cert = FIXTURES "server.pem",
                                    .key = FIXTURES "server.key" };
    unsigned port;
    char at[64];
    struct bus *b = open_somewhere(l, "tls+tcp://localhost", "", &port);

    (void)state;
    snprintf(at, sizeof at, "tls+tcp://localhost:%u", port);
    assert_true(hears(b, at, FIXTURES "server.pem", 5000));
    assert_false(hears(b, at, FIXTURES "other.pem", 500)); /* vouched for by another */
    snprintf(at, sizeof at, "tcp://localhost:%u", port);
    assert_false(hears(b, at, NULL, 500)); /* not encrypted */
    bus_close(b);
}

static void a_websocket_is_heard_by_who_shows_the_token(void **state)
{
    const struct bus_listener l = { .token = TOKEN, .origins = origins };
    struct bus_counts n;
    unsigned port;
    char at[128];
    struct bus *b = open_somewhere(l, "ws://127.0.0.1", "/bus", &port);

    (void)state;
    snprintf(at, sizeof at, "ws://127.0.0.1:%u/bus", port);
    assert_false(hears(b, at, NULL, 300));
    bus_counts(b, &n);
    assert_true(n.turned_away > 0);
    snprintf(at, sizeof at, "ws://127.0.0.1:%u/bus?token=wrong-0123456789", port);
    assert_false(hears(b, at, NULL, 300));
    snprintf(at, sizeof at, "ws://127.0.0.1:%u/bus?token=" TOKEN, port);
    assert_true(hears(b, at, NULL, 5000));
    bus_close(b);
}

/* Sends a browser's handshake; is it still connected after a message was published, and
 * did it get that? */
static int page_hears(struct bus *b, unsigned port, const char *path, const char *origin)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0), heard = 0;
    struct timeval wait = { .tv_usec = 20000 };
    char text[4096];
    ssize_t n = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)port);
    snprintf(text, sizeof text,
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nOrigin: %s\r\n"
             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
             "Sec-WebSocket-Protocol: pub.sp.nanomsg.org\r\n\r\n",
             path, port, origin);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    raw_send(fd, text, strlen(text));
    for (int i = 0; i < 250 && !heard && n != 0; i++) {
        bus_publish(b, "score/a", 0, "", NULL);
        n = recv(fd, text, sizeof text - 1, 0);
        heard = n > 0 && memmem(text, (size_t)n, "score/a {", 9);
    }
    close(fd);
    return heard;
}

static void a_page_needs_the_token_and_a_known_origin(void **state)
{
    const struct bus_listener l = { .token = TOKEN, .origins = origins };
    unsigned port;
    struct bus *b = open_somewhere(l, "ws://127.0.0.1", "/bus", &port);

    (void)state;
    assert_true(page_hears(b, port, "/bus?token=" TOKEN, "http://localhost:8080"));
    assert_false(page_hears(b, port, "/bus?token=" TOKEN, "http://evil.example"));
    assert_false(page_hears(b, port, "/bus", "http://localhost:8080"));
    bus_close(b);
}

static void an_incomplete_listener_is_refused_with_what_it_lacks(void **state)
{
    static const char nothing[] = "/dev/null";
    const struct {
        struct bus_listener l;
        const char *why;
    } cases[] = {
        { { .url = "tls+tcp://127.0.0.1:1" }, "without `cert` and `key`" },
        { { .url = "tls+tcp://127.0.0.1:1", .cert = FIXTURES "server.pem" },
          "without `cert` and `key`" },
        { { .url = "tls+tcp://127.0.0.1:1", .cert = "/no/such.pem", .key = nothing },
          "/no/such.pem" },
        { { .url = "tls+tcp://127.0.0.1:1", .cert = nothing, .key = nothing },
          "/dev/null is no PEM file with a CERTIFICATE" },
        { { .url = "tls+tcp://127.0.0.1:1",
            .cert = FIXTURES "server.pem",
            .key = FIXTURES "server.pem" },
          "server.pem is no PEM file with a PRIVATE KEY" },
        { { .url = "ws://127.0.0.1:1/bus" }, "without a `token`" },
        { { .url = "ws://127.0.0.1:1/bus", .token = "short" }, "16 bytes or more" },
        { { .url = "wss://127.0.0.1:1/bus", .token = TOKEN }, "use ipc://, tcp://" },
        { { .url = "tcp://127.0.0.1:1", .token = TOKEN }, "token and origins for" },
        { { .url = "tcp://127.0.0.1:1", .cert = nothing }, "cert and key are for" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kiri_error err = { 0 };

        assert_null(open_listener(&cases[i].l, &err));
        assert_int_equal(err.code, KIRI_BAD_CONFIG);
        if (!strstr(err.text, cases[i].why) || !strstr(err.text, cases[i].l.url))
            fail_msg("%s: %s", cases[i].l.url, err.text);
    }
}

static void a_group_may_be_let_in(void **state)
{
    const struct bus_listener l = { .url = url };
    const struct bus_options o = { .listen = &l,
                                   .n_listen = 1,
                                   .socket_mode = 0660,
                                   .control = control,
                                   .host = "mini",
                                   .boot = "7f3a",
                                   .most_peers = 8 };
    struct kiri_error err;
    struct bus *b = bus_open(&o, &err);
    struct stat st;

    (void)state;
    assert_non_null(b);
    assert_int_equal(stat(in_room("bus"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    assert_int_equal(stat(in_room("control"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600); /* to hear is not to command */
    bus_close(b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(tcp_is_heard),
        ROOM_TEST(tls_is_heard_by_who_knows_the_certificate),
        ROOM_TEST(a_websocket_is_heard_by_who_shows_the_token),
        ROOM_TEST(a_page_needs_the_token_and_a_known_origin),
        ROOM_TEST(an_incomplete_listener_is_refused_with_what_it_lacks),
        ROOM_TEST(a_group_may_be_let_in),
    };
    return RUN_ROOM_TESTS(tests, argc, argv);
}
