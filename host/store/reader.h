/*
 * store/reader.h - reads a store.db from any thread or process, with or without a running
 * host, on a read-only connection of its own.
 *
 * One thread at a time a reader. What was put but is not committed yet is not seen:
 * store_flush first. A file that was replaced after damage is opened anew by itself.
 */
#ifndef KIRI_STORE_READER_H
#define KIRI_STORE_READER_H

#include "store/store.h"

struct store_reader;

/* NULL and a sentence: KIRI_NO_INPUT when there is no store in dir, KIRI_BAD_DATA when it
 * is another program's or a newer KIRI's, else KIRI_IO. */
struct store_reader *store_reader_open(const char *dir, struct kiri_error *err);
void store_reader_close(struct store_reader *r); /* NULL is fine */

/* A place in the journal: behind message seq of run boot; boot "": before all there is.
 */
struct store_place {
    char boot[64];
    uint64_t seq;
};
struct store_message {
    const char *boot;
    uint64_t seq;
    int64_t ts;        /* ms UTC */
    const char *bytes; /* as published, not NUL-terminated; until each returns */
    size_t len;
};
enum store_found {
    STORE_ALL,     /* given to the end of the journal                                   */
    STORE_STOPPED, /* each returned nonzero                                            */
    STORE_GONE     /* messages behind that place were deleted, or its boot is unknown;
                    *oldest is the place before the oldest that is still there        */
};
/*
 * Calls each(ctx, message) for the journalled messages behind `after` in the order of the
 * journal, into later runs; stops when it returns nonzero. One snapshot. enum
 * store_found, or -1 and a sentence. oldest may be NULL.
 */
int store_since(struct store_reader *r, const struct store_place *after,
                int (*each)(void *ctx, const struct store_message *m), void *ctx,
                struct store_place *oldest, struct kiri_error *err);

/* Observations of one atom with id > after_id and from_ts <= ts < to_ts, oldest first;
 * stops when each returns nonzero. Each comes with what is known of
 * its score. 0 or -1; an unknown atom has none. */
int store_each_obs(struct store_reader *r, const char *atom, uint64_t after_id,
                   int64_t from_ts, int64_t to_ts,
                   int (*each)(void *ctx, const struct store_obs *o), void *ctx,
                   struct kiri_error *err);
/* An atom's small state. 0 or -1. */
int store_reader_each_kv(struct store_reader *r, const char *atom,
                         int (*each)(void *ctx, const char *key, const void *value,
                                     size_t len),
                         void *ctx, struct kiri_error *err);
/* *after: the id before the newest `most` observations of the atom up to the id `upto`,
 * for store_each_obs; 0 when there are fewer. 0 or -1. */
int store_newest(struct store_reader *r, const char *atom, uint64_t upto, uint32_t most,
                 uint64_t *after, struct kiri_error *err);
/* *id: the newest observation of the atom that has a score; 0: none has. 0 or -1. */
int store_scored_to(struct store_reader *r, const char *atom, uint64_t *id,
                    struct kiri_error *err);
/* The newest `most` scores of the atom, oldest first, without their details; stops when
 * each returns nonzero. 0 or -1. */
int store_newest_scores(struct store_reader *r, const char *atom, uint32_t most,
                        int (*each)(void *ctx, const struct store_score *c), void *ctx,
                        struct kiri_error *err);
/* Every atom that ever stored something, by name. */
int store_each_atom(struct store_reader *r, int (*each)(void *ctx, const char *atom),
                    void *ctx, struct kiri_error *err);

#endif
