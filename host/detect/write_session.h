/*
 * detect/write_session.h - what was said of a session, as a row of CSV. Pure.
 */
#ifndef KIRI_DETECT_WRITE_SESSION_H
#define KIRI_DETECT_WRITE_SESSION_H

#include "detect/write.h"
#include "flow/sessions.h"

struct session_row {
    uint64_t number;                        /* from 1 */
    const struct sessions_verdict *verdict; /* NULL: it was not scored */
    const struct word *word;                /* [verdict->n - 1] */
    double budget;                          /* tail of an alarm */
    uint32_t flaws;
    int learned; /* there is a model */
};

/* blame is "9 at 14": the 14th word of the session, which is 9; or "the end at 4".
 * expected is what was probable there, then the nats of each half: "26 (0.9); 7.1 nats by
 * the GPTs, 9.4 by the counts". */
void write_session(const struct session_row *row, struct buf *out);

#endif
