/*
 * control/control.h - what a running host answers on its control socket: JSON in, JSON
 * out.
 *
 * A request is {"id":"<the client's, unique, at most 64 bytes>","cmd":"status",...}; the
 * answer {"id":..,"ok":true,...} or {"id":..,"ok":false,"code":<exit code>,"error":"a
 * sentence"}. Commands, members and what they mean: docs/control.md. A command that
 * changes something runs once however often its request arrives (answers.h); one that
 * touches the disk runs on the pool "kiri-answers", so that status never waits. All
 * functions: the loop thread.
 */
#ifndef KIRI_CONTROL_CONTROL_H
#define KIRI_CONTROL_CONTROL_H

#include "base/json.h"
#include "conf/conf.h"
#include "control/answers.h"
#include "flow/instance.h"

#include <jansson.h>

struct asked; /* one request that is being answered */

/* What `load` asks for; lives during the call. */
struct control_load {
    const char *plugin; /* a path, or a name                                          */
    const char *name;   /* of the instance; NULL: the plugin's                        */
    const char *dir;    /* where relative paths start; NULL: the state directory      */
    json_t *options;    /* an object as an atom's section in the YAML; NULL: none     */
};

/* What the host does; each is asked once for each request. */
struct control_actions {
    void (*stop)(void *ctx);
    /* These end with asked_fine or asked_refuse, now or later. atom NULL: the config. */
    void (*reload)(void *ctx, struct asked *a, const char *atom);
    void (*load)(void *ctx, struct asked *a, const struct control_load *load);
    void (*unload)(void *ctx, struct asked *a, const char *atom);
    /* Members of status that only the host knows. */
    void (*status)(void *ctx, struct jsonw *j);
    void *ctx;
};

struct control {
    struct flow *flow;
    const struct conf *conf;
    struct instance **instance; /* [n] as in the YAML */
    uint32_t n_instances;
    const char *host, *boot, *bus_url, *control_url;
    int64_t began; /* mono ms */
    struct control_actions act;

    struct pool *pool; /* "kiri-answers": what touches the disk */
    struct answers answers;
    struct asked *saving; /* those that wait for models to be saved */
    struct asked *judging;
    struct asked *going_back; /* those that wait for a rollback */
    uint64_t ticket;          /* of the last save */
    uint64_t answered;
    int closed; /* the bus is gone: nobody is told any more */
};

/* The members above `pool` are the caller's. 0, or -1: no threads. */
int control_open(struct control *c);
/* Answers one request; takes it over. Only our own user and root are obeyed: the socket's
 * mode says so too, but a folder may be opened by mistake. */
void control_take(struct control *c, struct bus_request *r);
/* After each turn of the loop: has what a command waits for happened? */
void control_turn(struct control *c);
/* Waits for what runs on the pool. 0, or -1 when it does not come home. Then nobody is
 * answered. */
int control_stop(struct control *c, int wait_ms);
void control_close(struct control *c);

/* The end of a reload, a load or an unload: lines[n] are sentences of what changed, or of
 * what is wrong. */
void asked_fine(struct asked *a, const char *const *applied, size_t n);
void asked_refuse(struct asked *a, int code, const char *sentence);

/* What `kiri status` shows. */
void control_status(const struct control *c, struct jsonw *j);

#endif
