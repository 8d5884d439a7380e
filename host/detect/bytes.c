#include "detect/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM    65536u
#define LOOK_MS 250

int bytes_open(struct bytes *b, const char *path, struct kiri_error *err)
{
    int standard = strcmp(path, "-") == 0;
    struct stat st;

    b->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (b->fd < 0 || fstat(b->fd, &st))
        return kiri_fail(err, KIRI_NO_INPUT, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return kiri_fail(err, KIRI_NO_INPUT, "%s is a directory: name a file", path);
    b->name = strdup(standard ? "standard input" : path);
    b->data = malloc(ROOM);
    if (!b->name || !b->data)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    b->begin = S_ISREG(st.st_mode) ? (int64_t)lseek(b->fd, 0, SEEK_CUR) : -1;
    b->regular = b->begin >= 0;
    if (b->regular && st.st_size > b->begin)
        b->size = (uint64_t)(st.st_size - b->begin);
    return 0;
}

void bytes_close(struct bytes *b)
{
    if (b->data && b->fd > STDIN_FILENO)
        close(b->fd);
    free(b->name);
    free(b->data);
    *b = (struct bytes){ .fd = -1 };
}

int bytes_rewind(struct bytes *b, struct kiri_error *err)
{
    if (lseek(b->fd, b->begin, SEEK_SET) < 0)
        return kiri_fail(err, KIRI_IO, "%s: cannot be read again: %s", b->name,
                         strerror(errno));
    b->at = b->end = 0;
    b->read = 0;
    return 0;
}

/* Until a pipe has something; 0, or nonzero: give up. */
static int wait_for(struct bytes *b)
{
    struct pollfd p = { .fd = b->fd, .events = POLLIN };
    int n = poll(&p, 1, 0);

    while (n <= 0) {
        if (b->wait && b->wait(b->ctx))
            return 1;
        n = poll(&p, 1, LOOK_MS);
        if (n < 0 && errno != EINTR)
            return 0; /* read() will say it */
    }
    return 0;
}

/* One read behind what is there: how many bytes came, or BYTES_FAILED, BYTES_STOPPED. */
static int more(struct bytes *b)
{
    for (;;) {
        if (!b->regular && wait_for(b))
            return BYTES_STOPPED;
        ssize_t n = read(b->fd, b->data + b->end, ROOM - b->end);
        if (n >= 0) {
            b->end += (size_t)n;
            b->read += (uint64_t)n;
            return (int)n;
        }
        if (errno != EINTR)
            return BYTES_FAILED;
        if (b->wait && b->wait(b->ctx))
            return BYTES_STOPPED;
    }
}

int bytes_fill(struct bytes *b)
{
    b->at = b->end = 0;
    int n = more(b);
    if (n <= 0)
        return n ? n : BYTES_END;
    return b->data[b->at++];
}

int bytes_peek(struct bytes *b, const unsigned char **data, size_t *len)
{
    int n = 1;

    while (n > 0 && b->end < ROOM && !memchr(b->data + b->at, '\n', b->end - b->at))
        n = more(b);
    *data = b->data + b->at;
    *len = b->end - b->at;
    return n < 0 ? n : 0;
}

uint64_t bytes_position(const struct bytes *b)
{
    return b->read - (b->end - b->at);
}
