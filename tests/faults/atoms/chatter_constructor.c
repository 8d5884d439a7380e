/* chatter_constructor.c - talks on stdout, in JSON, when it is opened. */
#include "hostile.h"

#include <unistd.h>

__attribute__((constructor)) static void talk(void)
{
    static const char lie[] = "{\"name\":\"liar\",\"options\":[]}\\n";
    ssize_t n = write(STDOUT_FILENO, lie, sizeof lie - 1);

    if (n < 0)
        _exit(4);
}

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "chatter",
                                                 .version = "1.0", .help = "Talks.",
                                                 NEVER_CALLED };
