#include "readers.h"

#include "lines.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

/* ---- cpu, load -------------------------------------------------------------- */

/* "user nice system idle iowait irq softirq steal guest guest_nice" */
static int take_ticks(const char *s, struct cpu_ticks *out)
{
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, N };
    uint64_t t[N] = { 0 };
    int n = 0;

    while (n < N && take_number(&s, &t[n]) == 0)
        n++;
    if (n <= IDLE)
        return -1;
    out->idle = t[IDLE] + t[IOWAIT];
    out->busy = t[USER] + t[NICE] + t[SYSTEM] + t[IRQ] + t[SOFTIRQ] + t[STEAL];
    return 0;
}

int read_cpu(const char *procfs, struct cpu_ticks *out)
{
    struct lines l;
    char *line;
    int found = -1;

    if (lines_open(&l, procfs, "stat") != 0)
        return -1;
    out->cpus = 0;
    while ((line = lines_next(&l)) && strncmp(line, "cpu", 3) == 0)
        if (line[3] == ' ')
            found = take_ticks(line + 4, out);
        else
            out->cpus++;
    lines_close(&l);
    return found;
}

int read_load(const char *procfs, double *out)
{
    struct lines l;
    uint64_t whole, hundredths;
    int found = -1;

    if (lines_open(&l, procfs, "loadavg") != 0)
        return -1;

    const char *s = lines_next(&l); /* "0.42 0.30 ...", whatever the locale */
    if (s && take_number(&s, &whole) == 0 && *s++ == '.' && s[0] >= '0' && s[0] <= '9' &&
        s[1] >= '0' && s[1] <= '9' && s[2] == ' ' && take_number(&s, &hundredths) == 0) {
        *out = (double)whole + (double)hundredths / 100;
        found = 0;
    }
    lines_close(&l);
    return found;
}

/* ---- memory ----------------------------------------------------------------- */

static int read_pair(const char *procfs, const char *total, const char *free,
                     struct memory *out)
{
    struct lines l;
    char *line;
    int has_total = 0, has_free = 0;

    if (lines_open(&l, procfs, "meminfo") != 0)
        return -1;
    while (!(has_total && has_free) && (line = lines_next(&l))) {
        has_total |= number_after(line, total, &out->total) == 0;
        has_free |= number_after(line, free, &out->available) == 0;
    }
    lines_close(&l);
    return has_total && has_free && out->available <= out->total ? 0 : -1;
}

int read_memory(const char *procfs, struct memory *out)
{
    return read_pair(procfs, "MemTotal:", "MemAvailable:", out);
}

int read_swap(const char *procfs, struct memory *out)
{
    return read_pair(procfs, "SwapTotal:", "SwapFree:", out);
}

/* The number after `key` on the first line that starts with it. */
static int read_number(const char *dir, const char *name, const char *key, uint64_t *out)
{
    struct lines l;
    char *line;
    int found = -1;

    if (lines_open(&l, dir, name) != 0)
        return -1;
    while (found != 0 && (line = lines_next(&l)))
        found = number_after(line, key, out);
    lines_close(&l);
    return found;
}

int read_memory_limit(const char *sysfs, uint64_t *kb)
{
    uint64_t bytes;

    if (read_number(sysfs, "fs/cgroup/memory.max", "", &bytes) !=
        0) /* or it says "max" */
        return -1;
    *kb = bytes / 1024;
    return *kb > 0 ? 0 : -1;
}

int read_memory_charged(const char *sysfs, uint64_t *kb)
{
    uint64_t bytes, cache;

    if (read_number(sysfs, "fs/cgroup/memory.current", "", &bytes) != 0)
        return -1;
    if (read_number(sysfs, "fs/cgroup/memory.stat", "inactive_file ", &cache) != 0)
        cache = 0;
    *kb = cache < bytes ? (bytes - cache) / 1024 : 0;
    return 0;
}

/* ---- network ---------------------------------------------------------------- */

/* Takes "  eth0: 123 ..." apart; the name is cut out of the line. */
static int take_interface(char *line, const char **name, struct traffic *t)
{
    char *colon = strchr(line, ':');

    if (!colon)
        return -1;
    *colon = '\0';
    *name = line + strspn(line, " ");

    const char *s = colon + 1;
    if (take_number(&s, &t->rx) != 0)
        return -1;
    skip_words(&s, 7);
    return take_number(&s, &t->tx);
}

static int wanted(const char *name, const char *interfaces)
{
    const char *s = interfaces + strspn(interfaces, ", ");

    if (*s == '\0')
        return strcmp(name, "lo") != 0;
    while (*s) {
        size_t n = strcspn(s, ", ");

        if (strlen(name) == n && strncmp(s, name, n) == 0)
            return 1;
        s += n;
        s += strspn(s, ", ");
    }
    return 0;
}

int read_traffic(const char *procfs, const char *interfaces, struct traffic *out)
{
    struct lines l;
    struct traffic one;
    const char *name;
    char *line;
    int found = -1;

    if (lines_open(&l, procfs, "net/dev") != 0)
        return -1;
    *out = (struct traffic){ 0, 0 };
    while ((line = lines_next(&l)))
        if (take_interface(line, &name, &one) == 0 && wanted(name, interfaces)) {
            out->rx += one.rx;
            out->tx += one.tx;
            found = 0;
        }
    lines_close(&l);
    return found;
}

static int is_up(const char *sysfs, const char *name, const struct traffic *moved)
{
    struct lines l;
    char path[128];
    const char *state = NULL;
    int up, opened;

    snprintf(path, sizeof path, "class/net/%s/operstate", name);
    opened = lines_open(&l, sysfs, path) == 0;
    if (opened)
        state = lines_next(&l);
    if (!state || strcmp(state, "unknown") == 0)
        up = moved->rx > 0 || moved->tx > 0;
    else
        up = strcmp(state, "up") == 0;
    if (opened)
        lines_close(&l);
    return up;
}

int read_link(const char *procfs, const char *sysfs, const char *interfaces, int *up)
{
    struct lines l;
    struct traffic moved;
    const char *name;
    char *line;

    if (lines_open(&l, procfs, "net/dev") != 0)
        return -1;
    line = lines_next(&l);
    if (!line || !strchr(line, '|')) { /* not the file we know */
        lines_close(&l);
        return -1;
    }
    *up = 0;
    while (!*up && (line = lines_next(&l)))
        if (take_interface(line, &name, &moved) == 0 && wanted(name, interfaces))
            *up = is_up(sysfs, name, &moved);
    lines_close(&l);
    return 0;
}

/* ---- disks ------------------------------------------------------------------ */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Does the kernel call it prefix and a number? */
static int numbered(const char *name, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(name, prefix, n) == 0 && is_digit(name[n]);
}

/* A partition follows its disk and has its name, a 'p' if that ends in a digit, a number.
 */
static int is_partition(const char *name, const char *disk)
{
    size_t n = strlen(disk);

    if (n == 0 || strncmp(name, disk, n) != 0)
        return 0;
    if (!is_digit(disk[n - 1]))
        return is_digit(name[n]);
    return name[n] == 'p' && is_digit(name[n + 1]);
}

static int is_disk(const char *name, const char *last_disk)
{
    static const char *const others[] = {
        "loop", "ram", "zram", "sr", "fd", "dm-", "md"
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (numbered(name, others[i]))
            return 0;
    return !is_partition(name, last_disk);
}

/* "major minor name reads merged SECTORS ms writes merged SECTORS ..." */
static int take_device(const char *s, char name[64], uint64_t *sectors)
{
    uint64_t read, written;

    skip_words(&s, 2);
    if (sscanf(s, "%63s", name) != 1)
        return -1;
    skip_words(&s, 3);
    if (take_number(&s, &read) != 0)
        return -1;
    skip_words(&s, 3);
    if (take_number(&s, &written) != 0)
        return -1;
    *sectors = read + written;
    return 0;
}

int read_diskio(const char *procfs, uint64_t *bytes)
{
    struct lines l;
    char name[64], disk[64] = "";
    uint64_t sectors, sum = 0;
    char *line;

    if (lines_open(&l, procfs, "diskstats") != 0)
        return -1;
    while ((line = lines_next(&l)))
        if (take_device(line, name, &sectors) == 0 && is_disk(name, disk)) {
            memcpy(disk, name, sizeof disk);
            sum += sectors;
        }
    lines_close(&l);
    *bytes = sum * 512; /* a sector here is 512 bytes, whatever the disk's own are */
    return disk[0] ? 0 : -1;
}

int read_disk_used(const char *rootfs, double *percent)
{
    struct statvfs v;

    if (statvfs(rootfs, &v) != 0 || v.f_bfree > v.f_blocks)
        return -1;

    double used = (double)(v.f_blocks - v.f_bfree), left = (double)v.f_bavail;
    if (!(used + left > 0))
        return -1;
    *percent = 100 * used / (used + left);
    return 0;
}

/* ---- pressure --------------------------------------------------------------- */

int read_stall(const char *procfs, const char *what, uint64_t *us)
{
    struct lines l;
    char path[32], *line;
    int found = -1;

    snprintf(path, sizeof path, "pressure/%s", what);
    if (lines_open(&l, procfs, path) != 0)
        return -1;
    while (found != 0 && (line = lines_next(&l))) {
        const char *total = strstr(line, "total=");

        if (strncmp(line, "some ", 5) == 0 && total)
            found = number_after(total, "total=", us);
    }
    lines_close(&l);
    return found;
}
