/* future_abi.c - speaks ABI 2, which no host speaks yet. */
#include "hostile.h"

#undef KIRI_ABI
#define KIRI_ABI 2u

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 NEVER_CALLED };
