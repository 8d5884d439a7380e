/*
 * log_wire.h - what is logged is also said on the bus, as log/LEVEL: from whichever
 * thread, by a message to the loop.
 */
#ifndef KIRI_LOG_WIRE_H
#define KIRI_LOG_WIRE_H

#include "flow/flow.h"

void log_wire_start(struct flow *f); /* f->bus is open; one flow at a time */
void log_wire_stop(void);

#endif
