/*
 * load/abuse/settings.h - options from a command line as a host would give them to
 * open(): held against the atom's table, complete, paths absolute.
 */
#ifndef KIRI_LOAD_ABUSE_SETTINGS_H
#define KIRI_LOAD_ABUSE_SETTINGS_H

#include "base/error.h"

#include <kiri/atom.h>

/* "name=value" for each option of the table, malloc'ed, ends with NULL: as given, else
 * its fallback. NULL and a sentence: unknown, wrong, missing, or given twice. */
char **settings_make(const struct kiri_option *table, const char *const *given,
                     struct kiri_error *err);
void settings_free(char **settings);

#endif
