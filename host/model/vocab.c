#include "model/interchange.h"

#include <stdlib.h>
#include <string.h>

void vocab_free(struct vocab *v)
{
    for (uint32_t i = 0; v->word && i < v->n; i++)
        free(v->word[i]);
    free(v->word);
    *v = (struct vocab){ 0 };
}

/* Bytes of the UTF-8 character at s (RFC 3629); 1 where there is none. */
static size_t character(const unsigned char *s, size_t len)
{
    size_t n = s[0] < 0xc2 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 1;

    if (n > len)
        return 1;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 1;
    if (n > 2 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
                  (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
        return 1;
    return n;
}

uint32_t vocab_next(const struct vocab *v, const char *text, size_t len, size_t *used)
{
    uint32_t best = v->n + 1;
    size_t longest = 0;

    for (uint32_t i = 0; i < v->n; i++) {
        size_t n = strlen(v->word[i]);

        if (n > longest && n <= len && !memcmp(v->word[i], text, n)) {
            best = i;
            longest = n;
        }
    }
    *used = longest ? longest : character((const unsigned char *)text, len);
    return best;
}
