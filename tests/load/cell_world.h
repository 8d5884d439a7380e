/* cell_world.h - a host's services for one atom, written down: its log, notes, small
 * state and options; and a clock that the test holds. */
#ifndef KIRI_TESTS_LOAD_CELL_WORLD_H
#define KIRI_TESTS_LOAD_CELL_WORLD_H

#include "room.h"

#define CELL_HELPER KIRI_BUILD_DIR "/tests/load/cell-helper"

struct cell_world {
    struct kiri_host table;
    int64_t mono; /* of the services; deadlines are the machine's own */
    const char *option[16][2];
    char log[65536]; /* lines */
    unsigned lines, notes;
    struct {
        char key[64], value[4096];
        uint32_t len;
    } kv[64];
    unsigned n_kv;
};

void cell_world_init(struct cell_world *w);
/* NULL-terminated pairs of name and value; others have the value "". */
void cell_world_options(struct cell_world *w, ...) __attribute__((sentinel));

#endif
