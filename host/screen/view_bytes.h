/*
 * screen/view_bytes.h - a text whose characters are marked by how surprising they were: a
 * name and the letters that do not belong there. What is not printable is \xNN.
 */
#ifndef KIRI_SCREEN_VIEW_BYTES_H
#define KIRI_SCREEN_VIEW_BYTES_H

#include "screen/canvas.h"

#include <jansson.h>

#define VIEW_NOTABLE 3.0f /* nats from which a character is marked: p < .05 */
#define VIEW_GLARING 6.0f /* p < .0025                                     */

/* bytes[len], each character on the colour of its most surprising byte (a blank has none
 * of its own), and " <end>" if that it ended there was notable. nats: [len + 1], the last
 * is the end's. Draws whole characters as long as the line has room; returns how many
 * bytes, len + 1 when the end is drawn or need not be. */
size_t view_bytes(struct canvas *c, const char *bytes, size_t len, const float *nats);
/* A line of ^ below what view_bytes, which returned `drawn`, wrote from column `col` on;
 * nothing when nothing is notable. For where there are no colours. */
void view_marks(struct canvas *c, unsigned col, const char *bytes, size_t len,
                size_t drawn, const float *nats);

/* The text of a field of a score, with the nats of each byte and of its end: malloc'ed,
 * NUL-terminated; *nats, too. NULL: it is no such field, or memory is short. */
char *view_field_bytes(const json_t *field, size_t *len, float **nats);

#endif
