/*
 * client/inside.h - a subscriber, as client.c opens it and next.c moves it on.
 *
 * There is one order of messages: boot after boot, and in each by seq. `place` is how far
 * it was handed out. Live messages are all heard, whatever was subscribed to, so that
 * a hole in their seq is seen at once; they wait in `hold`. While the first of them does
 * not follow the place, the journal is asked for what lies between (`filling`), and both
 * are merged by seq.
 */
#ifndef KIRI_CLIENT_INSIDE_H
#define KIRI_CLIENT_INSIDE_H

#include "client/answer.h"
#include "client/fill.h"
#include "client/gaps.h"
#include "client/hold.h"

#include <kiri/client.h>

#define BOOT_MOST 40u /* bytes, NUL included */
#define PAST      8u  /* boots that are remembered as over */

struct place {
    char boot[BOOT_MOST];
    uint64_t seq;
};

struct kiri_client {
    nng_socket socket;
    int fd;
    char *bus;
    char **prefix;
    size_t n_prefixes;

    struct hold hold;
    nng_msg *msg; /* the one handed out, if it came live */
    int64_t heard_ms;

    int late;   /* the host ran before us */
    int placed; /* the place is known */
    struct place place;
    char past[PAST][BOOT_MOST]; /* "" free */
    unsigned n_past;
    struct gaps gaps;

    struct fill fill; /* open: there is a control socket that fills gaps */
    enum { LIVE, FILLING } mode;
    enum { SINCE, OLDEST, SNAPSHOT } ask; /* the next question */
    int explicit;                         /* the caller named the start */
    struct answer page;
    int page_open;
    struct place page_end; /* boot "": not said */
    const char *ready;     /* the page's next message, [ready_len] and a NUL */
    size_t ready_len;
    struct kiri_message ready_parts;
    struct kiri_head ready_head;
    char *after;        /* SNAPSHOT: the last topic of the page before */
    int64_t noticed_ms; /* when the hole was seen */
    int64_t again_ms;   /* not asked before this */
    int ended;
    char why[512];
};

int64_t client_now(void); /* monotonic ms */
/* Takes what has arrived into `hold`, without waiting. */
void client_hear(struct kiri_client *c);

/* One step: 1, a message is handed out; 0, nothing to do until something arrives; 2, go
 * on; -1, it cannot go on. */
int order_step(struct kiri_client *c, const char **bytes, size_t *len);
/* Begins with what the host says its place is now; it is asked once, for timeout_ms. */
void order_begin(struct kiri_client *c, const char *control, int timeout_ms);

#endif
