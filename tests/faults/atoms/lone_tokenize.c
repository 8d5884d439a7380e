/* lone_tokenize.c - tokenize() without vocab(). */
#include "hostile.h"

static int tokenize(void *self, const union kiri_value *in, struct kiri_token *out,
                    uint32_t cap)
{
    (void)self, (void)in, (void)out, (void)cap;
    abort();
}

KIRI_EXPORT const struct kiri_atom kiri_atom = { KIRI_ATOM_INIT, .name = "hostile",
                                                 .tokenize = tokenize, NEVER_CALLED };
