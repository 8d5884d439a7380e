#include "flow/stream_words.h"

#include <stdlib.h>
#include <string.h>

#define EMPTY UINT32_MAX

struct words {
    char *bytes;
    uint32_t *end;   /* [n]: where each one ends in bytes */
    uint32_t *slot;  /* [slots], a power of two, at most half full */
    uint32_t n, cap; /* slots = 2 * cap */
    size_t room;     /* of bytes */
};

uint32_t words_count(const struct words *w)
{
    return w->n;
}

struct word words_at(const struct words *w, uint32_t i)
{
    uint32_t begin = i ? w->end[i - 1] : 0;

    return (struct word){ w->bytes + begin, w->end[i] - begin };
}

/* FNV-1a (Fowler, Noll, Vo). */
static uint32_t hash(struct word word)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (uint32_t i = 0; i < word.len; i++)
        h = (h ^ (unsigned char)word.text[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 32);
}

static uint32_t slot_of(const struct words *w, struct word word)
{
    uint32_t mask = 2 * w->cap - 1, at = hash(word) & mask;

    for (; w->slot[at] != EMPTY; at = (at + 1) & mask) {
        struct word there = words_at(w, w->slot[at]);
        if (there.len == word.len && memcmp(there.text, word.text, word.len) == 0)
            break;
    }
    return at;
}

static int grow(struct words *w, uint32_t cap)
{
    uint32_t *end = realloc(w->end, cap * sizeof *end);

    if (!end)
        return -1;
    w->end = end;
    uint32_t *slot = malloc(2 * (size_t)cap * sizeof *slot);
    if (!slot)
        return -1;
    free(w->slot);
    w->slot = slot;
    w->cap = cap;
    memset(slot, 0xff, 2 * (size_t)cap * sizeof *slot);
    for (uint32_t i = 0; i < w->n; i++)
        slot[slot_of(w, words_at(w, i))] = i;
    return 0;
}

struct words *words_new(void)
{
    struct words *w = calloc(1, sizeof *w);

    if (w && grow(w, 64) == 0 && (w->bytes = malloc(w->room = 1024)))
        return w;
    words_free(w);
    return NULL;
}

void words_free(struct words *w)
{
    if (!w)
        return;
    free(w->bytes);
    free(w->end);
    free(w->slot);
    free(w);
}

static struct word cut(struct word word)
{
    if (word.len > WORDS_LONGEST)
        word.len = WORDS_LONGEST;
    return word;
}

uint32_t words_find(const struct words *w, struct word word)
{
    uint32_t i = w->slot[slot_of(w, cut(word))];

    return i == EMPTY ? WORDS_NONE : i;
}

int words_add(struct words *w, struct word word, uint32_t *i)
{
    word = cut(word);
    *i = words_find(w, word);
    if (*i != WORDS_NONE || w->n == WORDS_MOST)
        return 0;
    if (w->n == w->cap && grow(w, 2 * w->cap))
        return -1;
    size_t begin = w->n ? w->end[w->n - 1] : 0;
    while (w->room < begin + word.len) {
        size_t room = 2 * w->room + WORDS_LONGEST;
        char *bytes = realloc(w->bytes, room);
        if (!bytes)
            return -1;
        w->bytes = bytes;
        w->room = room;
    }
    memcpy(w->bytes + begin, word.text, word.len);
    w->end[w->n] = (uint32_t)(begin + word.len);
    *i = w->n++;
    w->slot[slot_of(w, word)] = *i;
    return 0;
}
