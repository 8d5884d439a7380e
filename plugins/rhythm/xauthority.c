#include "xauthority.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST_BYTES   16384u
#define FAMILY_LOCAL 256u
#define FAMILY_WILD  65535u

struct text {
    const unsigned char *at;
    uint32_t n;
};

/* What is left of the file. */
struct rest {
    const unsigned char *at, *end;
};

static int take_u16(struct rest *r, uint32_t *out)
{
    if (r->end - r->at < 2)
        return -1;
    *out = (uint32_t)r->at[0] << 8 | r->at[1];
    r->at += 2;
    return 0;
}

static int take_text(struct rest *r, struct text *out)
{
    if (take_u16(r, &out->n) || r->end - r->at < (ptrdiff_t)out->n)
        return -1;
    out->at = r->at;
    r->at += out->n;
    return 0;
}

static int is(const struct text *t, const char *s)
{
    return t->n == strlen(s) && memcmp(t->at, s, t->n) == 0;
}

static ssize_t read_whole(const char *file, unsigned char *out)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n;

    if (fd < 0)
        return -1;
    n = read(fd, out, MOST_BYTES);
    close(fd);
    return n;
}

uint32_t xauthority_cookie(const char *file, const char *number,
                           unsigned char cookie[XAUTHORITY_COOKIE])
{
    unsigned char bytes[MOST_BYTES];
    char host[256] = "";
    uint32_t family;
    struct text address, display, method, data;

    ssize_t n = read_whole(file, bytes);
    struct rest r = { bytes, bytes + (n > 0 ? n : 0) };
    gethostname(host, sizeof host - 1);
    while (!take_u16(&r, &family) && !take_text(&r, &address) &&
           !take_text(&r, &display) && !take_text(&r, &method) && !take_text(&r, &data)) {
        int ours =
            family == FAMILY_WILD || (family == FAMILY_LOCAL && is(&address, host));
        if (!ours || (*number && display.n && !is(&display, number)))
            continue;
        if (!is(&method, XAUTHORITY_METHOD) || data.n > XAUTHORITY_COOKIE)
            continue;
        memcpy(cookie, data.at, data.n);
        return data.n;
    }
    return 0;
}
