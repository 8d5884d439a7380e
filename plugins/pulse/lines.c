#include "lines.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int lines_open(struct lines *l, const char *dir, const char *name)
{
    char path[512];

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return -1;
    l->at = l->end = 0;
    l->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return l->fd < 0 ? -1 : 0;
}

/* One more read behind what is there; 0 when nothing came or nothing fits. */
static int more(struct lines *l)
{
    size_t room = sizeof l->buf - 1;

    memmove(l->buf, l->buf + l->at, l->end - l->at);
    l->end -= l->at;
    l->at = 0;
    if (l->end == room)
        return 0;

    ssize_t n = read(l->fd, l->buf + l->end, room - l->end);
    if (n <= 0)
        return 0;
    l->end += (size_t)n;
    return 1;
}

char *lines_next(struct lines *l)
{
    char *newline, *line;

    while (!(newline = memchr(l->buf + l->at, '\n', l->end - l->at)))
        if (!more(l)) {
            if (l->at == l->end || l->end == sizeof l->buf - 1)
                return NULL;
            newline = l->buf + l->end++; /* the last line has none */
            break;
        }
    line = l->buf + l->at;
    *newline = '\0';
    l->at = (size_t)(newline - l->buf) + 1;
    return line;
}

void lines_close(struct lines *l)
{
    close(l->fd);
}

static const char *after_blanks(const char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    return s;
}

int take_number(const char **at, uint64_t *out)
{
    const char *s = after_blanks(*at);
    uint64_t x = 0;

    if (*s < '0' || *s > '9')
        return -1;
    for (; *s >= '0' && *s <= '9'; s++) {
        uint64_t digit = (uint64_t)(*s - '0');

        if (x > (UINT64_MAX - digit) / 10)
            return -1;
        x = x * 10 + digit;
    }
    *out = x;
    *at = s;
    return 0;
}

void skip_words(const char **at, int n)
{
    const char *s = *at;

    for (; n > 0; n--) {
        s = after_blanks(s);
        while (*s && *s != ' ' && *s != '\t')
            s++;
    }
    *at = s;
}

int number_after(const char *line, const char *key, uint64_t *out)
{
    size_t n = strlen(key);

    if (strncmp(line, key, n) != 0)
        return -1;
    line += n;
    return take_number(&line, out);
}
