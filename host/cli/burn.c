/*
 * kiri burn - the child itself. Not listed in the help: `kiri demo` starts it. A program
 * of its own because nobody may fork beside NNG without exec.
 */
#include "cli/burn.h"

#include "base/path.h"
#include "base/units.h"
#include "cli/command.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 1024
#define PAGE    4096
#define CHUNK   (8 << 20) /* bytes between looks at the clock */

/* ---- the parent's side ------------------------------------------------------------- */

/* The number after `key` in a small file; -1: none. "max" is none. */
static int64_t number_in(const char *dir, const char *name, const char *key)
{
    char *path = path_join(dir, name), *text = NULL, *at;
    int64_t found = -1;
    size_t len;

    if (path)
        text = path_read(path, 65536, &len, NULL);
    at = text ? strstr(text, key) : NULL;
    if (at && sscanf(at + strlen(key), "%" SCNd64, &found) != 1)
        found = -1;
    free(text);
    free(path);
    return found;
}

void burn_plan(const char *procfs, const char *sysfs, unsigned *cpus, int64_t *bytes)
{
    int64_t free_kb = number_in(procfs, "meminfo", "MemAvailable:");
    int64_t limit = number_in(sysfs, "fs/cgroup/memory.max", "");
    int64_t taken = number_in(sysfs, "fs/cgroup/memory.current", "");
    int64_t left = free_kb > 0 ? free_kb * 1024 : 0;
    cpu_set_t set;

    if (limit >= 0 && taken >= 0 && limit - taken < left)
        left = limit > taken ? limit - taken : 0;
    *bytes = left / BURN_SHARE < BURN_MOST ? left / BURN_SHARE : BURN_MOST;
    *cpus = sched_getaffinity(0, sizeof set, &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

pid_t burn_start(unsigned cpus, int64_t bytes, int64_t ms, struct kiri_error *err)
{
    char n[24], size[24], time[24], parent[24];
    char *argv[] = { "kiri", "burn", n, size, time, parent, NULL };
    pid_t child;

    snprintf(n, sizeof n, "%u", cpus);
    snprintf(size, sizeof size, "%" PRId64, bytes);
    snprintf(time, sizeof time, "%" PRId64, ms);
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    int rc = posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, environ);
    return rc ? kiri_fail(err, KIRI_INTERNAL, "cannot start a child: %s", strerror(rc))
              : child;
}

void burn_stop(pid_t child)
{
    if (child <= 0)
        return;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* ---- the child's --------------------------------------------------------------------
 */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *spin(void *arg)
{
    const int64_t *until = arg;
    volatile uint64_t x = 1;

    while (now_ms() < *until)
        for (int i = 0; i < 100000; i++)
            x = x * 6364136223846793005u + 1442695040888963407u;
    return NULL;
}

/* Touches every page, then again until the time is up: it must not be swapped away
 * unseen. */
static void hold_memory(int64_t bytes, int64_t until)
{
    size_t n = (size_t)bytes;
    char *memory =
        n ? mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
          : MAP_FAILED;

    if (memory == MAP_FAILED)
        return;
    for (size_t at = 0; now_ms() < until; at = at + CHUNK < n ? at + CHUNK : 0)
        for (size_t i = at; i < at + CHUNK && i < n; i += PAGE)
            memory[i]++;
    munmap(memory, n);
}

/* The first to go when memory is short after all. */
static void be_the_first_to_go(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    ssize_t n = write(fd, "1000", 4);
    (void)n; /* then it is one like others */
    close(fd);
}

static int run(const struct call *call)
{
    static pthread_t thread[THREADS];
    int64_t cpus, bytes, ms, parent;
    struct kiri_error err;

    if (units_integer(call->word[0], &cpus) || units_integer(call->word[1], &bytes) ||
        units_integer(call->word[2], &ms) || units_integer(call->word[3], &parent) ||
        cpus < 1 || cpus > THREADS || bytes < 0 || ms < 0) {
        kiri_fail(&err, KIRI_USAGE, "burn takes four numbers");
        return command_fail(&err);
    }
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != (pid_t)parent)
        return KIRI_UNAVAILABLE; /* it has ended already */
    be_the_first_to_go();
    int64_t until = now_ms() + ms;
    for (int64_t i = 1; i < cpus; i++)
        if (pthread_create(&thread[i], NULL, spin, &until))
            cpus = i;
    hold_memory(bytes, until); /* which keeps a CPU busy as well */
    spin(&until);
    for (int64_t i = 1; i < cpus; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

const struct command command_burn = {
    .name = "burn",
    .arguments = "CPUS BYTES MS PARENT",
    .least = 4,
    .most = 4,
    .about = "Keeps so many CPUs busy and so many bytes of memory taken for so many\n"
             "milliseconds, or until its parent ends. 'kiri demo' starts it.\n",
    .examples = "  kiri burn 4 1000000000 5000 $$\n",
    .exits = "  0   the time is up\n",
    .run = run,
};
