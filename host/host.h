/*
 * host.h - one running molecule: owns loop, threads, store, bus and atoms; built from a
 * conf.
 */
#ifndef KIRI_HOST_H
#define KIRI_HOST_H

#include "base/error.h"
#include "conf/conf.h"

#include <stdint.h>

struct host_options {
    int64_t for_ms; /* stop by itself after this long; 0: run until a signal */
    int quiet; /* no "listening on", "loaded" lines                                 */
};

/*
 * Runs until SIGTERM or SIGINT (or for_ms), then saves, closes and returns. 0, or -1 and
 * a sentence: KIRI_HELD (state directory or address in use), KIRI_BAD_CONFIG (an atom's
 * options), KIRI_BAD_DATA (a .so), KIRI_NO_WRITE (state directory). A second SIGINT stops
 * at once.
 */
int host_run(const struct conf *conf, const struct host_options *o,
             struct kiri_error *err);

/* SIGTERM, SIGINT and SIGHUP wait from here on until host_run hears them: first thing in
 * a program that will call it. */
void host_block_signals(void);

/* What a start would make of a conf; all malloc'ed. */
struct host_plan {
    struct host_plan_atom {
        char *path, *version; /* of its plugin; NULL: not found, or not known */
    } * atom;                 /* in the order of the conf's */
    uint32_t n_atoms;
    char *bus, *control; /* URLs: the first listener's, or the default */
    char *warnings;      /* lines: the conf's and the plugins' */
};
/* Everything that host_run would check before it starts, without any side effect: plugins
 * are found and probed in a child, their options checked. Adds sentences; returns how
 * many. The plan, which was {0}, must be freed either way. */
unsigned host_check(const struct conf *conf, struct host_plan *plan,
                    struct conf_errors *errors);
void host_plan_free(struct host_plan *plan);

/* What host_check's child does: opens the .so, writes what it is as JSON to fd. Returns
 * the exit code; the file may crash us. */
int host_probe(const char *so, int out_fd);

/* What a cell does, an atom's process of its own: answers the host that has started it,
 * over the descriptors that it was started with, until that is over. Returns the exit
 * code; the atom may crash us. */
int host_cell(void);

/* Where a running host of this state directory listens, as it wrote them into
 * <state>/host.json at start: malloc'ed URLs. -1 and a sentence: KIRI_UNAVAILABLE. */
int host_address(const char *state, char **bus, char **control, struct kiri_error *err);

#endif
