/*
 * replay/replay.h - recorded observations through the same streams as the host's, with
 * their own clock. The same rows give the same messages, byte for byte.
 *
 * Rows of all atoms go in the order of their times; ties in the order in which the atoms
 * were added; where an atom's own times run backwards its file's order holds. Each row:
 * what is due is learned (model/A), then the row is scored (score/A); a row that
 * completes one of the molecule brings that, too (molecule). Memory does not grow with
 * the number of rows. Owner: one thread.
 */
#ifndef KIRI_REPLAY_REPLAY_H
#define KIRI_REPLAY_REPLAY_H

#include "base/error.h"
#include "flow/stream.h"
#include "replay/rows.h"

#define REPLAY_HOST "replay" /* host and boot of every message */

struct replay_counts {
    uint64_t rows, remembered; /* scored; known to a model already      */
    uint64_t messages, alarms, lessons;
    uint64_t bytes, size; /* of the files, read and all */
};

struct replay_options {
    /* One message as on the bus: `topic {"v":1,...}`. Nonzero ends the replay. */
    int (*message)(void *ctx, const char *bytes, size_t len);
    /* Now and then; also while something long is learned. Nonzero ends the replay. May be
     * NULL. */
    int (*progress)(void *ctx, const struct replay_counts *c);
    void *ctx;
    double alarm_per_s; /* budget of all atoms together; 0: one a day */
};

struct replay;
struct replay *replay_new(const struct replay_options *o); /* NULL: memory is short */
void replay_free(struct replay *r);                        /* NULL is fine */

/*
 * One atom, whose stream is new or as keep_load left it, and its file of rows; both are
 * taken over, also after a failure. With `known` the rows whose id the stream knows are
 * remembered now; rows without id are numbered on from there. name and schema must live
 * as long as the replay. 0, or -1 and a sentence.
 */
int replay_add(struct replay *r, const char *name, struct stream *stream,
               struct rows *rows, int known, struct kiri_error *err);

/* The atom that was added last has a row each period_ms; without this it speaks when it
 * has something to say. 0, or -1 when memory is short. */
int replay_beat(struct replay *r, uint32_t period_ms);

/* 0: all rows are through; 1: message or progress ended it; -1 and a sentence. */
int replay_run(struct replay *r, struct kiri_error *err);
void replay_counts(const struct replay *r, struct replay_counts *out);

#endif
