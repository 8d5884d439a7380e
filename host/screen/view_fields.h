/*
 * screen/view_fields.h - the last row of an atom field by field: its word, its nats, and
 * what was expected instead.
 */
#ifndef KIRI_SCREEN_VIEW_FIELDS_H
#define KIRI_SCREEN_VIEW_FIELDS_H

#include "screen/canvas.h"

#include <jansson.h>

/* A heading and a line for each field, or for the `most` most surprising of them, in the
 * order of the row. */
void view_fields(struct canvas *c, const json_t *last, unsigned most);

#endif
