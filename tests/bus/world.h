/*
 * A bus on sockets of its own, and peers that speak the wire protocol by hand:
 * scalability protocols over a unix socket (the nanomsg project's sp-ipc mapping), 8
 * bytes of greeting, then 0x01, a 64-bit length and the message.
 */
#ifndef KIRI_TESTS_BUS_WORLD_H
#define KIRI_TESTS_BUS_WORLD_H

#include "bus/bus.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

extern char room[64];    /* a directory of this test's own, mode 0700 */
extern char url[96];     /* ipc://<room>/bus */
extern char control[96]; /* ipc://<room>/control */
extern atomic_int bells; /* how often wake() was called */

int open_room(void **state);
int close_room(void **state);
const char *in_room(const char *name); /* valid until the next call */

/* main() of a test file: runs the test named in argv[1], or all of them. */
#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
#define RUN_ROOM_TESTS(tests, argc, argv)                                                \
    (choose_test(tests, sizeof(tests) / sizeof *(tests), argc, argv)                     \
         ? 2                                                                             \
         : cmocka_run_group_tests(tests, NULL, NULL))
struct CMUnitTest;
/* 0, or -1 and a line on stderr when there is no such test. */
int choose_test(const struct CMUnitTest *tests, size_t n, int argc, char **argv);

/* A bus at url and control, boot as given, at most `peers`; or the test fails. */
struct bus *open_bus(const char *boot, unsigned peers);
/* Tries to listen at this URL as well; NULL and a sentence. */
struct bus *try_bus(const char *listen, struct kiri_error *err);

/* Milliseconds, and waiting for a condition: 1, or 0 after 5 s. */
int64_t now_ms(void);
int within(int (*is)(void *ctx), void *ctx);
int has_peers(struct bus *b, unsigned n); /* waits until it has exactly n */

enum { RAW_SUB = 0x21, RAW_REQ = 0x30 };

/* Connects and greets; -1 when it is turned away. */
int raw_connect(const char *name, int protocol);
void raw_send(int fd, const void *bytes, size_t n);
/* Frames and sends n < 256 bytes; the other side may close meanwhile. */
void raw_poke(int fd, const void *bytes, size_t n);
/* Frames and sends. */
void raw_send_message(int fd, const void *bytes, size_t n);
/* The next message, NUL-terminated; its length, or -1: closed or nothing for timeout_ms.
 */
long raw_hear(int fd, char *out, size_t cap, int timeout_ms);
/* Is the connection closed from the other side within 5 s? */
int raw_is_closed(int fd);
/* Publishes until this subscriber hears, then reads until it has heard all of that. */
void raw_sync(struct bus *b, int fd);

#endif
