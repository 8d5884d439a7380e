/* size_huge.c - says that its vtable has 4 GiB. */
#include "hostile.h"

KIRI_EXPORT const struct kiri_atom kiri_atom = { .abi = KIRI_ABI,
                                                 .size = UINT32_MAX,
                                                 .field_size = UINT32_MAX,
                                                 .name = "hostile",
                                                 NEVER_CALLED };
