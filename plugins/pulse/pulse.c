/*
 * pulse - is this machine's load what it usually is at this hour?
 *
 * Reads a handful of small files below procfs and sysfs and asks one file system how full
 * it is, once a period. Sees no process, no user, no file name, no address: README.md.
 *
 * What cannot be read is missing, never zero. Rates need two readings: the first row has
 * none, and a counter that went backwards (a device left, a machine was restored) makes
 * its rate missing once.
 */
#include "language.h"
#include "readers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the instance ----------------------------------------------------------- */

enum { PROCFS, SYSFS, ROOTFS, LANGUAGE, INTERFACES, N_OPTIONS };

static const struct kiri_option options[N_OPTIONS + 1] = {
    [PROCFS] = { .name = "procfs",
                 .type = KIRI_OPT_PATH,
                 .fallback = "/proc",
                 .help = "Where the kernel's process file system is mounted." },
    [SYSFS] = { .name = "sysfs",
                .type = KIRI_OPT_PATH,
                .fallback = "/sys",
                .help = "Where sysfs is mounted (memory limit, state of interfaces)." },
    [ROOTFS] = { .name = "rootfs",
                 .type = KIRI_OPT_PATH,
                 .fallback = "/",
                 .help = "A directory on the file system whose space is watched." },
    [LANGUAGE] = { .name = "language",
                   .type = KIRI_OPT_CHOICE,
                   .fallback = "default",
                   .range = "default|classic",
                   .help = "The words: all there is, or the published 43." },
    [INTERFACES] = { .name = "interfaces",
                     .type = KIRI_OPT_TEXT,
                     .fallback = "",
                     .help = "Interfaces to count, \"eth0 wlan0\"; empty: all but lo." },
};

/* A counter as it stood at the last reading. */
struct past {
    uint64_t value;
    int known;
};

struct pulse {
    const struct kiri_host *host;
    const struct kiri_schema *schema;
    char option[N_OPTIONS][256];
    int64_t then_ms; /* of the last reading, host->mono_ms */
    struct past busy, idle, rx, tx, diskio, stall[3];
};

static int refuse(const struct kiri_host *host, const char *name, const char *what)
{
    char line[400];

    snprintf(line, sizeof line, "pulse: option %s %s", name, what);
    host->log(host->ctx, KIRI_ERROR, line);
    return KIRI_ECONFIG;
}

static int is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int take_options(struct pulse *p)
{
    const struct kiri_host *host = p->host;

    for (int i = 0; i < N_OPTIONS; i++) {
        const char *given = host->option(host->ctx, options[i].name);
        const char *text = given ? given : options[i].fallback;

        if (strlen(text) >= sizeof p->option[i])
            return refuse(host, options[i].name, "is longer than 255 bytes");
        memcpy(p->option[i], text, strlen(text) + 1);
    }
    if (!is_directory(p->option[PROCFS]))
        return refuse(host, "procfs", "is not a directory that can be read");
    if (!is_directory(p->option[ROOTFS]))
        return refuse(host, "rootfs", "is not a directory that can be read");
    if (strcmp(p->option[LANGUAGE], "default") == 0)
        p->schema = &pulse_default;
    else if (strcmp(p->option[LANGUAGE], "classic") == 0)
        p->schema = &pulse_classic;
    else
        return refuse(host, "language", "is neither default nor classic");
    return KIRI_OK;
}

static int pulse_open(const struct kiri_host *host, void **self)
{
    struct pulse *p = calloc(1, sizeof *p);

    if (!p)
        return KIRI_ENOMEM;
    p->host = host;

    int rc = take_options(p);
    if (rc != KIRI_OK) {
        free(p);
        return rc;
    }
    *self = p;
    return KIRI_OK;
}

static void pulse_close(void *self)
{
    free(self);
}

static const struct kiri_schema *pulse_schema(void *self)
{
    const struct pulse *p = self;

    return p->schema;
}

/* ---- from counters to values ------------------------------------------------ */

/* How far a counter went since the last reading; NaN when there is no telling. */
static double growth(struct past *p, int readable, uint64_t now)
{
    double grown =
        p->known && readable && now >= p->value ? (double)(now - p->value) : NAN;

    p->value = now;
    p->known = readable;
    return grown;
}

static double rate(struct past *p, int readable, uint64_t now, double seconds)
{
    double grown = growth(p, readable, now);

    return seconds > 0 ? grown / seconds : NAN;
}

/* A NaN stays one. On a LOG scale all that is less than lo is the same: nothing. */
static double at_least(double lo, double x)
{
    return x < lo ? lo : x;
}

static double percent(uint64_t part, uint64_t whole)
{
    return 100 * (double)part / (double)whole;
}

static double seconds_since_last(struct pulse *p)
{
    int64_t now = p->host->mono_ms(p->host->ctx);
    double seconds = (double)(now - p->then_ms) / 1000;

    p->then_ms = now;
    return seconds;
}

/* Ticks are their own clock: no ticks, no share. */
static double cpu_percent(struct pulse *p, int readable, const struct cpu_ticks *now)
{
    double busy = growth(&p->busy, readable, now->busy);
    double idle = growth(&p->idle, readable, now->idle);

    return busy + idle > 0 ? 100 * busy / (busy + idle) : NAN;
}

/* Of our control group when it has less than the machine, else of the machine. */
static double memory_percent(const struct pulse *p)
{
    const char *sysfs = p->option[SYSFS];
    struct memory m;
    uint64_t limit, charged;

    if (read_memory(p->option[PROCFS], &m) != 0 || m.total == 0)
        return NAN;
    if (read_memory_limit(sysfs, &limit) != 0 || limit >= m.total)
        return percent(m.total - m.available, m.total);
    if (read_memory_charged(sysfs, &charged) != 0)
        return NAN;
    return percent(charged < limit ? charged : limit, limit);
}

static double disk_percent(const struct pulse *p)
{
    double used;

    return read_disk_used(p->option[ROOTFS], &used) == 0 ? used : NAN;
}

static double stall_percent(struct pulse *p, int i, double seconds)
{
    static const char *const what[] = { "cpu", "memory", "io" };
    uint64_t us = 0;
    int readable = read_stall(p->option[PROCFS], what[i], &us) == 0;
    double share = rate(&p->stall[i], readable, us, seconds) / 1e6 * 100;

    return at_least(STALL_FLOOR,
                    share > 100 ? 100 : share); /* two clocks are never quite one */
}

static int collect_default(struct pulse *p, struct kiri_obs *out)
{
    const char *procfs = p->option[PROCFS];
    double seconds = seconds_since_last(p), load;
    struct cpu_ticks ticks = { 0, 0, 0 };
    struct traffic moved = { 0, 0 };
    struct memory swap;
    uint64_t bytes = 0;

    int readable = read_cpu(procfs, &ticks) == 0;
    out->v[CPU].num = cpu_percent(p, readable, &ticks);
    if (readable && ticks.cpus > 0 && read_load(procfs, &load) == 0)
        out->v[LOAD].num = at_least(LOAD_FLOOR, load / ticks.cpus);

    out->v[MEMORY].num = memory_percent(p);
    if (read_swap(procfs, &swap) == 0 && swap.total > 0)
        out->v[SWAP].num = percent(swap.total - swap.available, swap.total);
    out->v[DISK].num = disk_percent(p);

    readable = read_traffic(procfs, p->option[INTERFACES], &moved) == 0;
    out->v[RX].num = at_least(RATE_FLOOR, rate(&p->rx, readable, moved.rx, seconds));
    out->v[TX].num = at_least(RATE_FLOOR, rate(&p->tx, readable, moved.tx, seconds));
    readable = read_diskio(procfs, &bytes) == 0;
    out->v[DISKIO].num =
        at_least(DISKIO_FLOOR, rate(&p->diskio, readable, bytes, seconds));

    for (int i = 0; i < 3; i++)
        out->v[PCPU + i].num = stall_percent(p, i, seconds);
    return KIRI_OK;
}

static int unreadable(const struct pulse *p, const char *dir, const char *name)
{
    kiri_logf(p->host, KIRI_WARN,
              "pulse: cannot read %s%s%s, and language classic has no "
              "word for that; no row until it can",
              dir, *name ? "/" : "", name);
    return KIRI_EIO;
}

/* Every field has a value, or there is no row. */
static int collect_classic(struct pulse *p, struct kiri_obs *out)
{
    const char *procfs = p->option[PROCFS];
    struct cpu_ticks ticks = { 0, 0, 0 };
    struct memory swap;
    double load;
    int up;

    int readable = read_cpu(procfs, &ticks) == 0;
    double cpu = cpu_percent(p, readable, &ticks);
    double memory = memory_percent(p), disk = disk_percent(p);

    if (!readable)
        return unreadable(p, procfs, "stat");
    if (isnan(memory) || read_swap(procfs, &swap) != 0)
        return unreadable(p, procfs, "meminfo");
    if (isnan(disk))
        return unreadable(p, p->option[ROOTFS], "");
    if (read_load(procfs, &load) != 0)
        return unreadable(p, procfs, "loadavg");
    if (read_link(procfs, p->option[SYSFS], p->option[INTERFACES], &up) != 0)
        return unreadable(p, procfs, "net/dev");
    if (isnan(cpu))
        return KIRI_NONE; /* a share of time needs two readings: there will be one next
                             time */

    out->v[C_CPU].num = cpu;
    out->v[C_MEMORY].num = memory;
    out->v[C_DISK].num = disk;
    out->v[C_SWAP].num =
        swap.total > 0 ? percent(swap.total - swap.available, swap.total) : 0;
    out->v[C_LOAD].num = load;
    out->v[C_NET].choice = up;
    return KIRI_OK;
}

static int pulse_collect(void *self, struct kiri_obs *out)
{
    struct pulse *p = self;

    return p->schema == &pulse_classic ? collect_classic(p, out)
                                       : collect_default(p, out);
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,
    .name = "pulse",
    .version = "1.0",
    .help = "CPU, memory, disk, network, load and pressure of this machine.",
    .options = options,
    .open = pulse_open,
    .close = pulse_close,
    .schema = pulse_schema,
    .collect = pulse_collect,
};
