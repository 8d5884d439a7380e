/* bad_option.c - an option whose default is outside its range. */
#include "hostile.h"

static const struct kiri_option options[] = {
    { .name = "count", .type = KIRI_OPT_INTEGER, .fallback = "65", .range = "1..64" },
    { .name = NULL },
};

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 .options = options, NEVER_CALLED };
