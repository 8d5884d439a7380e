#include "faults/lone_flow.h"

#include "base/pool.h"
#include "flow/shelf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- pools ------------------------------------------------------------------------- */

struct pool {
    int unused;
};
static struct pool one;

struct pool *pool_new(const char *name, unsigned n, int idle)
{
    (void)name, (void)n, (void)idle;
    return &one;
}

int pool_grow(struct pool *p, unsigned n)
{
    (void)p, (void)n;
    return 0;
}

int pool_run(struct pool *p, struct pool_job *job)
{
    (void)p;
    job->run(job);
    job->done(job);
    return 0;
}

int pool_take_back(struct pool *p, struct pool_job *job)
{
    (void)p, (void)job;
    return -1; /* it has run */
}

int pool_stop(struct pool *p, int wait_ms)
{
    (void)p, (void)wait_ms;
    return 0;
}

/* ---- the bus ----------------------------------------------------------------------- */

struct bus *bus_open(const struct bus_options *o, struct kiri_error *err)
{
    (void)o;
    kiri_fail(err, KIRI_UNAVAILABLE, "there is no bus here");
    return NULL;
}

void bus_close(struct bus *b)
{
    (void)b;
}

uint64_t bus_publish(struct bus *b, const char *topic, int64_t ts, const char *members,
                     struct bus_bytes *sent)
{
    (void)b, (void)topic, (void)ts, (void)members, (void)sent;
    return 0;
}

void bus_heartbeat(struct bus *b, int64_t ts, int64_t period_ms, const char *members)
{
    (void)b, (void)ts, (void)period_ms, (void)members;
}

int bus_snapshot(const struct bus *b, const char *const *prefix, size_t n,
                 const char *after,
                 int (*each)(void *ctx, const char *topic, const char *bytes, size_t len),
                 void *ctx)
{
    void *some = malloc(1); /* as the real one asks for */

    (void)b, (void)prefix, (void)n, (void)after;
    free(some);
    return some ? each(ctx, "molecule", "molecule {}", 11) : -1;
}

const char *bus_request_text(const struct bus_request *r, size_t *len)
{
    *len = strlen(r->text);
    return r->text;
}

uint64_t bus_request_uid(const struct bus_request *r)
{
    (void)r;
    return geteuid();
}

enum bus_desk bus_request_desk(const struct bus_request *r)
{
    (void)r;
    return BUS_CONTROL;
}

struct bus_request *bus_next_request(struct bus *b)
{
    (void)b;
    return NULL;
}

void bus_answer(struct bus *b, struct bus_request *r, const char *json, size_t len)
{
    (void)b;
    if (len > sizeof r->answer)
        abort();
    memcpy(r->answer, json, len);
    r->len = len;
    r->answers++;
}

void bus_counts(const struct bus *b, struct bus_counts *out)
{
    (void)b;
    *out = (struct bus_counts){ 0 };
}

/* ---- the flow ---------------------------------------------------------------------- */

static int64_t mono = 1000000;

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return 1700000000000 + mono;
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
    return mono;
}

static const struct clock held = { now_ms, mono_ms, NULL };

void lone_flow_init(struct flow *f, uv_loop_t *loop, char *dir)
{
    struct kiri_error err;

    *f = (struct flow){
        .clock = &held, .state = dir, .callbacks = &one, .learners = &one, .savers = &one
    };
    if (uv_loop_init(loop) || flow_init(f, loop) ||
        (f->shelf = shelf_open(dir, &err)) < 0 ||
        !(f->store = store_open(dir, NULL, &err)))
        abort();
    store_boot(f->store, "lone");
    f->next_id = store_next_id(f->store);
}

void lone_flow_turn(struct flow *f)
{
    mono += LONE_TURN_MS;
    uv_run(f->loop, UV_RUN_NOWAIT);
    flow_deliver(f);
}

void lone_flow_fini(struct flow *f)
{
    flow_fini(f);
    uv_run(f->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(f->loop))
        abort();
    store_close(f->store, 2000);
    close(f->shelf);
}
