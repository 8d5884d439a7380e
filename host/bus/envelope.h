/*
 * bus/envelope.h - the text of a message, as the bus sends it and as a replay prints it.
 */
#ifndef KIRI_BUS_ENVELOPE_H
#define KIRI_BUS_ENVELOPE_H

#include "base/buf.h"

#include <stdint.h>

struct envelope {
    const char *host, *boot;
    int64_t ts;      /* ms UTC */
    uint64_t seq, n; /* the publisher's number, the topic's */
};

/* Appends `topic {"v":1,"host":..,"boot":..,"ts":..,"seq":..,"n":..,<members>}`; members
 * is the rest of the object without braces, "" for none. The topic is not checked. */
void envelope_write(struct buf *out, const char *topic, const struct envelope *e,
                    const char *members);

#endif
