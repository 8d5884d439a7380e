/*
 * flow/sessions_state.h - what a model of sessions is made of: for sessions.c,
 * sessions_file.c and sessions_learn.c. Nobody else looks inside.
 */
#ifndef KIRI_FLOW_SESSIONS_STATE_H
#define KIRI_FLOW_SESSIONS_STATE_H

#include "flow/calibrate.h"
#include "flow/sessions.h"

struct sessions {
    struct words *words;
    uint16_t bos; /* behind the words */
    struct chorus *chorus;
    struct sessions_facts facts;
    struct past worst; /* nats of the worst word, of sessions that it did not know */

    /* scratch, grown as needed */
    uint32_t cap;
    struct sessions_token *token; /* [cap]     */
    uint16_t *ids;                /* [cap + 1] */
    struct chorus_word *read;     /* [cap]     */
    float *voice;                 /* [cap]     */
    float *p;                     /* [bos + 1] */
};

/* Takes over both, also when it fails. NULL when memory is short. */
struct sessions *sessions_new(struct words *words, struct chorus *chorus);

#endif
