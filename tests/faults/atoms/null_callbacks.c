/* null_callbacks.c - a vtable in which collect() is NULL. */
#include "hostile.h"

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 .open = never_open, .close = never_close,
                                                 .schema = never_schema };
