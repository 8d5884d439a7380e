/*
 * control/asked.h - one request on its way to its answer. For this folder only.
 */
#ifndef KIRI_CONTROL_ASKED_H
#define KIRI_CONTROL_ASKED_H

#include "control/control.h"

#include <jansson.h>

struct command { /* one row of the table of commands */
    const char *name;
    void (*run)(struct asked *a); /* on the loop thread; ends with asked_end, some time */
    int remembered; /* it changes something: the same id never runs it again */
};

struct asked {
    struct pool_job job; /* first */
    struct flow_message message;
    struct asked *next;
    struct control *control;
    const struct command *command;
    struct answer *answer;
    json_t *root;                  /* the request */
    void (*work)(struct asked *a); /* on the pool */
    uint64_t ticket;               /* of a save */
    uint32_t judged;               /* rows */
    struct buf out;                /* the answer, begun with its id */
    struct jsonw j;
};

/* Runs work(a) on the pool and asked_end(a) on the loop. Whoever works owns a. */
void asked_elsewhere(struct asked *a, void (*work)(struct asked *a));
/* "ok":true; members may follow. */
void asked_ok(struct asked *a);
/* "ok":false with code and sentence; members may follow. */
void asked_fail(struct asked *a, int code, const char *sentence);
/* Closes the JSON and sends it to all who wait. a is gone. */
void asked_end(struct asked *a);

/* The request's list of texts under this key: *n of them in a malloc'ed array (NULL
 * without any). -1: it is something else, and asked_fail has said so. */
int asked_texts(struct asked *a, const char *key, const char ***texts, size_t *n);

void run_since(struct asked *a);    /* pages.c */
void run_snapshot(struct asked *a); /* pages.c */
void run_save(struct asked *a);     /* save.c  */
void run_reload(struct asked *a);   /* load.c  */
void run_judge(struct asked *a);    /* judge.c */
void run_load(struct asked *a);     /* load.c  */
void run_unload(struct asked *a);   /* load.c  */
void run_retrain(struct asked *a);  /* retrain.c */
void run_rollback(struct asked *a); /* retrain.c */
/* retrain.c: after each turn of the loop, for those that wait for a rollback. */
void rollback_turn(struct control *c);

/* What waits for a model to be saved: is it done? */
void save_turn(struct control *c);
void judge_turn(struct control *c);

#endif
