/*
 * screen/view_atom.h - one atom of a status: how it is, how surprised it was lately, and
 * its last row field by field.
 */
#ifndef KIRI_SCREEN_VIEW_ATOM_H
#define KIRI_SCREEN_VIEW_ATOM_H

#include "screen/canvas.h"

#include <jansson.h>

void view_atom(struct canvas *c, const json_t *atom);

/* Parts of it, for other pictures. */
enum colour view_state_colour(const char *state);
/* The newest surprises between their least and most, in at most `columns`; tells the two
 * when there was any. */
int view_spark(struct canvas *c, const json_t *atom, unsigned columns, double *least,
               double *most);
/* How far the warm-up or a training is: "120 of 240 rows, 30 s left". */
void view_progress(struct canvas *c, const json_t *atom);

/* "1.4/day of 1/day promised": the alarm rate as it is and as it should be; "" before any
 * row had a score that counts. Returns out. */
const char *view_rate(const json_t *atom, char *out, size_t cap);
/* ", cell pid 4711": the process of its own that it lives in; ", no cell" between two of
 * them; "" when it lives in the host's. Returns out. */
const char *view_cell(const json_t *atom, char *out, size_t cap);

#endif
