#include "control/answers.h"

#include "base/crc32c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    struct answer *next;
    char id[ANSWERS_KEY_MOST + 1];
    uint32_t crc;  /* of the request */
    size_t asked;  /* bytes of the request */
    int64_t ended; /* mono ms; json is set from then on */
    char *json;
    size_t len;
    void *waiter[ANSWERS_WAITERS];
    uint32_t n_waiters;
};

void answers_init(struct answers *a)
{
    *a = (struct answers){ 0 };
    a->newest = &a->oldest;
}

static void free_one(struct answer *x)
{
    free(x->json);
    free(x);
}

static void forget_oldest(struct answers *a)
{
    struct answer *x = a->oldest;

    a->oldest = x->next;
    if (!a->oldest)
        a->newest = &a->oldest;
    a->n--;
    a->bytes -= x->len;
    free_one(x);
}

void answers_fini(struct answers *a)
{
    while (a->oldest)
        forget_oldest(a);
    for (struct answer *x = a->running, *next; x; x = next) {
        next = x->next;
        free_one(x);
    }
    answers_init(a);
}

static struct answer *among(struct answer *x, const char *id)
{
    while (x && strcmp(x->id, id) != 0)
        x = x->next;
    return x;
}

struct answer *answers_find(struct answers *a, const char *id, int64_t now)
{
    while (a->oldest && now - a->oldest->ended > ANSWERS_MS)
        forget_oldest(a);
    struct answer *x = among(a->running, id);
    return x ? x : among(a->oldest, id);
}

struct answer *answers_begin(struct answers *a, const char *id, const char *text,
                             size_t len)
{
    struct answer *x = strlen(id) <= ANSWERS_KEY_MOST ? calloc(1, sizeof *x) : NULL;

    if (!x)
        return NULL;
    snprintf(x->id, sizeof x->id, "%s", id);
    x->crc = crc32c(0, text, len);
    x->asked = len;
    x->next = a->running;
    a->running = x;
    a->n_running++;
    return x;
}

int answer_same(const struct answer *x, const char *text, size_t len)
{
    return x->asked == len && x->crc == crc32c(0, text, len);
}

const char *answer_text(const struct answer *x, size_t *len)
{
    *len = x->len;
    return x->json;
}

int answer_wait(struct answer *x, void *waiter)
{
    if (x->n_waiters == ANSWERS_WAITERS)
        return -1;
    x->waiter[x->n_waiters++] = waiter;
    return 0;
}

static void stop_running(struct answers *a, struct answer *x)
{
    struct answer **at = &a->running;

    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    a->n_running--;
    x->next = NULL;
}

void answers_end(struct answers *a, struct answer *x, const char *json, size_t len,
                 int keep, int64_t now,
                 void (*tell)(void *ctx, void *waiter, const char *json, size_t len),
                 void *ctx)
{
    stop_running(a, x);
    for (uint32_t i = 0; i < x->n_waiters; i++)
        tell(ctx, x->waiter[i], json, len);
    x->n_waiters = 0;
    x->json = keep && len <= ANSWERS_BYTES ? malloc(len + 1) : NULL;
    if (!x->json) {
        free_one(x);
        return;
    }
    memcpy(x->json, json, len);
    x->json[len] = '\0';
    x->len = len;
    x->ended = now;
    while (a->n == ANSWERS_KEPT || a->bytes + len > ANSWERS_BYTES)
        forget_oldest(a);
    *a->newest = x;
    a->newest = &x->next;
    a->n++;
    a->bytes += len;
}
