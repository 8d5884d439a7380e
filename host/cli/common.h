/*
 * cli/common.h - what several subcommands do: find the host, ask it, print JSON's text.
 */
#ifndef KIRI_CLI_COMMON_H
#define KIRI_CLI_COMMON_H

#include "base/buf.h"
#include "base/error.h"

#include <kiri/wire.h>

#include <jansson.h>

/* The two options that say which host; the same in every command that talks to one. */
#define OPTION_BUS                                                                       \
    {                                                                                    \
        "bus", "URL",                                                                    \
            "The host's bus, such as ipc:///run/kiri/bus. Its control\n"                 \
            "                     socket is then the one beside it named control."       \
    }
#define OPTION_STATE                                                                     \
    {                                                                                    \
        "state", "DIR",                                                                  \
            "The host's state directory. Default: $STATE_DIRECTORY,\n"                   \
            "                     $XDG_STATE_HOME/kiri or ~/.local/state/kiri."          \
    }

struct reach {
    char *bus, *control; /* URLs; control NULL: not known */
};

/* Where the host is: by --bus, else by what it left in the state directory. */
int reach_find(struct reach *r, const char *bus, const char *state,
               struct kiri_error *err);
void reach_free(struct reach *r);

/* Sends {"id","cmd",<members>} and returns the parsed answer, which says ok; NULL and a
 * sentence when nobody answers or the host refuses. members: the rest of the request
 * without braces ("\"boot\":\"7f3a\",\"seq\":991"), or NULL. */
json_t *reach_ask(const struct reach *r, const char *cmd, const char *members,
                  struct kiri_error *err);

/* The same, but a refusal is an answer, too. */
json_t *reach_talk(const struct reach *r, const char *cmd, const char *members,
                   struct kiri_error *err);

/* Appends the message as one object with the topic as its first member, and a newline:
 * what --json means in `kiri sub` and what `kiri replay` prints. */
void message_json(const struct kiri_message *m, struct buf *out);

#endif
