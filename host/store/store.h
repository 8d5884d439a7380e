/*
 * store/store.h - everything durable but the models: one SQLite file, one writer thread.
 *
 * WAL, synchronous=FULL. Committed each second, at once when a batch holds an urgent
 * record. Callers hand over copies and never wait; a full disk or a broken file turns the
 * store `degraded`: records queue up to a bound (oldest observations dropped and counted
 * first), the rest of the host goes on, and writing is tried again each second.
 *
 * Threads: store_open/close and the put functions from the loop thread; reading functions
 * from the thread that opened, on their own read-only connection.
 */
#ifndef KIRI_STORE_STORE_H
#define KIRI_STORE_STORE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct store;

/* Opens or creates <dir>/store.db (mode 0600) and brings its tables to this version; a
 * newer file is refused by name. NULL and a sentence on failure. */
struct store *store_open(const char *dir, struct kiri_error *err);
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
};
struct store_score {
    const char *atom;
    uint64_t id; /* of the observation                                           */
    int64_t ts;
    uint64_t gen;
    float surprise, score, tail;
    int alarm;
    const char *detail; /* per-field JSON, kept for alarms and one row in 60; or NULL   */
};

/* Copies; never waits. */
void store_put_obs(struct store *s, const struct store_obs *o);
void store_put_score(struct store *s, const struct store_score *c);
/* A journalled message: byte for byte as published. urgent != 0 commits at once. */
void store_put_message(struct store *s, uint64_t seq, int64_t ts, const char *bytes,
                       size_t len, int urgent);
/* An atom's small state, at most 64 keys of 4 KiB each (checked by the caller). */
void store_put_kv(struct store *s, const char *atom, const char *key, const void *value,
                  size_t len);

/* Waits until all that was put so far is committed or dropped. 0, or -1: not within
 * wait_ms, or degraded. The reading functions below do it themselves (at most 2 s). */
int store_flush(struct store *s, int wait_ms);

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
    char why[256];      /* SQLite's sentence                                        */
    uint64_t committed; /* records                                                  */
    uint64_t queued, dropped;
    int64_t last_commit_ms; /* mono                                                    */
    int64_t bytes;          /* of the file                                              */
};
void store_state(struct store *s, struct store_state *out); /* any thread */

#endif
