/*
 * flow/services.h - what the host does for an atom: the table behind struct kiri_host.
 *
 * The key-value state lives here in memory; what a callback changed is written to the
 * store afterwards, on the loop thread (services_flush). Calls on one instance never
 * overlap, so a callback owns the table while it runs.
 */
#ifndef KIRI_FLOW_SERVICES_H
#define KIRI_FLOW_SERVICES_H

#include "base/log.h"
#include "conf/conf.h"
#include "flow/flow.h"

#include <kiri/atom.h>
#include <pthread.h>

#define SERVICES_KEYS  64u
#define SERVICES_VALUE 4096u

struct service_pair { /* one key of the small durable state */
    char key[64];
    void *value;
    uint32_t len;
    int dirty;
};

struct services {
    struct kiri_host table;
    struct flow *flow;
    const char *name; /* of the instance; lives as long */
    struct {
        const char *name;
        char *value;
    } * options; /* ends with a NULL name */
    struct service_pair kv[SERVICES_KEYS];
    uint32_t n_kv;
    int loaded; /* kv is what it was */
    pthread_mutex_t gate_lock;
    struct log_gate gate;
};

/* The table and the options; no keys yet. A flow without store and bus (replay, which
 * only asks an atom for its language) has nobody who hears notes. 0, or -1 when memory is
 * short. */
int services_init(struct services *s, struct flow *f, const char *name,
                  const struct conf_atom *c, const struct kiri_option *table);
/* The small state: inherited from the instance before... */
void services_inherit(struct services *s, struct services *before);
/* ... or what is stored. Waits for the store: not on the loop thread. 0, or -1 and a
 * sentence. */
int services_load(struct services *s, struct kiri_error *err);
void services_flush(struct services *s); /* loop thread, no callback running */
void services_fini(struct services *s);

#endif
