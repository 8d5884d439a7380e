/*
 * bus/bus.h - the host's end of NNG: one PUB socket, one REP control socket, one REP
 * inbox. Only this folder and client/ include nng.
 *
 * PUB never blocks: a subscriber that cannot follow loses the oldest of its own queue.
 * Every message carries seq (this publisher's) and n (this topic's, from 1 each boot), so
 * a loss is seen. Threads: all functions on the loop thread; NNG's own threads only put
 * requests into a queue and wake the loop through `wake`.
 */
#ifndef KIRI_BUS_BUS_H
#define KIRI_BUS_BUS_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct bus;

/* Where subscribers come in. ipc://, inproc:// and tcp:// need only the URL; tls+tcp://
 * needs cert and key, ws:// a token; any other member must then be NULL. */
struct bus_listener {
    const char *url;
    const char *cert, *key;     /* PEM files */
    const char *token;          /* 16 bytes or more that a visitor must show */
    const char *const *origins; /* NULL-terminated: pages that may come; NULL: none */
};

struct bus_options {
    const struct bus_listener *listen; /* [n_listen], besides inproc */
    size_t n_listen;
    unsigned socket_mode;    /* of the PUB socket's unix sockets: 0600 (so is 0), 0660 */
    const char *control;     /* ipc:// URL of the REP socket, always 0600 */
    const char *inbox;       /* the same, for what other processes saw; NULL: none */
    const char *host, *boot; /* go into every message */
    unsigned most_peers;     /* at each of the three at once, 256 */
    void (*wake)(void *ctx); /* any thread: requests are waiting */
    void *ctx;
};

struct bus *bus_open(const struct bus_options *o, struct kiri_error *err);
void bus_close(struct bus *b); /* NULL is fine; at most about a second */

/*
 * Publishes `topic {"v":1,"host":..,"boot":..,"ts":ts,"seq":..,"n":..,<members>}`.
 *   members  the rest of the JSON object without braces ("" for none): "\"id\":7,..."
 * The finished bytes stay in *sent (may be NULL) until the next call, for the journal.
 * Returns the seq, or 0 when the message is over KIRI_WIRE_MAX or the topic is not valid
 * (counted as refused).
 */
struct bus_bytes {
    const char *data;
    size_t len;
};
uint64_t bus_publish(struct bus *b, const char *topic, int64_t ts, const char *members,
                     struct bus_bytes *sent);
/* Publishes `heartbeat` with "period":ms,<members>,"topics":{topic: last n, ...}, members
 * as above ("\"store\":\"well\""); now and then looks whether somebody who connects is
 * still let in, and listens anew if not. */
void bus_heartbeat(struct bus *b, int64_t ts, int64_t period_ms, const char *members);

/*
 * The last messages of the topics score/ obs/ atom/ model/ and molecule, byte for byte as
 * they were published, in order of topic.
 *   prefix  [n] raw byte prefixes of a message ("score/pulse "); n = 0: all
 *   after   only topics after this one; NULL: from the first
 *   each    called for one after the other, until it returns something else than 0
 * Returns what each() returned last, 0 without any; -1 when memory is short.
 */
int bus_snapshot(const struct bus *b, const char *const *prefix, size_t n,
                 const char *after,
                 int (*each)(void *ctx, const char *topic, const char *bytes, size_t len),
                 void *ctx);

/* One request from the control socket or the inbox. Answer each exactly once. */
struct bus_request;
enum bus_desk { BUS_CONTROL, BUS_INBOX };
enum bus_desk bus_request_desk(const struct bus_request *r); /* where it came in */
const char *bus_request_text(const struct bus_request *r,
                             size_t *len);             /* NUL-terminated */
uint64_t bus_request_uid(const struct bus_request *r); /* peer uid; UINT64_MAX: unknown */
struct bus_request *bus_next_request(struct bus *b);   /* NULL: none waiting */
void bus_answer(struct bus *b, struct bus_request *r, const char *json, size_t len);

struct bus_counts {
    uint64_t published, refused; /* messages */
    unsigned peers;              /* live subscribers */
    uint64_t turned_away;        /* connections over the cap, or without a token */
    uint64_t send_p99_us; /* 99 % of the messages took NNG at most this long, rounded up
                             to a power of two */
};
void bus_counts(const struct bus *b, struct bus_counts *out);

#endif
