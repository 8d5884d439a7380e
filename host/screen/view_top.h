/*
 * screen/view_top.h - the picture of `kiri top`: a status, the events so far and a size
 * in, exactly that many lines out. Pure: no terminal, no clock.
 */
#ifndef KIRI_SCREEN_VIEW_TOP_H
#define KIRI_SCREEN_VIEW_TOP_H

#include "screen/canvas.h"
#include "screen/event.h"

#include <jansson.h>

#define TOP_WIDTH  80u /* a smaller terminal is told so */
#define TOP_HEIGHT 24u

struct top {
    const json_t *status; /* the last one; NULL: none yet */
    const struct events *events;
    unsigned selected; /* index of an atom; one too large is the last */
    unsigned back;     /* events scrolled back */
    int paused, help;
    const char *trouble; /* "": connected, else one sentence */
    int utc;             /* times of day in UTC, not in the local zone */
};

void view_top(const struct top *top, const struct style *style, unsigned height,
              struct buf *out);

#endif
