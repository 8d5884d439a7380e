/*
 * diary.h - drift.so with a folder of made-up files to read, a host whose clock stands
 * until it is moved, and a small state that outlives the atom.
 */
#ifndef KIRI_TESTS_DIARY_H
#define KIRI_TESTS_DIARY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../loaded.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct diary {
    struct kiri_test host;
    char root[64], log[96];
    void *self;
    union kiri_value v[KIRI_MAX_FIELDS];
    int64_t time_ms; /* of the last row */
    char label[32];
};

extern const struct kiri_atom *drift;

/* Loads drift.so of this build: 1, or 0 and a sentence on stderr. */
int diary_load_drift(void);

/* For cmocka: *state becomes a diary; option `tasks` is log, which is not there yet. The
 * time zone is UTC. */
int diary_set_up(void **state);
int diary_tear_down(void **state);
#define IN_A_DIARY(f) cmocka_unit_test_setup_teardown(f, diary_set_up, diary_tear_down)

/* The zone from now on, as POSIX writes it: "CET-1CEST,M3.5.0,M10.5.0/3". */
void zone(const char *tz);
/* The clock stands at this local time from now on: "2026-11-20 12:00:00". */
void at(struct diary *d, const char *when);
int64_t seconds(const char *when); /* the same, as s UTC */

/* A file of the folder. Its time of change is a minute before the clock. */
void put(struct diary *d, const char *name, const char *text);
const char *path_in(const struct diary *d, const char *name, char out[160]);
/* A record of the log, as docs/tasks.md has it: "2026-11-20T10:00:00Z", "add 1 text". */
void note(struct diary *d, const char *stamp, const char *what);

/* Opens drift if it is not, collects one row. */
int collect(struct diary *d);
/* Closes it; the next collect opens another one with the same small state. */
void restart(struct diary *d);
double value(const struct diary *d, const char *name);

/* The next row is of this day and says this: "2026-11-20 added 2 done 1 switches 0 open
 * 1";
 * "-" is missing. */
void expect_row(struct diary *d, const char *row);
/* There is no row now. */
void expect_none(struct diary *d);

#endif
