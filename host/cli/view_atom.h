/*
 * cli/view_atom.h - one atom of a status: how it is, how surprised it was lately, and its
 * last row field by field.
 */
#ifndef KIRI_CLI_VIEW_ATOM_H
#define KIRI_CLI_VIEW_ATOM_H

#include "cli/canvas.h"

#include <jansson.h>

void view_atom(struct canvas *c, const json_t *atom);

#endif
