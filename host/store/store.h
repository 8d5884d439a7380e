/*
 * store/store.h - everything durable but the models: one SQLite file, one writer thread.
 *
 * WAL, synchronous=FULL. Committed each second, at once when a batch holds an urgent
 * record. Callers hand over copies and never wait; a full disk or a broken file turns the
 * store `degraded`: records queue up to a bound (oldest observations dropped and counted
 * first), the rest of the host goes on, and writing is tried again each second.
 *
 * A store that cannot be made or opened at the start is degraded from the first moment.
 * What is old is rolled up and deleted in small slices between commits. A damaged file is
 * found in the background, kept as store.db.bad-<time>, and what can be read of it is
 * brought into a new one while the host runs.
 *
 * Threads: store_open/close, the put functions, store_history and store_each_kv from the
 * loop thread; store_flush, store_retain, store_check and store_state from any thread.
 * Other threads and processes read through store/reader.h.
 */
#ifndef KIRI_STORE_STORE_H
#define KIRI_STORE_STORE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct store;

/* How long things stay; 0: the default. The newest hour of observations and scores is
 * never deleted for size_bytes while anything else can be. */
struct store_retention {
    int64_t journal_ms, journal_bytes; /* messages: 1 h, 64 MiB */
    int64_t observations_ms; /* 90 d                                           */
    int64_t scores_ms;       /* and their roll-ups: 1 y                        */
    int64_t rollup_after_ms; /* scores become a row a minute, alarms stay: 7 d          */
    int64_t size_bytes;      /* of the file: 2 GB (2e9)                                 */
};

/* Opens or creates <dir>/store.db (mode 0600) and brings its tables to this version. NULL
 * and a sentence when dir is no place for a store or the file is another program's or a
 * newer KIRI's; a full or unwritable disk is no such reason. keep NULL: all defaults. */
struct store *store_open(const char *dir, const struct store_retention *keep,
                         struct kiri_error *err);
/* Other times and sizes from now on. */
void store_retain(struct store *s, const struct store_retention *keep);
/* Names this run: its messages are journalled under boot and seq. Before the first put.
 */
void store_boot(struct store *s, const char *boot);
/* Commits what is queued (at most wait_ms) and closes. NULL is fine. */
void store_close(struct store *s, int wait_ms);

struct store_obs {
    const char *atom;
    uint64_t id;        /* unique in this file, rising: store_next_id                   */
    int64_t ts;         /* ms UTC                                                       */
    const char *label;  /* or NULL                                                      */
    const char *values; /* JSON object of named values: {"cpu":53.1,"net":"up"} */
    /* Only when it is read: of its score, 0 when it has none, or nobody knows any more.
     */
    uint64_t gen;     /* that scored it                                               */
    int turn_skipped; /* 1: the turn of learning that was due before it was passed over */
};
struct store_score {
    const char *atom;
    uint64_t id; /* of the observation                                           */
    int64_t ts;
    uint64_t gen;
    float surprise, score, tail;
    int alarm;
    int turn_skipped; /* 1: the turn of learning that was due before it was passed over */
    const char *detail; /* per-field JSON, kept for alarms and one row in 60; or NULL   */
};

/* Copies; never waits. */
void store_put_obs(struct store *s, const struct store_obs *o);
void store_put_score(struct store *s, const struct store_score *c);
/* A journalled message: byte for byte as published, seq rising. urgent != 0 commits at
 * once. */
void store_put_message(struct store *s, uint64_t seq, int64_t ts, const char *bytes,
                       size_t len, int urgent);
/* An atom's small state, at most 64 keys of 4 KiB each (checked by the caller). */
void store_put_kv(struct store *s, const char *atom, const char *key, const void *value,
                  size_t len);

/* Waits until all that was put so far is committed or dropped. 0, or -1: not within
 * wait_ms, or degraded. The reading functions below do it themselves (at most 2 s). */
int store_flush(struct store *s, int wait_ms);
/* Looks through the file for damage soon; store_state's checked_ts says when it did. The
 * store does so by itself: soon after the start, then daily. */
void store_check(struct store *s);

/* First observation id that this run may use. */
uint64_t store_next_id(struct store *s);
/* Calls each(ctx, obs) for the newest `most` observations of `atom`, oldest first; stops
 * when it returns nonzero. 0 or -1. *total (may be NULL) gets how many are stored. */
int store_history(struct store *s, const char *atom, uint32_t most,
                  int (*each)(void *ctx, const struct store_obs *o), void *ctx,
                  uint64_t *total, struct kiri_error *err);
int store_each_kv(struct store *s, const char *atom,
                  int (*each)(void *ctx, const char *key, const void *value, size_t len),
                  void *ctx, struct kiri_error *err);

struct store_state {
    int degraded;       /* 1: the last write failed                                 */
    int silent;         /* 1: degraded, and nobody knows why: the writer hangs      */
    char why[256];      /* SQLite's sentence                                        */
    uint64_t committed; /* records                                                  */
    uint64_t queued, dropped;
    int64_t last_commit_ms;      /* mono                                                */
    int64_t bytes;               /* of the file                                         */
    struct store_retention keep; /* in force                                            */
    int64_t checked_ts;          /* ms UTC: looked through for damage; 0: not yet       */
    struct {
        int64_t ts; /* ms UTC of the damage's discovery; 0: none in this run      */
        int going;  /* still bringing rows over                                  */
        char kept_as[128]; /* the damaged file's new name                               */
        uint64_t rows;     /* brought over                                              */
        uint64_t lost;     /* rows that could not be read, about                        */
    } recovered;
};
void store_state(struct store *s, struct store_state *out); /* any thread */

#endif
