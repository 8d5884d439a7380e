/*
 * client/client.h - the other end: hear a host's topics, ask it something. Blocking
 * calls, for command-line tools. Owner: one thread.
 */
#ifndef KIRI_CLIENT_CLIENT_H
#define KIRI_CLIENT_CLIENT_H

#include <stddef.h>
#include <stdint.h>

struct kiri_client;

/* Dials the PUB socket at url (reconnects by itself). NULL and a sentence in why[cap]. */
struct kiri_client *kiri_client_hear(const char *url, char *why, size_t cap);
/* Hears one more topic prefix; "score/pulse " ends at the space, "" is everything. */
int kiri_client_subscribe(struct kiri_client *c, const char *prefix, char *why,
                          size_t cap);
/* The next message, NUL-terminated, valid until the next call: 1; 0: nothing within
 * timeout_ms (< 0: for ever) or interrupted by a signal; -1: closed for good. */
int kiri_client_next(struct kiri_client *c, int timeout_ms, const char **bytes,
                     size_t *len);
/* Messages known to be missing so far, by n of each topic. */
uint64_t kiri_client_lost(const struct kiri_client *c);
void kiri_client_free(struct kiri_client *c); /* NULL is fine */

/* Sends one JSON request to the control socket and waits for the answer, malloc'ed and
 * NUL-terminated; NULL and a sentence in why[cap] when nobody answers within timeout_ms.
 */
char *kiri_client_ask(const char *control_url, const char *json, int timeout_ms,
                      size_t *len, char *why, size_t cap);

#endif
