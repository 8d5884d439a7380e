/*
 * client/ask.h - the client's side of the control socket. Numbers are NNG's errors.
 */
#ifndef KIRI_CLIENT_ASK_H
#define KIRI_CLIENT_ASK_H

#include <nng/nng.h>
#include <stddef.h>

#define ANSWER_MOST (4u << 20) /* bytes of an answer that we are willing to take */

/* A REQ socket that is not dialled yet; an unanswered question is sent again after
 * resend_ms. */
int ask_open(nng_socket *socket, int resend_ms);

/* Dials, asks, waits for the answer (malloc'ed, NUL-terminated; len may be NULL) and
 * closes. NNG_ECONNREFUSED or NNG_ENOENT: nobody is there. */
int ask_once(const char *url, const char *json, int timeout_ms, char **answer,
             size_t *len);

#endif
