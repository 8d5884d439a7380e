/*
 * store/inside.h - what the files of this room share: records on their way to the disk,
 * and the struct that owns them.
 */
#ifndef KIRI_STORE_INSIDE_H
#define KIRI_STORE_INSIDE_H

#include "base/queue.h"
#include "store/reader.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/types.h>

#define STORE_FILE "store.db"
#define STORE_QUEUED                                                                     \
    (16u << 20) /* bytes of records that may wait; over it some are dropped */

/* ---- record.c: one malloc'ed block each, strings included -------------------------- */

enum record_kind {
    RECORD_OBS,
    RECORD_SCORE,
    RECORD_MESSAGE,
    RECORD_BOOT,
    RECORD_KV,
    RECORD_NUDGE
};

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
            const char *name;
            int64_t ts;
        } boot;
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
struct record *record_boot(const char *boot, int64_t ts);
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

/* Opens the file for writing, tables made. NULL: a sentence, and *damaged when it is no
 * database any more, so that another file in its place would help. KIRI_IO: the disk,
 * which may heal; else the place or the file is wrong. */
sqlite3 *schema_open(const char *path, int *damaged, struct kiri_error *err);
/* Whose file is it, and of which version? *damaged: it is no database any more. */
int schema_check(sqlite3 *db, const char *path, int64_t *version, int *damaged,
                 struct kiri_error *err);
/* SQLite's cache and memory, for every connection. SQLite's code. */
int schema_settings(sqlite3 *db);
/* One number; *out stays when there is no row. SQLite's code. */
int schema_ask(sqlite3 *db, const char *sql, int64_t *out);
int schema_is_damage(int rc);

/* ---- migrate.c ------------------------------------------------------------------- */

#define STORE_VERSION 3 /* of the tables, SQLite's user_version */
/* From that version (0: an empty file) to ours. SQLite's code. */
int migrate(sqlite3 *db, int64_t version);

/* A message's key: the run's number above, its seq below. */
#define JOURNAL_SEQ_BITS      40
#define JOURNAL_SEQ_MOST      ((INT64_C(1) << JOURNAL_SEQ_BITS) - 1)
#define JOURNAL_ID(boot, seq) (((boot) << JOURNAL_SEQ_BITS) | (seq))

/* ---- reader.c, read.c ------------------------------------------------------------ */

struct store_reader {
    char *path;
    sqlite3 *db; /* NULL: not open                                             */
    dev_t dev;   /* and ino: the file that is open                             */
    ino_t ino;
    int64_t version;
    int frozen;  /* opened without locks because the disk is full or read-only   */
    int damaged; /* why it could not be opened                                  */
};
/* A read-only connection; frozen: nobody changes the file, no locks. SQLite's code; *db
 * is to be closed even when it failed. */
int reader_connect(const char *path, int frozen, sqlite3 **db);
/* Opens the file, or opens it anew when another stands in its place. */
int reader_ready(struct store_reader *r, struct kiri_error *err);
int reader_fail(const struct store_reader *r, struct kiri_error *err);
/* After sqlite3_column_text and _blob, which say so by a NULL that may also be a value:
 * was memory too short for one of them? */
int reader_starved(const struct store_reader *r);
/* A statement about one atom: ?1 its name. NULL and a sentence. */
sqlite3_stmt *reader_prepare(struct store_reader *r, const char *sql, const char *atom,
                             struct kiri_error *err);
/* Gives the rows of a statement with the columns id, ts, label, vals, and perhaps gen and
 * turn_skipped, and ends it. */
int reader_give(struct store_reader *r, sqlite3_stmt *q, const char *atom,
                int (*each)(void *ctx, const struct store_obs *o), void *ctx,
                struct kiri_error *err);

/* ---- insert.c: the writer's statements ------------------------------------------- */

struct inserter;
struct inserter *inserter_new(sqlite3 *db, struct kiri_error *err);
void inserter_free(struct inserter *in); /* NULL is fine */
/* SQLite's code; SQLITE_OK when it is in the transaction. */
int inserter_put(struct inserter *in, const struct record *r);
/* ---- retain.c: what is old goes -------------------------------------------------- */

struct keeper;
struct keeper *keeper_new(sqlite3 *db, struct kiri_error *err);
void keeper_free(struct keeper *k); /* NULL is fine */
/* The next slice begins a round. */
void keeper_restart(struct keeper *k);
/* Rows of the next slice; it adapts by itself. */
void keeper_rows(struct keeper *k, int rows);
/* One small transaction. now: ms UTC; mono: ms. *more: the round is not at its end.
 * SQLite's code; after a failure the next slice begins a new round. */
int keeper_slice(struct keeper *k, const struct store_retention *keep, int64_t now,
                 int64_t mono, int *more);

/* ---- rescue.c: what can be read of a damaged file -------------------------------- */

struct rescue;
/* Closes and sets aside the file; file_open makes the new one. */
int rescue_begin(struct store *s, const char *why, struct kiri_error *err);
/* Goes on with what was begun, also by a process before this one. SQLite's code. */
int rescue_attach(struct store *s);
void rescue_detach(struct rescue *r); /* NULL is fine, here and below */
void rescue_free(struct rescue *r);
/* One small transaction; *more: it was not the last. SQLite's code. */
int rescue_slice(struct store *s, int *more);

/* ---- file.c: the writer's connection --------------------------------------------- */

/* <dir>/store.db, malloc'ed. */
char *store_path(const char *dir);
/* The descriptor of a store's directory, or -1. */
int store_directory(const char *path, struct kiri_error *err);
/* A damaged file is set aside and rescued. 0, or -1: nothing is open. */
int file_open(struct store *s, struct kiri_error *err);
/* The same, and much of a rescue at once: what starts now wants its history. */
int file_start(struct store *s, struct kiri_error *err);
void file_close(struct store *s);
/* Is the file that we write still the one under its name? */
int file_there(const struct store *s, int64_t *bytes);

/* ---- the store ------------------------------------------------------------------- */

struct store {
    char *path;
    char boot[64];
    uint64_t next_id;
    struct store_reader reader; /* the opening thread's */
    struct queue in;
    pthread_t writer, checker;
    atomic_int closing;

    sqlite3
        *db; /* the writer's, once it runs; NULL: not open yet. And what hangs on it */
    struct inserter *insert;
    struct keeper *keeper;
    struct rescue *rescue; /* NULL: none is under way */

    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    struct store_state state;
    dev_t dev; /* and ino: the writer's file */
    ino_t ino;
    uint64_t put, settled; /* records handed over; of these committed or dropped */
    int64_t waits_since;   /* mono ms: when the first of those that wait was put */
    size_t waiting;        /* bytes */
    char damage[200];      /* that the check has found; "": none */
    int check_asked;
    int keep_changed;
    int finished, check_finished; /* the threads have left */
};

void *writer_run(void *store);
void *check_run(void *store);
/* Counts records that will never be written. */
void store_dropped(struct store *s, struct freed f);
void store_nudge(struct store *s); /* wakes the writer */
struct timespec store_in_ms(int ms);

#endif
