/*
 * cell_ask.c - a question to the cell, and its own questions until it answers. A cell
 * that says what no atom can say has failed.
 */
#include "load/cell_inside.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define MOST_UNASKED 4 /* frames between two callbacks: that its fd is readable, once */

/* What the atom logged: at most 10 lines a second, which the cell counts, too. */
static int serve_log(const struct cell *c, struct cell_frame *f)
{
    uint32_t level = cell_take_u32(f), held = cell_take_u32(f);
    char line[CELL_MOST_LINE];
    const char *said = cell_take_string(f, line, sizeof line);

    if (!said || !cell_all_read(f))
        return -1;
    if (level > KIRI_DEBUG)
        level = KIRI_INFO;
    if (held) {
        char more[48];

        snprintf(more, sizeof more, "(%u more lines)", held);
        c->host->log(c->host->ctx, (int)level, more);
    }
    c->host->log(c->host->ctx, (int)level, line);
    return 0;
}

static int serve_note(struct cell *c, struct cell_frame *f)
{
    char name[64];
    const char *topic = cell_take_string(f, name, sizeof name);
    uint32_t len;
    const char *body = cell_take_text(f, &len);

    if (!topic || !body || len > CELL_MOST_NOTE || !cell_all_read(f))
        return -1;
    if (c->notes++ < CELL_NOTES)
        (void)c->host->publish(c->host->ctx, topic, body, len);
    return 0;
}

static int answer(struct cell *c, int rc, const char *value, uint32_t len)
{
    cell_begin(&c->out, CELL_VALUE);
    cell_u32(&c->out, (uint32_t)rc);
    cell_text(&c->out, value, len);
    return cell_send(&c->link, &c->out, clock_mono(&clock_system) + CELL_DEADLINE_MS);
}

static int serve_get(struct cell *c, struct cell_frame *f)
{
    char key[CELL_MOST_KEY], value[CELL_MOST_VALUE];
    const char *named = cell_take_string(f, key, sizeof key);
    uint32_t cap = cell_take_u32(f);

    if (!named || !cell_all_read(f))
        return -1;
    if (cap > sizeof value)
        cap = sizeof value;
    int rc = c->host->kv_get(c->host->ctx, key, value, cap);
    uint32_t len = rc < 0 ? 0 : (uint32_t)rc < cap ? (uint32_t)rc : cap;
    return answer(c, rc, rc < 0 ? NULL : value, len);
}

static int serve_put(struct cell *c, struct cell_frame *f)
{
    char key[CELL_MOST_KEY];
    const char *named = cell_take_string(f, key, sizeof key);
    uint32_t len;
    const char *value = cell_take_text(f, &len);

    if (!named || !value || !cell_all_read(f))
        return -1;
    return answer(c, c->host->kv_put(c->host->ctx, key, value, len), NULL, 0);
}

/* 1: it was one of the things that a cell says by itself; 0: another; -1: nonsense. */
static int serve(struct cell *c, struct cell_frame *f, int calling)
{
    int rc = -1;

    switch (f->kind) {
    case CELL_READABLE: rc = c->has_fd && cell_all_read(f) ? 0 : -1; break;
    case CELL_LOG: rc = calling ? serve_log(c, f) : -1; break;
    case CELL_NOTE: rc = calling ? serve_note(c, f) : -1; break;
    case CELL_KV_GET: rc = calling ? serve_get(c, f) : -1; break;
    case CELL_KV_PUT: rc = calling ? serve_put(c, f) : -1; break;
    default: return 0;
    }
    return rc ? -1 : 1;
}

/* How it ended is said by its status, which its end brings. */
static int ended(struct cell *c, const char *during)
{
    char fate[64];
    int status;

    if (!child_ended(&c->child, 200))
        return cell_failed(c, "its cell closed its connection%s", during);
    if (child_end(&c->child, 0, &status))
        return cell_failed(c, "its cell ended%s", during);
    return cell_failed(c, "its cell %s%s", child_fate(status, fate, sizeof fate), during);
}

static int nonsense(struct cell *c, const char *during)
{
    return cell_failed(c, "its cell said what no atom can say%s", during);
}

int cell_ask(struct cell *c, enum cell_kind kind, int within_ms, const char *during,
             struct cell_frame *f)
{
    int64_t until = clock_mono(&clock_system) + within_ms;

    c->notes = 0;
    if (buf_failed(&c->out)) { /* the cell knows nothing of it */
        buf_free(&c->out);
        snprintf(c->trouble.why, sizeof c->trouble.why, "memory is short");
        return KIRI_ENOMEM;
    }
    if (c->out.len && cell_send(&c->link, &c->out, until))
        return ended(c, during);
    buf_clear(&c->out);
    for (;;) {
        int64_t now = clock_mono(&clock_system);
        enum cell_got got =
            now < until ? cell_receive(&c->link, until, f) : CELL_GOT_NOTHING;

        if (got == CELL_GOT_END)
            return ended(c, during);
        if (got == CELL_GOT_NOTHING)
            return cell_failed(c, "its cell was ended%s: not done within %d s", during,
                               within_ms / 1000);
        int served = got == CELL_GOT_FRAME ? serve(c, f, 1) : -1;
        if (served < 0 || (served == 0 && f->kind != kind))
            return nonsense(c, during);
        if (served == 0)
            return KIRI_OK;
    }
}

int cell_hear(struct cell *c)
{
    struct cell_frame f;

    for (int i = 0; i < MOST_UNASKED; i++) {
        switch (cell_receive(&c->link, 0, &f)) {
        case CELL_GOT_NOTHING: return KIRI_OK;
        case CELL_GOT_END: return ended(c, "");
        case CELL_GOT_NONSENSE: return nonsense(c, "");
        case CELL_GOT_FRAME:
            if (serve(c, &f, 0) <= 0)
                return nonsense(c, "");
        }
    }
    return nonsense(c, "");
}
