/*
 * conf/section.h - what the readers of conf.c and atoms.c share: where they are, how they
 * complain, and the checks that every key gets. For this folder only.
 */
#ifndef KIRI_CONF_SECTION_H
#define KIRI_CONF_SECTION_H

#include "conf/arena.h"
#include "conf/conf.h"

struct section {
    const char *file, *dir; /* dir: absolute */
    struct conf_errors *errors;
    struct arena *arena;
    int starved; /* memory ran out; said at the end */
};

/* A sentence at the node, or at its key. */
void section_say(const struct section *s, const struct yaml_node *at, const char *fmt,
                 ...) __attribute__((format(printf, 3, 4)));
void section_say_key(const struct section *s, const struct yaml_node *at, const char *fmt,
                     ...) __attribute__((format(printf, 3, 4)));

/* Is the node of this kind? If not, says what it should be: "`bus` must be <wanted>". A
 * refused node is none, silently. */
int section_is(const struct section *s, const struct yaml_node *n, enum yaml_kind kind,
               const char *wanted);
/* Complains about every key of the mapping that is not among allowed[n]. */
void section_keys(const struct section *s, const struct yaml_node *map,
                  const char *const *allowed, size_t n);
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

/* Reads the mapping `atoms` into c->atoms. */
void atoms_read(struct section *s, const struct yaml_node *map, struct conf *c);

/* The keys of an atom that are KIRI's. */
extern const char *const atom_keys[];
#define ATOM_KEYS 4u

#endif
