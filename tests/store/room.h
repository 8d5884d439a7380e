/*
 * A state directory of its own for each test.
 */
#ifndef KIRI_TESTS_STORE_ROOM_H
#define KIRI_TESTS_STORE_ROOM_H

#include "store/store.h"

#include <stdint.h>

extern char room[64];

int open_room(void **state);
int close_room(void **state);
/* <room>/name, valid until the next call. */
const char *in_room(const char *name);
/* How many names there begin with prefix. */
unsigned names_in_room(const char *prefix);

/* Opens the store or fails the test with its sentence. */
struct store *open_store(void);
/* So far in the future that retention leaves it alone. */
void put_obs(struct store *s, const char *atom, uint64_t id);
/* One number from the file, asked on a connection of its own; -1 when that fails. */
int64_t ask_file(const char *sql);
/* Waits until the file answers 1; fails the test after 20 s. */
void wait_for_file(const char *sql);

#endif
