#include "terminals.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int is_number(const char *s)
{
    return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* The last access to what is called PREFIX and a number, if later than *last; how many
 * there are. */
static int newest(const char *path, const char *prefix, int64_t *last)
{
    size_t skip = strlen(prefix);
    struct dirent *e;
    struct stat st;
    int n = 0;

    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    while ((e = readdir(dir))) {
        if (strncmp(e->d_name, prefix, skip) != 0 || !is_number(e->d_name + skip))
            continue;
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            S_ISDIR(st.st_mode))
            continue;
        int64_t ms = (int64_t)st.st_atim.tv_sec * 1000 + st.st_atim.tv_nsec / 1000000;
        if (ms > *last)
            *last = ms;
        n++;
    }
    closedir(dir);
    return n;
}

enum source_answer terminals_look(const char *dev, int64_t now_ms, int64_t *last,
                                  char *why)
{
    char pts[512];
    int64_t ms = 0;

    snprintf(pts, sizeof pts, "%s/pts", dev);
    if (newest(dev, "tty", &ms) + newest(pts, "", &ms) == 0) {
        snprintf(why, SOURCE_WHY, "no terminal in %.100s", dev);
        return SOURCE_SILENT;
    }
    *last = ms < now_ms ? ms : now_ms;
    return ms > 0 ? SOURCE_KNOWS : SOURCE_NOBODY;
}
