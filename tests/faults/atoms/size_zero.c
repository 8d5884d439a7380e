/* size_zero.c - says that its vtable has no bytes. */
#include "hostile.h"

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    .abi = KIRI_ABI, .size = 0, .name = "hostile", NEVER_CALLED
};
