/*
 * signal_preload - LD_PRELOAD: every thread is interrupted a thousand times a second, by
 * a signal without SA_RESTART (RELIABILITY.md E3). Whatever forgets that EINTR exists,
 * fails.
 *
 * Only in programs below the folder KIRI_SIGNALS_IN: shells and compilers stay in peace.
 * Timers are a thread's own and do not outlive exec. SIGALRM is left to the program: a
 * host stops itself by it.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SIGNAL (SIGRTMIN + 9)
#define EXPORT __attribute__((visibility("default")))

typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

struct start {
    void *(*run)(void *);
    void *arg;
};

static create *real_create;
static int armed; /* this program is one of those */

static void nothing(int number)
{
    (void)number;
}

static int arm(timer_t *timer)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGNAL };
    const struct itimerspec each = { { 0, 1000000 }, { 0, 1000000 } };

    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &event, timer))
        return -1;
    return timer_settime(*timer, 0, &each, NULL);
}

static void *run(void *arg)
{
    struct start s = *(struct start *)arg;
    timer_t timer;

    free(arg);
    int rc = arm(&timer);
    void *out = s.run(s.arg);
    if (rc == 0)
        timer_delete(timer);
    return out;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*go)(void *), void *arg)
{
    struct start *s = armed ? malloc(sizeof *s) : NULL;

    if (!real_create) {
        void *found = dlsym(RTLD_NEXT, "pthread_create");
        memcpy(&real_create, &found, sizeof found);
    }
    if (!s)
        return real_create(thread, attr, go, arg);
    *s = (struct start){ go, arg };
    int rc = real_create(thread, attr, run, s);
    if (rc)
        free(s);
    return rc;
}

__attribute__((constructor)) static void begin(void)
{
    const char *folder = getenv("KIRI_SIGNALS_IN");
    char exe[PATH_MAX] = "";
    struct sigaction act = { .sa_handler = nothing };
    timer_t timer;

    if (!folder || readlink("/proc/self/exe", exe, sizeof exe - 1) < 0 ||
        strncmp(exe, folder, strlen(folder)) != 0)
        return;
    sigaction(SIGNAL, &act, NULL);
    armed = arm(&timer) == 0;
}
