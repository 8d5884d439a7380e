/*
 * desk.h - a made-up desk for rhythm.so: a folder that stands for /dev, whose terminals
 * were last read from when the test says so, and a host whose clocks stand until they are
 * moved.
 */
#ifndef KIRI_TESTS_DESK_H
#define KIRI_TESTS_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kiri/testing.h>

#include <math.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

struct desk {
    char root[64], dev[80]; /* dev: root/dev, with pts/0 in it */
    struct kiri_test *t;
};

/* For cmocka: loads rhythm.so; *state becomes a desk where somebody typed just now. Its
 * options say `idle: terminals` and its own dev; no environment is asked. */
int desk_set_up(void **state);
int desk_tear_down(void **state);
#define AT_A_DESK(f) cmocka_unit_test_setup_teardown(f, desk_set_up, desk_tear_down)

void desk_open(struct desk *d); /* must go well */
void typed(const struct desk *d, const char *terminal, int64_t ms);
void later(struct desk *d, int64_t ms); /* both clocks */

/* A row as after a period; NaN: missing. */
void row(struct desk *d);
double value(struct desk *d, const char *field);
/* A look as after the timer: no row comes of it. */
void look(struct desk *d);

/* root/name, in a buffer that the next call uses again. */
const char *at_root(const struct desk *d, const char *name);
void write_file(const char *path, const char *text);
/* A shell command at root; must go well. */
void shell(const struct desk *d, const char *command);

/* A program, its standard output in *out; must start. Ended by end_child. */
int start_child(char *const argv[], int *out);
void end_child(int pid);
/* One line from `fd`, up to 10 s. */
void read_line(int fd, char *line, size_t cap);

#endif
