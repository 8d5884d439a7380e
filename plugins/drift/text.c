#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum text_found failed(const char *path, const char *what, char *why, size_t cap)
{
    snprintf(why, cap, "cannot read %s: %s", path, what);
    return TEXT_FAILED;
}

/* All of fd, of which `size` bytes are expected. 0, or -1 and errno. */
static int read_all(int fd, size_t size, struct text *out)
{
    size_t cap = size + 1; /* one more: the read that says that this was all */

    out->bytes = malloc(cap + 1);
    while (out->bytes) {
        ssize_t got = read(fd, out->bytes + out->n, cap - out->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        out->n += (size_t)got;
        out->bytes[out->n] = '\0';
        if (got == 0)
            return 0;
        if (out->n < cap)
            continue;
        if (cap > TEXT_MOST) {
            errno = EFBIG;
            return -1;
        }
        cap *= 2;
        char *more = realloc(out->bytes, cap + 1);
        if (!more)
            break;
        out->bytes = more;
    }
    errno = ENOMEM;
    return -1;
}

enum text_found text_read(const char *path, struct text *out, char *why, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    *out = (struct text){ 0 };
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        snprintf(why, cap, "there is no %s", path);
        return TEXT_ABSENT;
    }
    if (fd < 0)
        return failed(path, strerror(errno), why, cap);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > (off_t)TEXT_MOST) {
        close(fd);
        return failed(path, "it is no file of at most 64 MiB", why, cap);
    }
    int rc = read_all(fd, (size_t)st.st_size, out), e = errno;
    close(fd);
    if (rc == 0)
        return TEXT_READ;
    text_free(out);
    return failed(path, strerror(e), why, cap);
}

void text_free(struct text *t)
{
    free(t->bytes);
    *t = (struct text){ 0 };
}

int text_line(const struct text *t, size_t *at, struct line *out)
{
    if (*at >= t->n)
        return 0;
    const char *s = t->bytes + *at, *newline = memchr(s, '\n', t->n - *at);
    *out = (struct line){ .s = s,
                          .n = newline ? (size_t)(newline - s) : t->n - *at,
                          .whole = newline != NULL };
    *at += out->n + 1;
    return 1;
}

int text_path(const char **at, char *out, size_t cap)
{
    size_t n = strcspn(*at, "\n");

    if (n == 0)
        return 0;
    if (n >= cap)
        return -1;
    memcpy(out, *at, n);
    out[n] = '\0';
    *at += n + ((*at)[n] == '\n');
    return 1;
}

uint64_t text_hash(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 0x100000001b3u;
    return hash;
}
