/*
 * control.h - what a running host answers on its control socket: JSON in, JSON out.
 */
#ifndef KIRI_CONTROL_H
#define KIRI_CONTROL_H

#include "base/buf.h"
#include "conf/conf.h"
#include "flow/instance.h"

struct control {
    const struct flow *flow;
    const struct conf *conf;
    struct instance **instances;
    uint32_t n_instances;
    const char *host, *boot, *bus_url, *control_url;
    int64_t began; /* mono ms */
    void (*stop)(void *ctx);
    void *ctx;
};

/* Answers one request of user uid; the answer always is one JSON object with the
 * request's id. Only our own user and root are obeyed: the socket's mode says so too, but
 * a folder may be opened by mistake. */
void control_answer(const struct control *c, uint64_t uid, const char *request,
                    size_t len, struct buf *out);

#endif
