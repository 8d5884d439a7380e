/*
 * conf/env.h - ${env:NAME} and ${env:NAME:-default} in the values of a file.
 *
 * NAME is a letter or _, then letters, digits or _. The default, which ends at the first
 * `}` and is taken as it stands, also replaces an empty variable, as in a shell. Without
 * one an unset variable is an error. What comes in is text: never YAML, never looked
 * through again. `$${` is a literal `${`; every other `$` is itself. Keys are left alone.
 * For this folder only.
 */
#ifndef KIRI_CONF_ENV_H
#define KIRI_CONF_ENV_H

#include "conf/section.h"

/* Replaces the texts of the tree; what comes in counts against the bytes left. */
void env_expand(struct section *s, struct yaml *y, struct yaml_left *left);

#endif
