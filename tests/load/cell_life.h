/* cell_life.h - one instance, in a cell or in our process, as a host has it, in the one
 * world of its test. */
#ifndef KIRI_TESTS_LOAD_CELL_LIFE_H
#define KIRI_TESTS_LOAD_CELL_LIFE_H

#include "cell_world.h"

#include <kiri/schema.h>

#ifdef __has_feature
#define CLANG_SANITIZED                                                                  \
    (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define CLANG_SANITIZED 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || CLANG_SANITIZED
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

struct life {
    struct plugin *plugin;
    const struct kiri_atom *atom;
    void *self;
    struct kiri_schema *schema; /* NULL until it is open */
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_obs obs;
    struct plugin_trouble trouble; /* after its last callback */
};

extern struct cell_world world;

/* A fresh world, in which the atom `caged` does MODE in WHERE (open, collect, close)
 * after so many rows. */
void life_behave(const char *mode, const char *where, const char *after);

/* Not open yet; NULL fails the test. It owns the plugin. */
struct life life_of(struct plugin *plugin);
/* Of this file, in a cell of this executable, not open yet. */
struct life life_isolated(const char *exe, const char *so);
/* `caged`, in a cell, open, in the world as it is. */
struct life life_caged(void);
/* The same in a world in which it behaves so. */
struct life life_behaving(const char *mode, const char *where, const char *after);
/* `caged` in a cell that is honest until it is asked for a row, which must fail, as the
 * helper says LIE then (cell_helper.c). */
struct life life_lying(const char *lie);

/* As the callbacks; open() that fails is closed. */
int life_open(struct life *l);
int life_collect(struct life *l);
/* Its trouble begins with that sentence. */
void life_says(const struct life *l, const char *sentence);
/* Closed and given back; no child may be left. */
void life_end(struct life *l);

#endif
