/*
 * bench/convention.h - names that keep to a convention, drawn from a seed, and what makes
 * of such a name one that does not. The same seed gives the same names on every machine.
 */
#ifndef KIRI_BENCH_CONVENTION_H
#define KIRI_BENCH_CONVENTION_H

#include "engine/gpt.h"

#include <stdint.h>

#define CONVENTIONS 7u
#define CONVENTION_AS                                                                    \
    0u               /* that of the published detector: acr_logo_bf24_deDE_v03.svg       \
                      */
#define NAME_CAP 128 /* of a name and its NUL */

const char *convention_name(uint32_t kind);
void convention_draw(uint32_t kind, struct gpt_rng *rng, char name[NAME_CAP]);

/* What may be wrong with a name of any convention. */
enum fault {
    FAULT_SEPARATOR, /* another sign where one belongs              */
    FAULT_CASE,      /* a word in the other case                    */
    FAULT_DOUBLED,   /* a letter or digit twice                     */
    FAULT_DROPPED,   /* one missing                                 */
    FAULT_EXCHANGED, /* two neighbours exchanged                    */
    FAULT_FOREIGN,   /* a word of other letters                     */
    FAULT_SWAPPED,   /* a word and the next one exchanged           */
    FAULT_CUT,       /* the last third missing                      */
    FAULT_EXTENSION, /* one more: .exe                              */
    FAULT_COPY,      /* (1) before the extension                    */
    FAULT_BLANK,     /* a blank at the end                          */
    FAULT_LOOKALIKE, /* a letter of another script that looks alike */
    FAULTS
};
const char *fault_name(enum fault fault);
/* Such a fault somewhere in the name: 0. -1: it has no place for it. */
int fault_make(enum fault fault, struct gpt_rng *rng, const char *name,
               char out[NAME_CAP]);

#endif
