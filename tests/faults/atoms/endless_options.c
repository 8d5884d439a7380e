/* endless_options.c - a table of options that has no end within reason. */
#include "hostile.h"

static const struct kiri_option options[] = { [0 ... 69] = { .name = "again" },
                                              { .name = NULL } };

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 .options = options, NEVER_CALLED };
