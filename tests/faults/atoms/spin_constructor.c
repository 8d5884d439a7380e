/* spin_constructor.c - never comes back from being opened. */
#include "hostile.h"

static volatile int always = 1;

__attribute__((constructor)) static void spin(void)
{
    while (always)
        ;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 NEVER_CALLED };
