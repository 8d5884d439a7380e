/*
 * replay/rows.h - observations as lines of a file, one JSON object each:
 *
 *     {"ts":1763679600123,"values":{"cpu":53.1,"net":"up"},"id":88123,"label":"eth0"}
 *
 * `kiri export obs` and `kiri record` write them, `kiri replay` reads them. Only values
 * is what the host stored, byte for byte, so that a row gives the same words again.
 */
#ifndef KIRI_REPLAY_ROWS_H
#define KIRI_REPLAY_ROWS_H

#include "base/buf.h"
#include "base/error.h"
#include "store/store.h"

#include <kiri/schema.h>

#define ROWS_LINE_MOST (256u << 10) /* bytes of a line */

/* Appends one line; with `named` it begins with "atom", with `gens` it says the
 * generation that scored it, if one is known. */
void rows_write(const struct store_obs *o, int named, int gens, struct buf *out);

/* A file of rows, read from its beginning in constant memory. Owner: one thread. */
struct rows;

struct rows_row {
    int64_t ts;                /* ms UTC */
    uint64_t id;               /* 0: the line has none */
    uint64_t gen;              /* that scored it where it was recorded; 0: not said */
    int turn_skipped;          /* the turn of learning before it was passed over there */
    const union kiri_value *v; /* [n_fields], hour and weekday filled in; valid until the
                                  next call                                           */
};

/* schema must live as long. NULL and a sentence: KIRI_NO_INPUT. */
struct rows *rows_open(const char *path, const struct kiri_schema *schema,
                       struct kiri_error *err);
void rows_close(struct rows *r); /* NULL is fine */
/*
 * The next row: 1; 0 at the end; -1 and a sentence with file and line: KIRI_BAD_DATA for
 * a line that is no such object, whose ids do not rise, whose value has another type than
 * its field, or that has no field of the schema at all. Empty lines are passed over, and
 * so are fields that the schema does not know (they are counted).
 */
int rows_next(struct rows *r, struct rows_row *out, struct kiri_error *err);
/* Back to the first line. 0, or -1 and a sentence. */
int rows_rewind(struct rows *r, struct kiri_error *err);

uint64_t rows_bytes(const struct rows *r); /* read so far */
uint64_t rows_size(const struct rows *r);  /* of the file when it was opened */
/* How many values the schema does not know, and one of their names ("" when none). */
uint64_t rows_unknown(const struct rows *r, const char **name);

#endif
