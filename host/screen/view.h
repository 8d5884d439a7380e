/*
 * screen/view.h - a host's status as people read it: parsed JSON in, lines of text out.
 *
 * Members that are missing or of another type read as nothing; no line is wider than the
 * style's width. Pure: no terminal, no clock.
 */
#ifndef KIRI_SCREEN_VIEW_H
#define KIRI_SCREEN_VIEW_H

#include "screen/canvas.h"

#include <jansson.h>

#define VIEW_ODD_TAIL 0.02 /* the oddest row in 50 */

/* The whole picture: the host, then each atom with its last row. */
void view_status(const json_t *status, const struct style *style, struct buf *out);

/* One plain line an atom: "12:00:01 pulse normal surprise 0.72 nats score 0.4 blame -";
 * clock stands before each. */
void view_lines(const json_t *status, const char *clock, struct buf *out);

/* For other pictures of the same status. */
const char *view_text(const json_t *object, const char *key); /* "" when there is none */
double view_number(const json_t *object, const char *key);    /* NaN when there is none */
/* Is an atom's last row odd enough to point at its culprit? */
int view_odd(const json_t *last);

#endif
