/*
 * place.h - a place of files that really are there, and filename.so watching it: what it
 * tells is collected as a host does it, woken by its descriptor.
 */
#ifndef KIRI_TESTS_FILENAME_PLACE_H
#define KIRI_TESTS_FILENAME_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kiri/testing.h>

#include <limits.h>

#define PLACE_DEADLINE_MS 20000

struct told {
    char *name, *label; /* name: of `len` bytes, NUL-terminated */
    uint32_t len;
};

struct place {
    char dir[64]; /* a folder of this test's own */
    char kept[PATH_MAX];
    struct kiri_test *t;
    struct told *told; /* all since it opened */
    uint32_t n, cap;
    uint32_t ends; /* marks made so far */
};

/* For cmocka: *state is a fresh place with an empty folder `in`; watch: that folder. */
int place_make(void **state);
int place_drop(void **state);

/* dir/path; valid until the next call. */
const char *place_path(struct place *p, const char *path);
void place_file(struct place *p, const char *path);
void place_folder(struct place *p, const char *path);
void place_rename(struct place *p, const char *from, const char *to);
void place_remove(struct place *p, const char *path);

/* open() with the options so far; what was told is forgotten. */
void place_open(struct place *p);
/* One collect, or a wait for the descriptor. 1: something was told. */
int place_step(struct place *p, int64_t deadline);
int64_t place_now(void);
/* Makes a file `end-N` in the folder and collects until it is told: everything that came
 * before is told by then, or never. The mark itself is taken out again. */
void place_collect(struct place *p, const char *folder);
/* Collects until so many names were told. */
void place_until(struct place *p, uint32_t n);

/* How often was a file of this path (dir/path) told? */
unsigned place_count(const struct place *p, const char *path);
/* All that was told since the last place_open or place_forget, in any order. */
void place_is(struct place *p, const char *const *paths, uint32_t n);
void place_forget(struct place *p);

#endif
