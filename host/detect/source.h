/*
 * detect/source.h - rows of a file as cells of text, one after the other in constant
 * memory: CSV (RFC 4180), JSON lines, lines of text, or
 * sessions, whose cells are their words.
 *
 * Every row of the file is a row here, in its order, whatever is wrong with it: an empty
 * line is a row without cells, a line that is no JSON too. Only empty lines at the very
 * end are none (but of lines). Owner: one thread.
 */
#ifndef KIRI_DETECT_SOURCE_H
#define KIRI_DETECT_SOURCE_H

#include "base/error.h"
#include "detect/flaws.h"

#include <stddef.h>
#include <stdint.h>

#define SOURCE_COLUMNS 4096u       /* more are refused                          */
#define SOURCE_CELL    4096u       /* bytes of a cell that are kept             */
#define SOURCE_ROW     (1u << 20)  /* bytes of all cells of a row that are kept */
#define SOURCE_QUOTED  (64u << 20) /* bytes after which a quote is not closed   */

enum source_format { SOURCE_CSV, SOURCE_JSONL, SOURCE_LINES, SOURCE_SESSIONS };

struct cell {
    const char *text; /* NUL-terminated behind len bytes; NULL: the row has none */
    uint32_t len;
    uint32_t cut; /* 1: there was more */
};

struct record {
    uint64_t line;           /* on which the row begins, from 1         */
    uint32_t n;              /* cells                                   */
    const struct cell *cell; /* [n], until the next row                 */
    uint32_t flaws;          /* bits of enum flaw                       */
};

struct source;

struct source_options {
    enum source_format format;
    int (*wait)(void *ctx); /* bytes.h */
    void *ctx;
};

/* path "-" is the standard input. NULL and a sentence: KIRI_NO_INPUT, or KIRI_BAD_DATA
 * when the beginning cannot be of this format; when wait() gave up, too, which leaves
 * err->code KIRI_FINE. */
struct source *source_open(const char *path, const struct source_options *o,
                           struct kiri_error *err);
void source_close(struct source *s); /* NULL is fine */

/* The next row. 1; 0 at the end; -1 and a sentence with file and line; 2: wait() gave up.
 */
int source_next(struct source *s, struct record *out, struct kiri_error *err);
/* Back to the first row; only where source_regular. 0, or -1 and a sentence. */
int source_rewind(struct source *s, struct kiri_error *err);

/* Columns: of CSV from the header, of JSON what was seen so far, of lines one: "text";
 * of sessions none. */
uint32_t source_columns(const struct source *s);
const char *source_column(const struct source *s, uint32_t i);
/* The column's index; JSON gets it now if it is not known yet. -1: there is none. */
int64_t source_find(struct source *s, const char *name);
/* JSON: members that are not known yet are passed over from now on, and counted. */
void source_seal(struct source *s);
uint64_t source_unknown(const struct source *s); /* rows with such a member */

const char *source_name(const struct source *s);
int source_regular(const struct source *s);
int source_headless(const struct source *s);      /* CSV: the first line is a row */
uint64_t source_position(const struct source *s); /* bytes read */
uint64_t source_size(const struct source *s);     /* 0: not known */
uint64_t source_trailing(const struct source *s); /* empty lines at the end */

#endif
