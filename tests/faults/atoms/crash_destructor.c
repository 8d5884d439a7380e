/* crash_destructor.c - dies of a fault when it is closed. */
#include "hostile.h"

static int *volatile nowhere = (int *)16;

__attribute__((destructor)) static void crash(void)
{
    *nowhere = 1;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 NEVER_CALLED };
