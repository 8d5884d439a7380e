/*
 * cli/changes.h - what `reload`, `load`, `unload`, `rollback`, `approve` and `dismiss`
 * share: they ask a running host for a change, and print what it did, a sentence a line.
 */
#ifndef KIRI_CLI_CHANGES_H
#define KIRI_CLI_CHANGES_H

#include <jansson.h>

/* Where the host is, as on the command line, and how to print. */
struct changes_where {
    const char *bus, *state;
    int json; /* the host's answer as it is */
};

/* Asks `cmd` with these members (an object; NULL: none) and prints. refused: what is said
 * after the host's own sentences, when it did nothing. Returns the exit code. */
int changes_ask(const struct changes_where *where, const char *cmd, const json_t *members,
                const char *refused);
/* The same about one atom. */
int changes_ask_atom(const struct changes_where *where, const char *cmd,
                     const char *atom);

#endif
