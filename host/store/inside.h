/*
 * store/inside.h - what the files of this room share: records on their way to the disk,
 * and the struct that owns them.
 */
#ifndef KIRI_STORE_INSIDE_H
#define KIRI_STORE_INSIDE_H

#include "base/queue.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#define STORE_FILE "store.db"
#define STORE_QUEUED                                                                     \
    (16u << 20) /* bytes of records that may wait; over it some are dropped */

/* ---- record.c: one malloc'ed block each, strings included -------------------------- */

enum record_kind { RECORD_OBS, RECORD_SCORE, RECORD_MESSAGE, RECORD_KV, RECORD_NUDGE };

struct record {
    struct queue_item item; /* first */
    enum record_kind kind;
    int urgent;
    size_t size; /* of the block; 0 for a nudge, which only asks for a commit */
    union {
        struct store_obs obs;
        struct store_score score;
        struct {
            const char *boot, *bytes;
            size_t len;
            uint64_t seq;
            int64_t ts;
        } message;
        struct {
            const char *atom, *key, *value;
            size_t len;
        } kv;
    } as; /* pointers into text */
    char text[];
};

struct record *record_obs(const struct store_obs *o);
struct record *record_score(const struct store_score *c);
struct record *record_message(const char *boot, uint64_t seq, int64_t ts,
                              const char *bytes, size_t len, int urgent);
struct record *record_kv(const char *atom, const char *key, const void *value,
                         size_t len);
struct record *record_nudge(void);

struct batch {
    struct queue_item *first, **last;
};
void batch_init(struct batch *b);
void batch_append(struct batch *b, struct queue_item *items);
void batch_free(struct batch *b);
/* Frees at least `bytes` of records, oldest first: observations and scores, then plain
 * messages, then the rest. Returns the number freed and what they weighed. */
struct freed {
    uint64_t records;
    size_t bytes;
} batch_thin(struct batch *b, size_t bytes);

/* ---- schema.c -------------------------------------------------------------------- */

/* Opens <dir>/store.db for writing, tables made; a damaged file is set aside first. */
sqlite3 *schema_open(const char *dir, const char *path, struct kiri_error *err);
/* A second connection that only reads. */
sqlite3 *schema_open_reader(const char *path, struct kiri_error *err);

/* ---- insert.c: the writer's statements ------------------------------------------- */

struct inserter;
struct inserter *inserter_new(sqlite3 *db, struct kiri_error *err);
void inserter_free(struct inserter *in); /* NULL is fine */
/* SQLite's code; SQLITE_OK when it is in the transaction. */
int inserter_put(struct inserter *in, const struct record *r);
/* Deletes some of the journal's messages before ts. *more: there may be others. */
int inserter_prune(struct inserter *in, int64_t before_ts, int *more);

/* ---- the store ------------------------------------------------------------------- */

struct store {
    char *path;
    char boot[64];
    uint64_t next_id;
    sqlite3 *db;     /* the writer's, once it runs */
    sqlite3 *reader; /* the opening thread's       */
    struct inserter *insert;
    struct queue in;
    pthread_t writer;
    atomic_int closing;

    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    struct store_state state;
    uint64_t put, settled; /* records handed over; of these committed or dropped */
    size_t waiting;        /* bytes */
    int finished;          /* the writer has left */
};

void *writer_run(void *store);
/* Counts records that will never be written. */
void store_dropped(struct store *s, struct freed f);

#endif
