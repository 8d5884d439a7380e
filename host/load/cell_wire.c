/* cell_wire.c - frames: their members, and their way through a socket. */
#include "load/cell_wire.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD     (sizeof(uint32_t) + 1)
#define A_READ   16384u
#define KEEP_CAP 65536u /* a buffer larger than this is given back when it is empty */

/* ---- writing ----------------------------------------------------------------------- */

void cell_begin(struct buf *out, enum cell_kind kind)
{
    const char head[HEAD] = { [HEAD - 1] = (char)kind };

    buf_clear(out);
    buf_put(out, head, sizeof head);
}

void cell_u32(struct buf *out, uint32_t x)
{
    buf_put(out, &x, sizeof x);
}

void cell_i64(struct buf *out, int64_t x)
{
    buf_put(out, &x, sizeof x);
}

void cell_num(struct buf *out, double x)
{
    buf_put(out, &x, sizeof x);
}

void cell_text(struct buf *out, const char *text, size_t len)
{
    cell_u32(out, text ? (uint32_t)len : CELL_NO_TEXT);
    if (text)
        buf_put(out, text, len);
}

void cell_string(struct buf *out, const char *text)
{
    cell_text(out, text, text ? strlen(text) : 0);
}

int cell_finish(struct buf *out)
{
    uint32_t len = (uint32_t)(out->len - sizeof len);

    if (buf_failed(out) || out->len > CELL_MOST_FRAME)
        return -1;
    memcpy(out->data, &len, sizeof len);
    return 0;
}

/* ---- reading ----------------------------------------------------------------------- */

static const char *take(struct cell_frame *f, size_t n)
{
    const char *at = f->at;

    if (f->bad || n > f->left) {
        f->bad = 1;
        return NULL;
    }
    f->at += n;
    f->left -= n;
    return at;
}

static void take_into(struct cell_frame *f, void *out, size_t n)
{
    const char *from = take(f, n);

    if (from)
        memcpy(out, from, n);
}

uint32_t cell_take_u32(struct cell_frame *f)
{
    uint32_t x = 0;

    take_into(f, &x, sizeof x);
    return x;
}

int32_t cell_take_i32(struct cell_frame *f)
{
    int32_t x = 0;

    take_into(f, &x, sizeof x);
    return x;
}

int64_t cell_take_i64(struct cell_frame *f)
{
    int64_t x = 0;

    take_into(f, &x, sizeof x);
    return x;
}

double cell_take_num(struct cell_frame *f)
{
    double x = 0;

    take_into(f, &x, sizeof x);
    return x;
}

const char *cell_take_text(struct cell_frame *f, uint32_t *len)
{
    uint32_t n = cell_take_u32(f);

    *len = 0;
    if (f->bad || n == CELL_NO_TEXT)
        return NULL;
    const char *text = take(f, n);
    if (text)
        *len = n;
    return text;
}

const char *cell_take_string(struct cell_frame *f, char *out, size_t cap)
{
    uint32_t len;
    const char *text = cell_take_text(f, &len);

    if (!text)
        return NULL;
    if (len >= cap || memchr(text, '\0', len)) {
        f->bad = 1;
        return NULL;
    }
    memcpy(out, text, len);
    out[len] = '\0';
    return out;
}

int cell_all_read(const struct cell_frame *f)
{
    return !f->bad && f->left == 0;
}

/* ---- the socket -------------------------------------------------------------------- */

int cell_link_init(struct cell_link *l, int fd)
{
    *l = (struct cell_link){ .fd = fd, .ended = -1 };
    return fcntl(fd, F_SETFL, O_NONBLOCK);
}

void cell_link_fini(struct cell_link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    buf_free(&l->in);
    l->fd = l->ended = -1;
    l->done = 0;
}

/* Until something can be done on the socket, or the other end is no more. 0: too late. */
static int wait_for(const struct cell_link *l, short events, int64_t until)
{
    struct pollfd fds[] = { { .fd = l->fd, .events = events },
                            { .fd = l->ended, .events = POLLIN } };

    for (;;) {
        int64_t left = until - clock_mono(&clock_system);
        int n;

        if (left <= 0)
            return 0;
        n = poll(fds, 2, left < INT_MAX ? (int)left : INT_MAX);
        if (n > 0)
            return 1;
        if (n < 0 && errno != EINTR)
            return 0;
    }
}

static int is_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return fd >= 0 && poll(&p, 1, 0) > 0;
}

int cell_send_raw(const struct cell_link *l, const char *bytes, size_t n, int64_t until)
{
    while (n) {
        ssize_t done = send(l->fd, bytes, n, MSG_NOSIGNAL);

        if (done >= 0) {
            bytes += done;
            n -= (size_t)done;
        } else if (errno == EAGAIN) {
            if (is_readable(l->ended) || !wait_for(l, POLLOUT, until))
                return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

int cell_send(const struct cell_link *l, struct buf *frame, int64_t until)
{
    return cell_finish(frame) ? -1 : cell_send_raw(l, frame->data, frame->len, until);
}

/* The frames that were handed out make room. */
static void forget(struct cell_link *l)
{
    size_t left = l->in.len - l->done;

    if (left)
        memmove(l->in.data, l->in.data + l->done, left);
    l->in.len = left;
    l->done = 0;
    if (!left && l->in.cap > KEEP_CAP)
        buf_free(&l->in);
}

/* 1: a whole one, 0: not yet, -1: there cannot be one. */
static int next(struct cell_link *l, struct cell_frame *f)
{
    size_t have = l->in.len - l->done;
    uint32_t len;

    if (have < sizeof len)
        return 0;
    const char *at = l->in.data + l->done;
    memcpy(&len, at, sizeof len);
    if (len < 1 || len > CELL_MOST_FRAME)
        return -1;
    if (have < sizeof len + len)
        return 0;
    *f = (struct cell_frame){ .kind = (unsigned char)at[sizeof len],
                              .at = at + HEAD,
                              .left = len - 1 };
    l->done += sizeof len + len;
    return 1;
}

/* What is there now. 1: something, 0: nothing, -1: the end. */
static int read_some(struct cell_link *l)
{
    char bytes[A_READ];
    ssize_t n;

    do
        n = recv(l->fd, bytes, sizeof bytes, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        buf_put(&l->in, bytes, (size_t)n);
    return n > 0 ? 1 : n < 0 && errno == EAGAIN ? 0 : -1;
}

enum cell_got cell_receive(struct cell_link *l, int64_t until, struct cell_frame *f)
{
    int late = 0;

    forget(l);
    for (;;) {
        int whole = next(l, f);
        int over = whole == 0 && is_readable(l->ended); /* before the last look */
        int some = whole == 0 ? read_some(l) : 1;

        if (whole > 0)
            return CELL_GOT_FRAME;
        if (whole < 0 || buf_failed(&l->in))
            return CELL_GOT_NONSENSE;
        if (some > 0)
            continue;
        if (some < 0 || over)
            return CELL_GOT_END;
        if (late)
            return CELL_GOT_NOTHING;
        late = !wait_for(l, POLLIN, until);
    }
}
