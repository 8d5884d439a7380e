#include "detect/sample.h"

#include <stdlib.h>
#include <string.h>

/* One block: the record, its cells, their bytes. */
struct copy {
    struct record record;
    struct cell cell[];
};

int sample_add(struct sample *s, const struct record *row)
{
    size_t size = sizeof(struct copy) + row->n * sizeof *row->cell;

    if (s->n == s->cap) {
        uint32_t cap = s->cap ? 2 * s->cap : 64;
        struct record **more = realloc(s->row, cap * sizeof(struct record *));
        if (!more)
            return -1;
        s->row = more;
        s->cap = cap;
    }
    for (uint32_t i = 0; i < row->n; i++)
        size += row->cell[i].text ? row->cell[i].len + 1 : 0;
    struct copy *c = malloc(size);
    if (!c)
        return -1;
    char *text = (char *)(c->cell + row->n);
    c->record = *row;
    c->record.cell = c->cell;
    for (uint32_t i = 0; i < row->n; i++) {
        c->cell[i] = row->cell[i];
        if (!row->cell[i].text)
            continue;
        memcpy(text, row->cell[i].text, row->cell[i].len + 1);
        c->cell[i].text = text;
        text += row->cell[i].len + 1;
    }
    s->row[s->n++] = &c->record;
    s->bytes += size;
    return 0;
}

int sample_is_full(const struct sample *s, uint64_t wanted)
{
    return s->n >= wanted || s->n >= SAMPLE_ROWS || s->bytes >= SAMPLE_BYTES;
}

void sample_free(struct sample *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        free(s->row[i]);
    free(s->row);
    *s = (struct sample){ 0 };
}
