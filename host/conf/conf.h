/*
 * conf/conf.h - a molecule's YAML as structs: the whole meaning of the file, checked.
 * docs/config.md lists every key.
 *
 *     molecule: workstation            # a name; default: the file's
 *     state: ~/.local/state/kiri
 *     bus: { listen: [ipc:///run/kiri/bus] }
 *     plugins: [/usr/lib/kiri/atoms]
 *     alarm: 1/day                    # of all atoms together
 *     atoms:
 *       pulse: { plugin: pulse, every: 5s, alarm: 1/day, procfs: /proc }
 *
 * Keys of an atom that are not KIRI's (plugin every alarm learn isolate) are the plugin's
 * options; conf_options() checks them once the plugin's table is known. All errors of all
 * files are reported in one run as file:line:col, with "did you mean" where a known key
 * is near.
 */
#ifndef KIRI_CONF_CONF_H
#define KIRI_CONF_CONF_H

#include "conf/yaml.h"

#include <kiri/atom.h>

#include <sys/stat.h>

struct conf_option {
    char *name, *value; /* value NULL: it is a list or a mapping */
    char **list; /* of texts, NULL-terminated, at least one; NULL: it is something else */
    uint32_t line, col; /* of the value */
    uint32_t key_line, key_col;
};

struct conf_atom {
    char *name;       /* instance; kiri_name_ok                                     */
    char *plugin;     /* name, or absolute path of a .so; default: the instance's name */
    const char *file; /* that names it: conf.file or one that it includes           */
    const char *dir;  /* of that file, absolute: where relative paths start         */
    uint32_t line, col;
    int by_hand;      /* not from the files: conf_derive has added it               */
    int64_t every_ms; /* 0: the schema's period; else 10 ms .. 1 d                  */
    double alarm;     /* budget: onsets per second; 0: default 1/day               */
    int learn_off;    /* learn: off                                                */
    int isolate;      /* isolate: process                                          */
    uint32_t warmup;  /* rows, 50..1,000,000; default 750                          */
    double share;     /* of one core that its learning may take, .001..1; default .25 */
    int64_t hold_ms;  /* rows of an open alarm wait so long to be learned; 0..1 y; 1 d */
    struct conf_option *options;
    uint32_t n_options;
};

/* One address of the bus. Strings that the scheme has no use for are NULL. */
struct conf_listen {
    char *url;        /* ipc:///absolute, tcp://, tls+tcp:// or ws:// host:port   */
    char *cert, *key; /* tls+tcp: PEM files, absolute                             */
    char *token;      /* ws: a secret of at least 16 bytes; never shown           */
    char **origins;   /* ws: whose pages may connect, NULL-terminated             */
    const char *file; /* where it stands                                          */
    uint32_t line, col;
};

/* How long the store keeps what; 0: the store's default. */
struct conf_retention {
    int64_t journal_ms, journal_bytes;
    int64_t observations_ms, scores_ms, rollup_after_ms, size_bytes;
};

struct conf {
    char *file;
    char **files; /* all that were read, as messages name them; NULL-terminated       */
    char *molecule;
    char *state;                /* expanded, absolute                                 */
    struct conf_listen *listen; /* NULL: default address                              */
    uint32_t n_listen;          /* 0..16                                              */
    uint32_t socket_mode;       /* of ipc sockets: 0600 (the default) or 0660         */
    char **plugins;    /* absolute, NULL-terminated; NULL: default directories          */
    int fixed_plugins; /* `watch-plugins: false`: files that change are not looked at */
    struct conf_retention retention;
    double alarm; /* budget of all atoms together: onsets per second; 0: default 1/day  */
    struct conf_atom *atoms;
    uint32_t n_atoms; /* 1..1024; 0: only after conf_derive                          */
    char *warnings;   /* lines "file:line:col: sentence" that stop nobody; "" if none */
};

/* Reads and checks; *errors gets every sentence, and NULL is returned when there was one.
 * Only the files themselves are looked at: directories and plugins need not exist yet. */
struct conf *conf_read(const char *file, struct conf_errors *errors);
void conf_free(struct conf *c); /* NULL is fine */
/* The root with other atoms: without those named in `without` (NULL-terminated; NULL:
 * none) and with those of `text`, a YAML mapping of them (NULL: none), which are by_hand.
 * file: what messages call that text; relative paths in it start at the state directory.
 * The root must outlive the result, which shares what is the same. NULL as from
 * conf_read. */
struct conf *conf_derive(const struct conf *root, const char *const *without,
                         const char *text, const char *file, struct conf_errors *errors);

/* May others change the file? 0: no. 1: the group or its owner could, which is worth a
 * warning. -1: anybody can, so that nothing in it is trusted (RELIABILITY E8). `why` gets
 * the sentence with the remedy, without the file's name before it. Also for plugins. */
int conf_guard(const char *file, const struct stat *st, char *why, size_t cap);

/* Would both run the same: equal name, plugin, options (in any order), period, budget and
 * learning? Where they stand in which file does not matter, unless relative paths would
 * then start elsewhere. */
int conf_atom_same(const struct conf_atom *a, const struct conf_atom *b);

/* Checks the atom's options against the plugin's table (ends with a NULL name): unknown,
 * missing, wrong type, out of range. Adds sentences; returns how many. */
unsigned conf_options(const struct conf_atom *a, const struct kiri_option *table,
                      struct conf_errors *errors);
/* The atom's value for one option of the table: the YAML's or the fallback (PATH: ~
 * expanded, relative to the file's directory; PATHS: each of them, a line each); NULL
 * when the table has no such option. malloc'ed. */
char *conf_option_value(const struct conf_atom *a, const struct kiri_option *table,
                        const char *name);

#endif
