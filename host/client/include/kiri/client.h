/*
 * kiri/client.h - hear a host's messages, each exactly once and in order, and ask it
 * something. Link with `pkg-config --libs kiri-client`.
 *
 *     struct kiri_client_options o = { .bus = "ipc:///run/kiri/bus",
 *                                      .control = "ipc:///run/kiri/control" };
 *     struct kiri_client *c = kiri_client_open(&o, why, sizeof why);
 *     kiri_client_subscribe(c, "score/pulse ", why, sizeof why);
 *     while (kiri_client_next(c, -1, &bytes, &len) == 1)
 *         ...
 *
 * What the bus drops on the way (it never waits for a subscriber) is taken from the
 * host's journal over its control socket, and so is the end of one run of the host and
 * the beginning of the next, when it was killed and started again. Topics log/ and
 * heartbeat are not journalled: heard live, or not at all. What the journal does not have
 * either is counted: kiri_client_lost().
 *
 * It connects, and connects again, by itself. Messages that wait for the journal or for a
 * slow caller take at most 8 MiB; beyond that they are dropped and taken from the
 * journal.
 *
 * Threads: one thread at a time for each client; kiri_client_ask() from any. NNG, below,
 * has threads of its own: never fork() a process that uses this without exec.
 */
#ifndef KIRI_CLIENT_H
#define KIRI_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kiri_client;

enum kiri_client_start {
    KIRI_START_NOW,      /* what is published from now on; everything of a host that is
                            not running yet */
    KIRI_START_OLDEST,   /* the oldest message that the journal has */
    KIRI_START_AFTER,    /* what follows (boot, seq), where an earlier client ended */
    KIRI_START_SNAPSHOT, /* first the last message of each topic, then from there on */
};

struct kiri_client_options {
    const char *bus;     /* URL of the PUB socket */
    const char *control; /* URL of the control socket; NULL: losses are only counted, and
                            the start can only be KIRI_START_NOW */
    enum kiri_client_start start;
    const char *boot; /* KIRI_START_AFTER */
    uint64_t seq;
    const char *ca_file; /* tls+tcp: PEM file of who may vouch for the host; NULL: the
                            host cannot be reached over tls */
    int resend_ms;       /* an unanswered question is sent again after this; 0: 60000 */
};

/* NULL and a sentence in why[cap]. The strings are copied. Returns at once, except that a
 * stopped (SIGSTOP) host is waited for up to two seconds. */
struct kiri_client *kiri_client_open(const struct kiri_client_options *o, char *why,
                                     size_t cap);
/* Hears one more topic prefix, a raw byte prefix of `topic SPACE json`: "score/pulse "
 * ends at the space, "" is everything. Best before the first kiri_client_next(): later it
 * holds from there on. 0, or -1 and a sentence. */
int kiri_client_subscribe(struct kiri_client *c, const char *prefix, char *why,
                          size_t cap);
/* The next message, NUL-terminated, valid until the next call: 1; 0: nothing within
 * timeout_ms (< 0: for ever) or interrupted by a signal; -1: it cannot go on, see
 * kiri_client_why(). */
int kiri_client_next(struct kiri_client *c, int timeout_ms, const char **bytes,
                     size_t *len);
/* Messages known to be missing for good so far; grows right before the message that
 * follows them. */
uint64_t kiri_client_lost(const struct kiri_client *c);
/* What went wrong last, one sentence: gaps cannot be filled, the journal no longer has
 * what was asked for; "" when all is well. Valid until the next kiri_client_next(). */
const char *kiri_client_why(const struct kiri_client *c);
/* How long nothing was heard at all, ms; a host sends a heartbeat each second. */
int64_t kiri_client_silent_ms(const struct kiri_client *c);
/* The place after the message handed out last, for KIRI_START_AFTER. Returns the boot
 * (valid until the next kiri_client_next(), "" before the first message). */
const char *kiri_client_place(const struct kiri_client *c, uint64_t *seq);
void kiri_client_free(struct kiri_client *c); /* NULL is fine */

/* Sends one JSON request to the control socket and waits for the answer, malloc'ed and
 * NUL-terminated; NULL and a sentence in why[cap] when nobody answers within timeout_ms.
 */
char *kiri_client_ask(const char *control_url, const char *json, int timeout_ms,
                      size_t *len, char *why, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
