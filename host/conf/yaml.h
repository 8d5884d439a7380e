/*
 * conf/yaml.h - libyaml events into a small tree, with limits: 256 KiB, depth 16, 40,000
 * nodes, one document; no aliases, anchors, tags or duplicate keys. Knows nothing of
 * KIRI.
 *
 * The tree lives in one arena; all errors found are collected, not only the first.
 */
#ifndef KIRI_CONF_YAML_H
#define KIRI_CONF_YAML_H

#include "base/buf.h"
#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_MOST_BYTES (256u * 1024u)
#define YAML_MOST_DEPTH 16u
#define YAML_MOST_NODES 40000u

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    uint32_t line, col; /* from 1 */
    int plain;   /* TEXT: not quoted, so "off", "~" and the like mean what they say */
    int refused; /* TEXT: an alias, whose value is not known; an error says so      */
    int outside; /* TEXT: (partly) from the environment, see env.h                  */
    const char *text; /* TEXT: NUL-terminated UTF-8 */
    const char *key; /* in a MAP: the key of this value                                 */
    uint32_t key_line, key_col;
    int key_plain;
    struct yaml_node *child; /* LIST, MAP: the first */
    struct yaml_node *next;
    uint32_t n; /* children */
};

/* "file:line:col: sentence" lines, as many as were found (the first 50 are kept, then
 * "and N more"). line 0: about the file as a whole, written "file: sentence". */
struct conf_errors {
    struct buf text;
    unsigned n;
    enum kiri_code code; /* KIRI_BAD_CONFIG, or why the file could not be read at all */
};
void conf_error(struct conf_errors *e, const char *file, uint32_t line, uint32_t col,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void conf_errorv(struct conf_errors *e, const char *file, uint32_t line, uint32_t col,
                 const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));
void conf_errors_free(struct conf_errors *e);

struct yaml; /* owns the tree */
/* What may still be read; several files may share it. */
struct yaml_left {
    size_t bytes;
    unsigned nodes;
};
/* file is the name used in messages; left: NULL for the limits above, else it shrinks by
 * what was read. NULL when nothing usable was read (errors say why).
 * A tree may come with errors, so that its reader can add what it finds: of twin keys the
 * first is kept, a key that is no text goes with its value, an alias is a refused TEXT.
 */
struct yaml *yaml_parse(const char *bytes, size_t len, const char *file,
                        struct yaml_left *left, struct conf_errors *e);
const struct yaml_node *yaml_root(const struct yaml *y);
const struct yaml_node *yaml_get(const struct yaml_node *map,
                                 const char *key); /* or NULL */
/* Every TEXT that is no key, in the order of the file. */
void yaml_each_text(struct yaml *y, void (*each)(void *ctx, struct yaml_node *text),
                    void *ctx);
void yaml_free(struct yaml *y);

#endif
