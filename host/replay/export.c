#include "replay/export.h"

#include "base/buf.h"
#include "load/remote.h"
#include "replay/rows.h"
#include "store/reader.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY 256u /* rows between two calls of progress */

struct export
{
    struct store_reader *reader;
};

struct export *export_open(const char *state, struct kiri_error *err)
{
    struct export *e = calloc(1, sizeof *e);

    if (!e) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    e->reader = store_reader_open(state, err);
    if (e->reader)
        return e;
    free(e);
    return NULL;
}

void export_close(struct export *e)
{
    if (e)
        store_reader_close(e->reader);
    free(e);
}

int export_each_atom(struct export *e, int (*each)(void *ctx, const char *atom),
                     void *ctx, struct kiri_error *err)
{
    return store_each_atom(e->reader, each, ctx, err);
}

/* ---- rows ------------------------------------------------------------------------ */

struct writing {
    const struct export_part *part;
    struct output *out;
    struct buf line;
    uint64_t rows;
    int rc;
    struct kiri_error *err;
};

static int write_row(void *ctx, const struct store_obs *o)
{
    struct writing *w = ctx;

    buf_clear(&w->line);
    rows_write(o, w->part->named, w->part->gens, &w->line);
    if (buf_failed(&w->line))
        w->rc = kiri_fail(w->err, KIRI_INTERNAL, "out of memory");
    else
        w->rc = output_write(w->out, w->line.data, w->line.len, w->err);
    w->rows += w->rc == 0;
    if (w->rc == 0 && w->part->progress && w->rows % LOOK_EVERY == 0)
        w->rc = w->part->progress(w->part->ctx, w->rows) != 0;
    return w->rc;
}

int export_rows(struct export *e, const struct export_part *p, struct output *out,
                uint64_t *rows, struct kiri_error *err)
{
    struct writing w = { .part = p, .out = out, .err = err };
    int rc = store_each_obs(e->reader, p->atom, p->after_id, p->from_ts, p->to_ts,
                            write_row, &w, err);

    buf_free(&w.line);
    *rows = w.rows;
    return w.rc ? w.rc : rc;
}

/* ---- a remote atom's schema ------------------------------------------------------- */

struct lookup { /* one key of an atom's small state */
    struct export *from;
    const char *atom, *key;
    void *buf;
    uint32_t cap;
    int len;
    struct kiri_error *err;
    int failed;
};

static int one_key(void *ctx, const char *key, const void *value, size_t len)
{
    struct lookup *l = ctx;

    if (strcmp(key, l->key) != 0)
        return 0;
    l->len = (int)len;
    memcpy(l->buf, value, len < l->cap ? len : l->cap);
    return 1;
}

static int look_up(void *ctx, const char *key, void *buf, uint32_t cap)
{
    struct lookup *l = ctx;

    l->key = key;
    l->buf = buf;
    l->cap = cap;
    l->len = 0;
    if (store_reader_each_kv(l->from->reader, l->atom, one_key, l, l->err) < 0)
        l->failed = 1;
    return l->len;
}

int export_schema(struct export *e, const char *atom, char **json, size_t *len,
                  struct kiri_error *err)
{
    struct lookup l = { .from = e, .atom = atom, .err = err };

    *json = remote_recall(look_up, &l, len);
    if (!l.failed)
        return *json != NULL;
    free(*json);
    *json = NULL;
    return -1;
}

/* ---- the newest ------------------------------------------------------------------ */

struct newest {
    uint64_t *ring; /* the last ids, [most + 1] */
    uint64_t to_id, seen;
    uint32_t most;
};

static int note_id(void *ctx, const struct store_obs *o)
{
    struct newest *n = ctx;

    if (o->id > n->to_id)
        return 1;
    n->ring[n->seen++ % (n->most + 1)] = o->id;
    return 0;
}

int export_newest(struct export *e, const char *atom, uint64_t to_id, uint32_t most,
                  uint64_t *after, uint32_t *rows, struct kiri_error *err)
{
    struct newest n = { .to_id = to_id, .most = most };

    n.ring = malloc(((size_t)most + 1) * sizeof *n.ring);
    if (!n.ring)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    int rc = store_each_obs(e->reader, atom, 0, INT64_MIN, INT64_MAX, note_id, &n, err);
    *after = n.seen > most ? n.ring[n.seen % (most + 1)] : 0;
    if (rows)
        *rows = n.seen > most ? most : (uint32_t)n.seen;
    free(n.ring);
    return rc;
}
