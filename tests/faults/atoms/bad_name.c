/* bad_name.c - a name that is a path. */
#include "hostile.h"

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "../x",
                                                 NEVER_CALLED };
