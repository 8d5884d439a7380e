/*
 * loaded.h - atoms that `kiri load` has added to a molecule, beside its YAML: in the file
 * loaded.json of the state directory, so that they are there again after a restart.
 *
 *   { "soil": { "plugin": "/home/anna/soil/soil.so", "path": "/run/soil" } }
 *
 * Each member is an atom's section as it could stand in the YAML, its paths absolute.
 */
#ifndef KIRI_LOADED_H
#define KIRI_LOADED_H

#include "conf/conf.h"

#include <jansson.h>

/* What the file holds, a new object; an empty one when there is none. A damaged file is
 * set aside and that is said on the log. NULL: memory is short. */
json_t *loaded_read(const char *state);
/* Makes the file hold this; without atoms there is no file. Not on the loop: it waits for
 * the disk. */
int loaded_write(const char *state, json_t *atoms, struct kiri_error *err);

/* The root without the atoms of `left_out` (an object; NULL: none) and with those of
 * `atoms`. NULL: errors says why. */
struct conf *loaded_conf(const struct conf *root, json_t *left_out, json_t *atoms,
                         struct conf_errors *errors);
/* Removes what the root has itself, for the YAML rules. Returns how many. */
unsigned loaded_yield(json_t *atoms, const struct conf *root);

/* The section's values that are paths, by the plugin's table: ~ expanded, absolute from
 * dir. -1: memory is short. */
int loaded_settle(json_t *section, const struct kiri_option *table, const char *dir);

/* Its name, which begins sentences about what is in it. */
#define LOADED_FILE "loaded.json"

#endif
