/*
 * pulse/readers.h - what this machine says about itself, one function a file.
 *
 * Each returns 0, or -1 when the file cannot be read or does not say it; then *out is not
 * to be used. Nothing is guessed: a value that is not there is not zero. Each reads below
 * the directory it is given, keeps nothing open and allocates nothing.
 */
#ifndef KIRI_PULSE_READERS_H
#define KIRI_PULSE_READERS_H

#include <stdint.h>

/* procfs/stat: ticks since boot of all CPUs together, and how many CPUs are on line.
 * Guest time is in user time already. */
struct cpu_ticks {
    uint64_t busy, idle; /* idle: waiting for a disk included */
    uint32_t cpus;
};
int read_cpu(const char *procfs, struct cpu_ticks *out);

/* procfs/loadavg: runnable tasks, mean of the last minute. */
int read_load(const char *procfs, double *out);

/* procfs/meminfo. */
struct memory {
    uint64_t total, available; /* kB */
};
int read_memory(const char *procfs, struct memory *out);
int read_swap(const char *procfs, struct memory *out); /* total 0: there is none */

/* sysfs/fs/cgroup: the limit of our control group (version 2), in kB; -1: there is none.
 */
int read_memory_limit(const char *sysfs, uint64_t *kb);
/* What of it is in use, in kB, page cache that can be dropped at once not counted. */
int read_memory_charged(const char *sysfs, uint64_t *kb);

/* procfs/net/dev: bytes since boot over the interfaces listed ("eth0 wlan0"), or over all
 * but lo if the list is empty. -1 when there is none of them. */
struct traffic {
    uint64_t rx, tx;
};
int read_traffic(const char *procfs, const char *interfaces, struct traffic *out);

/* Is one of these interfaces up? sysfs/class/net/NAME/operstate says so; where it says
 * nothing, or "unknown", one that has moved bytes is. -1: procfs/net/dev cannot be read.
 */
int read_link(const char *procfs, const char *sysfs, const char *interfaces, int *up);

/* procfs/diskstats: bytes read and written since boot over all whole disks; not what only
 * lies above or beside them: partitions, loop, ram, zram, sr, fd, dm-, md. */
int read_diskio(const char *procfs, uint64_t *bytes);

/* procfs/pressure/WHAT: microseconds since boot in which some task waited for it. */
int read_stall(const char *procfs, const char *what, uint64_t *us);

/* Per cent used of the file system that holds this directory, as df counts it. */
int read_disk_used(const char *rootfs, double *percent);

#endif
