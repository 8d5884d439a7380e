#include "xserver.h"

#include "xauthority.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SCREEN_SAVER "MIT-SCREEN-SAVER"
#define PACKET       32u /* bytes of a reply, an event or an error */

enum { SETUP_REFUSED, SETUP_DONE }; /* first byte of the server's first answer */
enum { AN_ERROR, A_REPLY };         /* first byte of every later packet        */
enum { QUERY_EXTENSION = 98, QUERY_INFO = 1 };

struct talk {
    int fd;
    int64_t until;
    char *why;
};

static int fail(const struct talk *t, const char *what)
{
    snprintf(t->why, SOURCE_WHY, "the X server %s", what);
    return -1;
}

/* Numbers travel in this machine's own order, as the first byte that we send says. */
static uint32_t u16_at(const unsigned char *at)
{
    uint16_t x;

    memcpy(&x, at, sizeof x);
    return x;
}

static uint32_t u32_at(const unsigned char *at)
{
    uint32_t x;

    memcpy(&x, at, sizeof x);
    return x;
}

static void put_u16(unsigned char *at, uint32_t x)
{
    uint16_t narrow = (uint16_t)x;

    memcpy(at, &narrow, sizeof narrow);
}

static uint32_t padded(uint32_t n)
{
    return (n + 3) / 4 * 4;
}

/* ---- bytes, until the deadline --------------------------------------------------- */

static int wait_for(const struct talk *t, short events)
{
    struct pollfd p = { .fd = t->fd, .events = events };
    int64_t left;

    while ((left = t->until - source_clock()) > 0) {
        int rc = poll(&p, 1, (int)left);
        if (rc > 0)
            return 0;
        if (rc < 0 && errno != EINTR)
            break;
    }
    return fail(t, "does not answer in time");
}

static int say(const struct talk *t, const unsigned char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(t->fd, bytes, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            if (wait_for(t, POLLOUT))
                return -1;
        } else if (sent < 0 && errno != EINTR) {
            return fail(t, "closed the connection");
        } else if (sent > 0) {
            bytes += sent;
            n -= (size_t)sent;
        }
    }
    return 0;
}

static int hear(const struct talk *t, unsigned char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(t->fd, bytes, n, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return fail(t, "closed the connection");
        if (got < 0 && errno == EAGAIN && wait_for(t, POLLIN))
            return -1;
        if (got > 0) {
            bytes += got;
            n -= (size_t)got;
        }
    }
    return 0;
}

/* ---- the four messages ----------------------------------------------------------- */

/* "0" of ":0.1"; NULL when this names no display of this machine. */
static const char *number_of(const char *display, char number[16])
{
    const char *colon = strchr(display, ':');
    size_t n = colon ? strspn(colon + 1, "0123456789") : 0;

    if (!colon || n == 0 || n > 5 || (colon[1 + n] && colon[1 + n] != '.') ||
        (colon != display && strncmp(display, "unix:", 5) != 0))
        return NULL;
    memcpy(number, colon + 1, n);
    number[n] = '\0';
    return number;
}

static int reach(struct talk *t, const char *display, const char *number)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int n = number
                ? snprintf(to.sun_path, sizeof to.sun_path, "/tmp/.X11-unix/X%s", number)
                : snprintf(to.sun_path, sizeof to.sun_path, "%s", display);

    if (n >= (int)sizeof to.sun_path)
        return fail(t, "has a socket whose path is too long");
    t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (t->fd < 0 || connect(t->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        return fail(t, "is not there");
    return 0;
}

/* What we are and the cookie; returns the root window of the first screen in *root. */
static int set_up(const struct talk *t, const unsigned char *cookie, uint32_t n_cookie,
                  uint32_t *root)
{
    const uint16_t order = 1;
    unsigned char hello[12 + 20 + XAUTHORITY_COOKIE] = { 0 }, head[8];
    uint32_t n_method = n_cookie ? sizeof XAUTHORITY_METHOD - 1 : 0;

    hello[0] = *(const unsigned char *)&order ? 'l' : 'B';
    put_u16(hello + 2, 11);
    put_u16(hello + 6, n_method);
    put_u16(hello + 8, n_cookie);
    memcpy(hello + 12, XAUTHORITY_METHOD, n_method);
    memcpy(hello + 12 + padded(n_method), cookie, n_cookie);
    if (say(t, hello, 12 + padded(n_method) + padded(n_cookie)) ||
        hear(t, head, sizeof head))
        return -1;
    if (head[0] != SETUP_DONE)
        return fail(t, "refuses us (a wrong or no cookie)");

    uint32_t n = 4 * u16_at(head + 6);
    unsigned char *body = malloc(n ? n : 1);
    int rc = -1;
    if (!body)
        return fail(t, "says more than memory holds");
    if (hear(t, body, n) == 0) {
        uint32_t at =
            n >= PACKET ? PACKET + padded(u16_at(body + 16)) + 8u * body[21] : n;
        rc = at + 4 <= n ? 0 : fail(t, "answers what is no X");
        *root = rc == 0 ? u32_at(body + at) : 0;
    }
    free(body);
    return rc;
}

/* A request, and its reply; events in between are let go. */
static int request(const struct talk *t, const unsigned char *bytes, size_t n,
                   unsigned char reply[PACKET])
{
    if (say(t, bytes, n))
        return -1;
    do {
        if (hear(t, reply, PACKET))
            return -1;
        if (reply[0] == AN_ERROR)
            return fail(t, "answers with an error");
    } while (reply[0] != A_REPLY);
    return u32_at(reply + 4) == 0 ? 0 : fail(t, "answers what is no X");
}

static int ask_idle(const struct talk *t, uint32_t root, uint32_t *idle_ms)
{
    unsigned char reply[PACKET];
    unsigned char extension[8 + sizeof SCREEN_SAVER - 1] = { QUERY_EXTENSION };
    unsigned char info[8] = { 0, QUERY_INFO };

    put_u16(extension + 2, sizeof extension / 4);
    put_u16(extension + 4, sizeof SCREEN_SAVER - 1);
    memcpy(extension + 8, SCREEN_SAVER, sizeof SCREEN_SAVER - 1);
    if (request(t, extension, sizeof extension, reply))
        return -1;
    if (!reply[8])
        return fail(t, "has no screen saver extension");

    info[0] = reply[9];
    put_u16(info + 2, sizeof info / 4);
    memcpy(info + 4, &root, sizeof root);
    if (request(t, info, sizeof info, reply))
        return -1;
    *idle_ms = u32_at(reply + 16);
    return 0;
}

enum source_answer xserver_look(const char *display, const char *cookies, int64_t now_ms,
                                int64_t *last, char *why)
{
    struct talk t = { .fd = -1,
                      .until = source_clock() + SOURCE_PATIENCE_MS,
                      .why = why };
    unsigned char cookie[XAUTHORITY_COOKIE];
    char digits[16];
    uint32_t root = 0, idle_ms = 0;

    if (!*display) {
        snprintf(why, SOURCE_WHY, "no display is named");
        return SOURCE_SILENT;
    }
    const char *number = *display == '/' ? NULL : number_of(display, digits);
    if (!number && *display != '/') {
        snprintf(why, SOURCE_WHY, "display %.60s is not one of this machine", display);
        return SOURCE_SILENT;
    }
    uint32_t n = xauthority_cookie(cookies, number ? number : "", cookie);
    int rc = reach(&t, display, number);
    if (rc == 0)
        rc = set_up(&t, cookie, n, &root);
    if (rc == 0)
        rc = ask_idle(&t, root, &idle_ms);
    if (t.fd >= 0)
        close(t.fd);
    if (rc)
        return SOURCE_SILENT;
    *last = now_ms - (int64_t)idle_ms;
    return SOURCE_KNOWS;
}
