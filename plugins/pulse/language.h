/*
 * pulse/language.h - the two languages that pulse speaks.
 */
#ifndef KIRI_PULSE_LANGUAGE_H
#define KIRI_PULSE_LANGUAGE_H

#include <kiri/atom.h>

/* Fields of the default language, in order. */
enum { RX, TX, DISKIO, CPU, MEMORY, SWAP, DISK, LOAD, PCPU, PMEM, PIO, HOUR, WEEKDAY };

/* Where its LOG scales begin: less than that is reported as that. */
#define RATE_FLOOR   1.0   /* B/s, network */
#define DISKIO_FLOOR 100.0 /* B/s          */
#define LOAD_FLOOR   .05   /* tasks/CPU    */
#define STALL_FLOOR  .1    /* %            */

/* Fields of the published language, in order. */
enum { C_CPU, C_MEMORY, C_DISK, C_SWAP, C_LOAD, C_NET };

extern const struct kiri_schema pulse_default, pulse_classic;

#endif
