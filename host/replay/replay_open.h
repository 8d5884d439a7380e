/*
 * replay/replay_open.h - a molecule and a folder of recorded rows become a replay.
 *
 * Each atom that has DIR/<atom>.jsonl: its plugin is opened once to learn its language,
 * and never asked for an observation; its stream is made as the host makes it; with
 * DIR/<atom>.safetensors it goes on from that model.
 */
#ifndef KIRI_REPLAY_REPLAY_OPEN_H
#define KIRI_REPLAY_REPLAY_OPEN_H

#include "conf/conf.h"
#include "replay/replay.h"

struct replay_source {
    const char *data; /* DIR */
    int from_start;   /* learn from the first row on, whatever models lie there */
    /* A sentence about what is passed over: an atom without rows, a file that nobody
     * reads. */
    void (*say)(void *ctx, const char *sentence);
    void *ctx;
};

/* What was opened for the atoms of a replay, and must outlive it. */
struct replay_atoms;
void replay_atoms_free(struct replay_atoms *a); /* NULL is fine */

/* Adds every atom of the molecule that has rows. NULL and a sentence: KIRI_NO_INPUT (no
 * such folder, no rows for any atom), KIRI_BAD_DATA (a model or rows that cannot be
 * used), KIRI_BAD_CONFIG (an atom's options). */
struct replay_atoms *replay_open(struct replay *r, const struct conf *conf,
                                 const struct replay_source *from,
                                 struct kiri_error *err);
/* After the run: says for each atom which of its values were not known to it. */
void replay_atoms_tell(const struct replay_atoms *a, const struct replay_source *from);

#endif
