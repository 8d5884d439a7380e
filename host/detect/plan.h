/*
 * detect/plan.h - what the columns of a file are: which is the time, which are numbers,
 * which have a few words; and the schema that follows. Made from the first rows only.
 *
 * A column is a NUMBER (scale LEARNED) when at least half of its values are; a CHOICE
 * when it has at most PLAN_WORDS words, each twice on average; else it is left out. A
 * schema of the user's own is matched to the columns by name.
 */
#ifndef KIRI_DETECT_PLAN_H
#define KIRI_DETECT_PLAN_H

#include "base/buf.h"
#include "detect/sample.h"
#include "detect/source.h"

#include <kiri/schema.h>

#define PLAN_WORDS 32u
#define PLAN_WORD  32u /* bytes of a word that count */

struct plan {
    const struct kiri_schema *schema;
    char *column[KIRI_MAX_FIELDS]; /* of each field; NULL: it is the clock's */
    char *time;                    /* column of the times; NULL: there is none */
    int64_t period_ms;             /* median step of the times; 0: not known */
    struct buf remarks;            /* sentences, one a line: what was left out, and why */

    /* what the schema is made of, unless it was given */
    struct kiri_schema *given;
    struct kiri_schema made;
    struct kiri_field field[KIRI_MAX_FIELDS];
    char *name[KIRI_MAX_FIELDS];
    char **words[KIRI_MAX_FIELDS]; /* NULL-terminated, of a CHOICE */
};

struct plan_wish {
    const char *time;           /* column; NULL: look for it; "-": none */
    const char *without;        /* column that is none; NULL: all are   */
    struct kiri_schema *schema; /* taken over; NULL: infer it           */
    enum source_format format;
};

/* Looks at the sample's rows, which came from s. 0, or -1 and a sentence. */
int plan_make(struct plan *p, struct source *s, const struct sample *sample,
              struct plan_wish wish, struct kiri_error *err);
void plan_free(struct plan *p);

/* A word as a CHOICE has it: spaces around gone, at most PLAN_WORD bytes, control
 * characters as '?'. Its length; 0: empty. */
uint32_t plan_word(const struct cell *cell, char out[PLAN_WORD + 1]);

/* Where a plan's columns are in a file. */
struct binding {
    int64_t at[KIRI_MAX_FIELDS]; /* -1: the field has no column */
    int64_t time;                /* -1: none */
};
/* 0, or -1 and a sentence when the file lacks a column. */
int plan_bind(const struct plan *p, struct source *s, struct binding *out,
              struct kiri_error *err);

#endif
