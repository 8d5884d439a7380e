/*
 * detect/flaws.h - what can be wrong with a row that is scored all the same: each is
 * marked in the row's note, counted, and its first place is remembered for the summary.
 */
#ifndef KIRI_DETECT_FLAWS_H
#define KIRI_DETECT_FLAWS_H

#include "base/buf.h"

#include <stdint.h>

enum flaw {
    FLAW_BLANK,     /* an empty line                                */
    FLAW_WIDTH,     /* more or fewer cells than the header          */
    FLAW_JSON,      /* the line is no JSON object, or too long      */
    FLAW_CUT,       /* a cell or line was longer than what is kept  */
    FLAW_MISSING,   /* a value is not there                         */
    FLAW_TEXT,      /* text where a number is expected              */
    FLAW_INFINITE,  /* an infinite number: beyond everything        */
    FLAW_WORD,      /* a word that the warm-up did not have         */
    FLAW_NO_TIME,   /* the time cannot be read                      */
    FLAW_REPEATS,   /* the time of the row before                   */
    FLAW_BACKWARDS, /* a time before that of an earlier row         */
    FLAW_UNSCORED,  /* no value at all where there must be one      */
    FLAWS
};
#define FLAW(f) (1u << (f))

struct flaws {
    uint64_t rows[FLAWS];   /* that have it */
    uint64_t line[FLAWS];   /* of the first one */
    char column[FLAWS][40]; /* its column, fit for a terminal; "": none to name */
};

/* A row on this line has the flaws of `bits`. column: of flaw f, or NULL: none. */
void flaws_count(struct flaws *all, uint32_t bits, uint64_t line,
                 const char *const column[FLAWS]);
/* "missing; time repeats": appended to out; nothing when there is none. */
void flaws_note(uint32_t bits, struct buf *out);
/* A sentence without its end for flaw f, if a row has it: "3 rows have text where a
 * number is expected, the first in line 17, column cpu". Nothing is appended when none
 * has. */
void flaws_tell(const struct flaws *all, enum flaw f, struct buf *out);

#endif
