/* exit_constructor.c - ends the process when it is opened. */
#include "hostile.h"

#include <unistd.h>

__attribute__((constructor)) static void leave(void)
{
    _exit(3);
}

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 NEVER_CALLED };
