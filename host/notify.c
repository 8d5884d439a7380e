#include "notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    long long n = usec ? strtoll(usec, NULL, 10) : 0;

    if (pid && strtoll(pid, NULL, 10) != getpid())
        return 0;
    return n >= 2000 ? n / 1000 : 0;
}

void notify_open(struct notify *n)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path ? strlen(path) : 0;

    *n = (struct notify){ .fd = -1, .to = { .sun_family = AF_UNIX } };
    if (len < 2 || len >= sizeof n->to.sun_path || (*path != '/' && *path != '@'))
        return;
    memcpy(n->to.sun_path, path, len);
    if (*path == '@') /* the abstract namespace */
        n->to.sun_path[0] = '\0';
    n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->fd >= 0)
        n->watchdog_ms = watchdog_ms();
}

void notify_send(const struct notify *n, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    if (n->fd < 0)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    (void)sendto(n->fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&n->to,
                 n->to_len);
}

void notify_close(struct notify *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}
