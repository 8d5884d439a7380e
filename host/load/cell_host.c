#include "load/cell_host.h"

#include "base/clock.h"
#include "base/error.h"

#include <kiri/wire.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_A_SECOND 10
#define MOST_LATER     65536u
#define FOR_EVER       INT64_MAX

/* ---- frames ------------------------------------------------------------------------ */

struct buf *cell_host_begin(struct cell_host *h, enum cell_kind kind)
{
    cell_begin(&h->out, kind);
    return &h->out;
}

/* The host is no more, or memory is: there is nobody to say it to. */
static void end(void)
{
    _exit(KIRI_UNAVAILABLE);
}

static void send_out(struct cell_host *h, int calling)
{
    pthread_mutex_lock(&h->lock);
    h->calling = calling;
    if (cell_send(&h->link, &h->out, FOR_EVER))
        end();
    pthread_mutex_unlock(&h->lock);
}

void cell_host_send(struct cell_host *h)
{
    send_out(h, h->calling);
}

void cell_host_answer(struct cell_host *h)
{
    send_out(h, 0); /* from here on the host does not listen */
}

/* A frame that nobody answers, from any thread. */
static void post(struct cell_host *h, struct buf *frame)
{
    if (cell_finish(frame) == 0) {
        pthread_mutex_lock(&h->lock);
        if (h->calling) {
            if (cell_send_raw(&h->link, frame->data, frame->len, FOR_EVER))
                end();
        } else if (h->later.len + frame->len <= MOST_LATER) {
            buf_put(&h->later, frame->data, frame->len);
        }
        pthread_mutex_unlock(&h->lock);
    }
    buf_free(frame);
}

void cell_host_asked(struct cell_host *h)
{
    pthread_mutex_lock(&h->lock);
    h->calling = 1;
    if (h->later.len && cell_send_raw(&h->link, h->later.data, h->later.len, FOR_EVER))
        end();
    buf_free(&h->later);
    pthread_mutex_unlock(&h->lock);
}

/* A question of the atom's: only from a callback, whose caller waits for us. */
static int may_ask(const struct cell_host *h)
{
    return pthread_equal(pthread_self(), h->main) && h->calling;
}

static int ask(struct cell_host *h, struct cell_frame *f)
{
    cell_host_send(h);
    if (cell_receive(&h->link, FOR_EVER, f) != CELL_GOT_FRAME || f->kind != CELL_VALUE)
        end();
    return cell_take_i32(f);
}

/* ---- services ---------------------------------------------------------------------- */

static void say(void *ctx, int level, const char *line)
{
    struct cell_host *h = ctx;
    struct buf frame = { 0 };
    unsigned held;

    pthread_mutex_lock(&h->lock);
    int open = log_gate_open(&h->gate, clock_mono(&clock_system), LINES_A_SECOND, &held);
    pthread_mutex_unlock(&h->lock);
    if (!open)
        return;
    cell_begin(&frame, CELL_LOG);
    cell_u32(&frame, (uint32_t)level);
    cell_u32(&frame, held);
    cell_text(&frame, line, strnlen(line, CELL_MOST_LINE - 1));
    post(h, &frame);
}

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return clock_now(&clock_system);
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
    return clock_mono(&clock_system);
}

static const char *option(void *ctx, const char *name)
{
    const struct cell_host *h = ctx;
    const char *at = h->options, *end_of = at + h->options_len;

    while (at && at < end_of) {
        const char *value = at + strlen(at) + 1;

        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

static int kv_get(void *ctx, const char *key, void *buf, uint32_t cap)
{
    struct cell_host *h = ctx;
    struct cell_frame f;
    uint32_t len;

    if (!may_ask(h))
        return KIRI_EBUG;
    if (strnlen(key, CELL_MOST_KEY) == CELL_MOST_KEY)
        return 0;
    struct buf *out = cell_host_begin(h, CELL_KV_GET);
    cell_string(out, key);
    cell_u32(out, cap);
    int rc = ask(h, &f);
    const char *value = cell_take_text(&f, &len);
    if (value && len)
        memcpy(buf, value, len < cap ? len : cap);
    return rc;
}

static int kv_put(void *ctx, const char *key, const void *buf, uint32_t len)
{
    struct cell_host *h = ctx;
    struct cell_frame f;

    if (!may_ask(h) || len > CELL_MOST_VALUE ||
        strnlen(key, CELL_MOST_KEY) == CELL_MOST_KEY)
        return KIRI_EBUG;
    struct buf *out = cell_host_begin(h, CELL_KV_PUT);
    cell_string(out, key);
    cell_text(out, len ? buf : "", len);
    return ask(h, &f);
}

static int publish(void *ctx, const char *name, const void *body, uint32_t len)
{
    struct buf frame = { 0 };

    if (!kiri_name_ok(name) || len > CELL_MOST_NOTE)
        return KIRI_EBUG;
    cell_begin(&frame, CELL_NOTE);
    cell_string(&frame, name);
    cell_text(&frame, len ? body : "", len);
    post(ctx, &frame);
    return KIRI_OK;
}

static int peer(void *ctx, uint32_t i, const char **name,
                const struct kiri_schema **schema)
{
    (void)ctx, (void)i, (void)name, (void)schema;
    return KIRI_NONE; /* no molecule of this version lets an atom hear another */
}

/* ---- life -------------------------------------------------------------------------- */

int cell_host_init(struct cell_host *h, int socket)
{
    *h = (struct cell_host){
        .table = { .abi = KIRI_ABI,
                   .size = sizeof h->table,
                   .ctx = h,
                   .log = say,
                   .now_ms = now_ms,
                   .mono_ms = mono_ms,
                   .option = option,
                   .kv_get = kv_get,
                   .kv_put = kv_put,
                   .publish = publish,
                   .peer = peer },
        .main = pthread_self(),
    };
    pthread_mutex_init(&h->lock, NULL);
    return cell_link_init(&h->link, socket);
}

void cell_host_fini(struct cell_host *h)
{
    cell_link_fini(&h->link);
    buf_free(&h->out);
    buf_free(&h->later);
    free(h->options);
    pthread_mutex_destroy(&h->lock);
}

int cell_host_options(struct cell_host *h, struct cell_frame *f)
{
    uint32_t n = cell_take_u32(f), len;
    struct buf all = { 0 };

    for (uint32_t i = 0; i < 2 * n && !f->bad; i++) {
        const char *text = cell_take_text(f, &len);

        if (!text || memchr(text, '\0', len))
            f->bad = 1;
        else
            buf_put(&all, text, len);
        buf_put(&all, "", 1);
    }
    if (!cell_all_read(f) || buf_failed(&all)) {
        buf_free(&all);
        return -1;
    }
    h->options = buf_take(&all, &h->options_len);
    return 0;
}
