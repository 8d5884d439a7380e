#include "bench/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WRONG_USAGE 64
#define MOST        1000000000L

static int read_number(const char *word, unsigned *out)
{
    char *end;

    errno = 0;
    long n = strtol(word, &end, 10);
    if (errno || *end || end == word || n < 1 || n > MOST)
        return -1;
    *out = (unsigned)n;
    return 0;
}

static int take(const struct bench_option *o, const char *next)
{
    if (o->form) {
        *o->form = o->as;
        return 0;
    }
    if (o->flag) {
        *o->flag = 1;
        return 0;
    }
    if (!next)
        return -1;
    if (o->number)
        return read_number(next, o->number);
    *o->word = next;
    return 0;
}

int options_read(int argc, char **argv, const struct bench_option *o, size_t n,
                 const char *usage)
{
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        while (k < n && strcmp(argv[i], o[k].name) != 0)
            k++;
        if (k == n || take(&o[k], argv[i + 1])) {
            fprintf(stderr, "Usage: %s\n", usage);
            return WRONG_USAGE;
        }
        i += !o[k].form && !o[k].flag;
    }
    return 0;
}
