/*
 * inbox/inbox.h - atoms in other processes: what they send to the inbox, and what they
 * are answered. docs/remote.md is the contract.
 *
 *     obs/soil {"id":"a1","schema":{..},"values":{"moisture":41.2}}
 *     ->
 * {"ok":true,"ts":..,"id":88123,"gen":4,"state":"normal","surprise":..,"score":..,..}
 *
 * One that needs nothing but its row's score is answered in the same turn of the loop.
 * While its atom is opened or learns, it waits, ten seconds at most: then its row is safe
 * but its score is not known yet, and that is the answer. All functions: the loop thread.
 */
#ifndef KIRI_INBOX_INBOX_H
#define KIRI_INBOX_INBOX_H

#include "control/control.h"

#define INBOX_WAIT_MS   10000
#define INBOX_WAITERS   8u       /* of one atom; one more is answered without its score */
#define INBOX_ROWS      1024u    /* of one atom that may wait for a learning */
#define INBOX_CHANGE_MS 10000    /* between two changes of one atom's schema */
#define INBOX_AHEAD_MS  86400000 /* a sender's clock may be that far ahead */

struct message; /* one that is being answered */

struct inbox {
    struct control *control; /* whose instances they are for */
    struct answers answers;  /* by "<atom> <id>": a row is stored once */
    struct message *waiting; /* oldest first */
    uint64_t taken, refused; /* messages */
    uint64_t turn;
    uint64_t nameless; /* those without an id, for a key of their own */
    int closed;
};

void inbox_open(struct inbox *b, struct control *c);
/* Takes one message over. Only our own user and root are listened to. */
void inbox_take(struct inbox *b, struct bus_request *r);
/* After each turn of the loop: has what a message waits for happened? */
void inbox_turn(struct inbox *b);
/* Nobody waits any more: this host stops. */
void inbox_close(struct inbox *b);
/* The member "inbox" of the status. */
void inbox_status(const struct inbox *b, const char *url, struct jsonw *j);

#endif
