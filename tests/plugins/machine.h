/*
 * machine.h - a made-up machine for pulse.so to read: a directory with its own proc and
 * sys, which looks as some fixture says, and a host whose clock stands until it is moved.
 */
#ifndef KIRI_TESTS_MACHINE_H
#define KIRI_TESTS_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loaded.h"

#include <math.h>

#define FIXTURES     KIRI_SOURCE_DIR "/tests/plugins/fixtures/pulse"
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct machine {
    char root[64], proc[80], sys[80];
    struct kiri_test host;
    void *self; /* pulse, once it was asked to collect */
    union kiri_value v[KIRI_MAX_FIELDS];
};

#define PROC_FILES 8
extern const char *const proc_files[PROC_FILES]; /* all that pulse reads of proc */
extern const struct kiri_atom *pulse;

/* Loads pulse.so of this build: 1, or 0 and a sentence on stderr. */
int machine_load_pulse(void);

/* For cmocka: *state becomes a machine that shows fixture "before". */
int machine_set_up(void **state);
int machine_tear_down(void **state);
#define ON_A_MACHINE(f)                                                                  \
    cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

/* The proc files of one fixture are what it shows from now on. */
void show(struct machine *m, const char *fixture);
void put(const char *dir, const char *name, const char *text);
void drop(const char *dir, const char *name);

/* Opens pulse if it is not, lets time pass, collects one row into m->v. */
int collect(struct machine *m, int64_t later_ms);
double value(const struct machine *m, const char *name);

struct expected {
    const char *name;
    double value; /* NAN: missing */
};
void expect(const struct machine *m, const struct expected *e, size_t n);
#define EXPECT(m, ...)                                                                   \
    do {                                                                                 \
        const struct expected e_[] = { __VA_ARGS__ };                                    \
        expect(m, e_, COUNT(e_));                                                        \
    } while (0)

#endif
