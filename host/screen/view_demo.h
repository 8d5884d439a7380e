/*
 * screen/view_demo.h - the picture of `kiri demo`: where it is, what it says, the atom.
 * Pure.
 */
#ifndef KIRI_SCREEN_VIEW_DEMO_H
#define KIRI_SCREEN_VIEW_DEMO_H

#include "screen/canvas.h"

#include <jansson.h>

enum demo_stage {
    DEMO_COLLECTING,
    DEMO_LEARNING,
    DEMO_SETTLING, /* scores, without enough of a past for alarms */
    DEMO_QUIET,
    DEMO_BURNING,
    DEMO_OVER
};

/* sentence: what happens now. keys: what may be pressed, or "". */
void view_demo(enum demo_stage stage, const char *sentence, const char *keys,
               const json_t *status, const struct style *style, unsigned height,
               struct buf *out);

/* The most surprising words of a row and what was expected instead, a plain line each:
 * those with 2 nats or more, at most three, the most surprising first. */
void view_culprits(const json_t *last, struct buf *out);

/* Is this field one that burning CPU and memory moves? */
int view_is_burned(const char *field);

#endif
