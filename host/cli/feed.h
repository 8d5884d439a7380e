/*
 * cli/feed.h - a host followed from another thread: its status twice a second, its events
 * as they come. When the host goes away it is looked for until it is back.
 */
#ifndef KIRI_CLI_FEED_H
#define KIRI_CLI_FEED_H

#include "base/error.h"
#include "screen/event.h"

#include <jansson.h>

struct feed;

/* What is known now. The owner begins with {0} and ends with feed_copy_free. */
struct feed_copy {
    json_t *status;
    struct events events;
    char trouble[512]; /* "": all is well */
};

/* bus, state: as the options of the command line, or NULL. The first status has come when
 * it returns. news() is called from other threads, whenever there is something new. NULL
 * and a sentence when no host answers. */
struct feed *feed_start(const char *bus, const char *state, void (*news)(void),
                        struct kiri_error *err);
void feed_look(struct feed *f, struct feed_copy *out);
void feed_stop(struct feed *f); /* NULL is fine */
void feed_copy_free(struct feed_copy *copy);

#endif
