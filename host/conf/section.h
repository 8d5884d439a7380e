/*
 * conf/section.h - what the readers of conf.c and atoms.c share: where they are, how they
 * complain, and the checks that every key gets. For this folder only.
 */
#ifndef KIRI_CONF_SECTION_H
#define KIRI_CONF_SECTION_H

#include "conf/arena.h"
#include "conf/conf.h"
#include "conf/files.h"

struct section {
    const char *file, *dir; /* dir: absolute */
    mode_t mode;            /* of the file */
    struct conf_errors *errors, *warnings;
    struct arena *arena;
    struct files *files; /* that `include` adds to */
    uint32_t at;         /* this one's place among them */
    int starved;         /* memory ran out; said at the end */
};

/* A sentence at the node, or at its key. */
void section_say(const struct section *s, const struct yaml_node *at, const char *fmt,
                 ...) __attribute__((format(printf, 3, 4)));
void section_say_key(const struct section *s, const struct yaml_node *at, const char *fmt,
                     ...) __attribute__((format(printf, 3, 4)));

void section_warn(const struct section *s, const struct yaml_node *at, const char *fmt,
                  ...) __attribute__((format(printf, 3, 4)));

/* Is the node of this kind? If not, says what it should be: "`bus` must be <wanted>". A
 * refused node is none, silently. */
int section_is(const struct section *s, const struct yaml_node *n, enum yaml_kind kind,
               const char *wanted);
/* Complains about every key of the mapping that is not among allowed[n]. */
void section_keys(const struct section *s, const struct yaml_node *map,
                  const char *const *allowed, size_t n);
/* The same, with keys that only a later version knows (ends with NULL), honestly. */
void section_keys_but(const struct section *s, const struct yaml_node *map,
                      const char *const *allowed, size_t n, const char *const *later);
/* Complains when the key is one of `later`. */
int section_is_later(const struct section *s, const struct yaml_node *n,
                     const char *const *later);
/* "unknown key `periood`, did you mean `period`?", or all that is allowed. */
void conf_unknown_key(struct conf_errors *e, const char *file, uint32_t line,
                      uint32_t col, const char *key, const char *const *allowed,
                      size_t n);

/* kiri_name_ok, and not a word that other YAML readers take for a truth value. */
int section_name_ok(const struct section *s, const char *name, int plain, uint32_t line,
                    uint32_t col, const char *what);

/* Copies into the arena; NULL and starved when there is no memory. */
void *section_get(struct section *s, size_t n);
char *section_copy(struct section *s, const char *text);
/* The path, ~ expanded, absolute: relative ones start at the file's directory. */
char *section_path(struct section *s, const struct yaml_node *n, const char *path);

/* 1..most children? */
int section_count_ok(const struct section *s, const struct yaml_node *n, uint32_t most);
/* A list of texts, each through `take` into *out (NULL-terminated). */
void section_list(struct section *s, const struct yaml_node *n, const char *wanted,
                  uint32_t most, char ***out,
                  char *(*take)(struct section *, const struct yaml_node *));

/* An alarm budget, in onsets per second. */
void section_alarm(const struct section *s, const struct yaml_node *n, double *out);

/* Each reads the mapping of its key into c. */
void bus_read(struct section *s, const struct yaml_node *bus, struct conf *c);
void retention_read(struct section *s, const struct yaml_node *map, struct conf *c);
/* Adds to the atoms of other files. */
void atoms_read(struct section *s, const struct yaml_node *map, struct conf *c);
/* When all files were read: two of a name? */
void atoms_refuse_twins(const struct conf *c, struct conf_errors *errors);

/* The keys of an atom that are KIRI's. */
extern const char *const atom_keys[];
#define ATOM_KEYS 5u

#endif
