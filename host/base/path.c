#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *home(void)
{
    const char *h = getenv("HOME");
    struct passwd *p;

    if (h && *h == '/')
        return h;
    p = getpwuid(getuid());
    return p ? p->pw_dir : NULL;
}

char *path_join(const char *a, const char *b)
{
    char *out;

    if (*b == '/')
        return strdup(b);
    if (asprintf(&out, "%s%s%s", a, *a && a[strlen(a) - 1] == '/' ? "" : "/", b) < 0)
        return NULL;
    return out;
}

char *path_expand(const char *path)
{
    if (path[0] != '~' || (path[1] && path[1] != '/'))
        return strdup(path);
    const char *h = home();
    if (!h)
        return NULL;
    return path[1] ? path_join(h, path + 2) : strdup(h);
}

char *path_state(void)
{
    const char *s = getenv("STATE_DIRECTORY");

    if (s && *s == '/')
        return strndup(s, strcspn(s, ":"));
    s = getenv("XDG_STATE_HOME");
    if (s && *s == '/')
        return path_join(s, "kiri");
    return path_expand("~/.local/state/kiri");
}

char *path_self_dir(void)
{
    char *full = realpath("/proc/self/exe", NULL);
    char *slash = full ? strrchr(full, '/') : NULL;

    if (slash)
        *slash = '\0';
    return full;
}

int path_make(const char *dir, struct kiri_error *err)
{
    char *copy = strdup(dir);
    struct stat st;

    if (!copy)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    for (char *p = copy; *p; p++) {
        if (*p != '/' || p == copy)
            continue;
        *p = '\0';
        (void)mkdir(copy, 0700); /* what really fails is said below, for the whole path */
        *p = '/';
    }
    int rc = mkdir(copy, 0700) && errno != EEXIST;
    int e = errno;
    free(copy);
    if (rc)
        return kiri_fail(err, KIRI_NO_WRITE, "cannot create directory %s: %s", dir,
                         strerror(e));
    if (stat(dir, &st) || !S_ISDIR(st.st_mode))
        return kiri_fail(err, KIRI_NO_WRITE, "%s is not a directory", dir);
    return 0;
}

char *path_read(const char *path, size_t most, size_t *len, struct kiri_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *data = NULL;
    size_t n = 0, cap = 0;
    struct stat st;

    if (fd < 0) {
        kiri_fail(err, KIRI_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        kiri_fail(err, KIRI_NO_INPUT, "%s is a directory, not a file", path);
        goto fail;
    }
    for (;;) {
        if (n == cap) {
            cap = cap ? cap * 2 : 16384;
            char *more = realloc(data, cap + 1);
            if (!more) {
                kiri_fail(err, KIRI_INTERNAL, "%s: out of memory", path);
                goto fail;
            }
            data = more;
        }
        ssize_t got = read(fd, data + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            kiri_fail(err, KIRI_IO, "cannot read %s: %s", path, strerror(errno));
            goto fail;
        }
        if (got == 0)
            break;
        n += (size_t)got;
        if (n > most) {
            kiri_fail(err, KIRI_BAD_DATA, "%s is larger than %zu bytes", path, most);
            goto fail;
        }
    }
    close(fd);
    data[n] = '\0';
    if (len)
        *len = n;
    return data;

fail:
    free(data);
    close(fd);
    return NULL;
}
