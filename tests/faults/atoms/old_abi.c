/* old_abi.c - speaks ABI 0, from before there was one. */
#include "hostile.h"

#undef KIRI_ABI
#define KIRI_ABI 0u

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 NEVER_CALLED };
