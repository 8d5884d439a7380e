#include "patterns.h"

#include <kiri/atom.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define SPACE " \t\r\n"

int patterns_init(struct patterns *p, const char *text)
{
    size_t n = 0;
    char *at, *word;

    p->text = strdup(text);
    p->each = calloc(strlen(text) / 2 + 2, sizeof *p->each); /* "a b c": n / 2 + 1 */
    if (!p->text || !p->each)
        return KIRI_ENOMEM;
    for (word = strtok_r(p->text, SPACE, &at); word; word = strtok_r(NULL, SPACE, &at))
        p->each[n++] = word;
    return KIRI_OK;
}

void patterns_fini(struct patterns *p)
{
    free(p->text);
    free(p->each);
    *p = (struct patterns){ 0 };
}

int patterns_match(const struct patterns *p, const char *name)
{
    for (char **each = p->each; *each; each++)
        if (fnmatch(*each, name, 0) == 0)
            return 1;
    return 0;
}
