/*
 * replay/export.h - stored observations out again, as lines (replay/rows.h), from a state
 * directory with or without a running host. Owner: one thread.
 */
#ifndef KIRI_REPLAY_EXPORT_H
#define KIRI_REPLAY_EXPORT_H

#include "base/error.h"
#include "replay/output.h"

#include <stdint.h>

struct export;

/* NULL and a sentence: KIRI_NO_INPUT when the directory has no store. */
struct export *export_open(const char *state, struct kiri_error *err);
void export_close(struct export *e); /* NULL is fine */

/* Calls each(ctx, atom) for every atom that the store knows, by name; stops when it
 * returns nonzero. 0, or -1 and a sentence. */
int export_each_atom(struct export *e, int (*each)(void *ctx, const char *atom),
                     void *ctx, struct kiri_error *err);

struct export_part {
    const char *atom;
    uint64_t after_id;      /* rows with a larger id; 0: all      */
    int64_t from_ts, to_ts; /* ms UTC: from <= ts < to            */
    int named;              /* each line says the atom            */
    int gens;               /* and the generation that scored it  */
    /* Called now and then with how many rows were written; nonzero ends it. May be NULL.
     */
    int (*progress)(void *ctx, uint64_t rows);
    void *ctx;
};
/* Writes the rows, oldest first; *rows gets how many. 0; 1: progress ended it; -1 and a
 * sentence. */
int export_rows(struct export *e, const struct export_part *p, struct output *out,
                uint64_t *rows, struct kiri_error *err);

/* The schema that a remote atom was last told, as JSON in *json, malloc'ed: 1; 0: it has
 * none, or is no such atom; -1 and a sentence. */
int export_schema(struct export *e, const char *atom, char **json, size_t *len,
                  struct kiri_error *err);

/* Of the rows with an id up to to_id the newest `most`: *after gets the id behind which
 * they begin (0: from the first), *rows (may be NULL) how many there are. 0, or -1. */
int export_newest(struct export *e, const char *atom, uint64_t to_id, uint32_t most,
                  uint64_t *after, uint32_t *rows, struct kiri_error *err);

#endif
