/* no_symbol.c - a good library, but not an atom. */
#include <kiri/atom.h>

KIRI_EXPORT int answer(void);

int answer(void)
{
    return 42;
}
