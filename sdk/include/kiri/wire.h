/*
 * kiri/wire.h - topics and messages, for subscribers in any process.
 *
 * A message is `topic SPACE json`. The topic ends at the first space, so subscribing to
 * "score/pulse " never hears "score/pulse2". NNG's SUB matches raw byte prefixes:
 * subscribe to "score/" for all scores, to "score/pulse " for one atom.
 *
 * Topics: obs/A score/A molecule alert wish/VERB/A action/VERB/A feedback/ID model/A
 * atom/A note/A/NAME log/LEVEL heartbeat
 *
 * Every message has: v (1), host, boot (changes with every start), ts (ms UTC), seq (this
 * publisher's, from 1) and n (this topic's, from 1 each boot). Judge gaps on n: a filter
 * never looks like a loss. The heartbeat carries the last n of every topic.
 */
#ifndef KIRI_WIRE_H
#define KIRI_WIRE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIRI_WIRE_VERSION 1
#define KIRI_WIRE_MAX     65536u /* bytes of one message, topic and space included      */
#define KIRI_TOPIC_MAX    127u   /* bytes of a topic                                    */

/* One message taken apart; the pointers point into it. */
struct kiri_message {
    const char *topic; /* not NUL-terminated */
    size_t topic_len;
    const char *json;
    size_t json_len; /* from the '{' to the end of the message */
};

/* Splits a received message. 0, or -1: no space, an empty or over-long topic, a byte
 * outside [a-z0-9/_.-] in it, or no '{' right after the space; then *out is untouched.
 * The JSON itself is not parsed. Reads nothing beyond bytes[len). */
int kiri_message_split(const void *bytes, size_t len, struct kiri_message *out);

/* What every message says of itself; boot points into the message. */
struct kiri_head {
    const char *boot; /* not NUL-terminated, never with an escape in it */
    size_t boot_len;
    int64_t ts;
    uint64_t seq, n;
};
/* Reads the head from a message taken apart: 0, or -1 when boot, seq or n is missing or
 * not what it should be; then *out is untouched. Members in any order, as long as they
 * come before the first array or object. Reads nothing beyond the message. */
int kiri_message_head(const struct kiri_message *m, struct kiri_head *out);

/* Is this a name that may stand in a topic: [a-z][a-z0-9-]{0,31}? Instances and notes. */
int kiri_name_ok(const char *name);

#ifdef __cplusplus
}
#endif

#endif
