/*
 * replay/schema_file.h - the schema of an atom that is no .so (docs/remote.md), beside
 * its recorded rows: DIR/<atom>.schema.json. `kiri record` and `kiri export obs` write
 * it, `kiri replay` reads it.
 */
#ifndef KIRI_REPLAY_SCHEMA_FILE_H
#define KIRI_REPLAY_SCHEMA_FILE_H

#include "base/error.h"
#include "replay/export.h"

#include <kiri/atom.h>

/* Writes the atom's schema as its store knows it, if it is a remote one: 1 written, 0
 * there is none, -1 and a sentence. force: a file that is there is replaced. */
int schema_file_write(struct export *e, const char *dir, const char *atom, int force,
                      struct kiri_error *err);

/* Tells the host table's small state, from which `plugin: remote` opens: 1 there was a
 * file, 0 there is none, -1 and a sentence. */
int schema_file_read(const char *dir, const char *atom, const struct kiri_host *host,
                     struct kiri_error *err);

#endif
