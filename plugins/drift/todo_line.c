#include "todo_line.h"

#include "calendar.h"
#include "text.h"

#include <string.h>

struct cursor {
    const char *s, *end;
};

static void pass_blanks(struct cursor *c)
{
    while (c->s < c->end && (*c->s == ' ' || *c->s == '\t' || *c->s == '\r'))
        c->s++;
}

static size_t word_length(const struct cursor *c)
{
    size_t n = 0;

    while (c->s + n < c->end && !strchr(" \t\r", c->s[n]))
        n++;
    return n;
}

/* A word of this shape at the cursor, which then moves behind it. */
static int pass_mark(struct cursor *c)
{
    if (word_length(c) != 1 || *c->s != 'x')
        return 0;
    c->s++;
    pass_blanks(c);
    return 1;
}

static void pass_priority(struct cursor *c)
{
    if (word_length(c) == 3 && c->s[0] == '(' && c->s[1] >= 'A' && c->s[1] <= 'Z' &&
        c->s[2] == ')') {
        c->s += 3;
        pass_blanks(c);
    }
}

static int64_t pass_date(struct cursor *c)
{
    int64_t day = word_length(c) == 10 ? calendar_date(c->s, 10) : -1;

    if (day >= 0) {
        c->s += 10;
        pass_blanks(c);
    }
    return day;
}

static uint64_t hash_words(struct cursor c, int64_t added)
{
    uint64_t hash = text_hash(TEXT_HASH, &added, sizeof added);

    for (size_t n; (n = word_length(&c)) > 0; pass_blanks(&c)) {
        if (n != 5 || memcmp(c.s, "pri:", 4) != 0) {
            hash = text_hash(hash, c.s, n);
            hash = text_hash(hash, " ", 1);
        }
        c.s += n;
    }
    return hash;
}

int todo_line_read(const char *s, size_t n, struct todo_line *out)
{
    struct cursor c = { s, s + n };

    pass_blanks(&c);
    if (c.s == c.end)
        return -1;
    int done = pass_mark(&c);
    pass_priority(&c);
    int64_t first = pass_date(&c), second = done && first >= 0 ? pass_date(&c) : -1;
    out->added = done ? second : first;
    out->done = done ? first : -1;
    out->id = (hash_words(c, out->added) & ~UINT64_C(1)) | (uint64_t)done;
    return 0;
}

int todo_line_order(const void *a, const void *b)
{
    const struct todo_line *x = a, *y = b;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    if (x->done != y->done)
        return x->done > y->done ? -1 : 1;
    return 0;
}
