#include "load/abuse/measure.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_feature)
#define HAS_SANITIZER                                                                    \
    (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

#if HAS_SANITIZER
/* <sanitizer/allocator_interface.h>, which not every compiler brings along */
extern size_t __sanitizer_get_current_allocated_bytes(void);

static int64_t heap(void)
{
    return (int64_t)__sanitizer_get_current_allocated_bytes();
}

static int64_t mapped(void)
{
    return 0;
}
#else
static int64_t heap(void)
{
    struct mallinfo2 m = mallinfo2();

    return (int64_t)(m.uordblks + m.hblkhd);
}

/* /proc/self/statm: pages, the first number all of them. */
static int64_t mapped(void)
{
    long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f && fscanf(f, "%lld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}
#endif

static int entries(const char *path)
{
    DIR *d = opendir(path);
    int n = 0;

    for (const struct dirent *e; d && (e = readdir(d));)
        n += *e->d_name != '.';
    if (d)
        closedir(d);
    return n;
}

void measure_now(struct measure *m)
{
    m->mapped = mapped();
    m->fds = entries("/proc/self/fd");
    m->threads = entries("/proc/self/task");
    m->heap = heap();
}

int measure_threads(int most, int ms)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    int n = entries("/proc/self/task");

    for (; n > most && ms > 0; ms -= 5) {
        nanosleep(&pause, NULL);
        n = entries("/proc/self/task");
    }
    return n;
}

int measure_children(void)
{
    int n = 0;
    pid_t one;

    do {
        one = waitpid(-1, NULL, WNOHANG | __WALL);
        n += one >= 0;
    } while (one > 0);
    return n;
}
