/*
 * control/answers.h - no command runs twice: what was answered, by the request's id.
 *
 * NNG's REQ sends a request again when no answer came within a minute, and a client may
 * do so after a broken connection. The same id gets the same answer for ten minutes;
 * while its command still runs, it waits for the result like the first. Bounded: of
 * finished answers 1,024 and 4 MiB are kept, the oldest go first. Knows nothing of
 * sockets: who waits is a pointer of the caller's. Owner: the loop thread.
 */
#ifndef KIRI_CONTROL_ANSWERS_H
#define KIRI_CONTROL_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

#define ANSWERS_ID_MOST  64u /* of a request's id, as its sender made it */
#define ANSWERS_KEY_MOST 97u /* what it is kept by: the inbox puts the atom before it */
#define ANSWERS_KEPT     1024u
#define ANSWERS_BYTES    (4u << 20)
#define ANSWERS_MS       (10 * 60 * 1000)
#define ANSWERS_WAITERS  32u /* for one id at once: as many as the bus has contexts */

struct answer; /* one id: its command runs, or has its answer */

struct answers {
    struct answer *running;
    struct answer *oldest, **newest; /* finished */
    uint32_t n;                      /* finished */
    size_t bytes;
    uint32_t n_running;
};

void answers_init(struct answers *a);
void answers_fini(struct answers *a);

/* What is known of this id at now (mono ms), or NULL. */
struct answer *answers_find(struct answers *a, const char *id, int64_t now);
/* An id whose command begins; text[len] is the whole request. NULL: memory is short. */
struct answer *answers_begin(struct answers *a, const char *id, const char *text,
                             size_t len);
/* Was it this request, byte for byte, that the id was used for? */
int answer_same(const struct answer *x, const char *text, size_t len);
/* The answer, or NULL while the command runs. */
const char *answer_text(const struct answer *x, size_t *len);
/* One more who waits for it. 0, or -1 when there are too many. */
int answer_wait(struct answer *x, void *waiter);
/* The command has ended: every waiter is told; with keep the answer is remembered, else x
 * is gone. */
void answers_end(struct answers *a, struct answer *x, const char *json, size_t len,
                 int keep, int64_t now,
                 void (*tell)(void *ctx, void *waiter, const char *json, size_t len),
                 void *ctx);

#endif
