/*
 * cli/check_atom.h - kiri check FILE.so: tries the atom (load/abuse) and says what it
 * found.
 */
#ifndef KIRI_CLI_CHECK_ATOM_H
#define KIRI_CLI_CHECK_ATOM_H

/* Does the file's name end in .so, or does it begin like an ELF file? */
int check_is_atom(const char *path);

/* options: "name=value", ends with NULL. Prints; returns the exit code. */
int check_atom(const char *path, const char *const *options, int json);

#endif
