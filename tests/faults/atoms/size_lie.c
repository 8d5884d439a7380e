/* size_lie.c - says that its vtable has more bytes than its symbol: reading on would read
 * what follows it. */
#include "hostile.h"

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    .abi = KIRI_ABI, .size = 4096, .name = "hostile", NEVER_CALLED
};
