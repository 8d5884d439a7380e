#include "load/abuse/manners.h"

#include "base/buf.h"
#include "load/abuse/hooks.h"
#include "load/abuse/measure.h"
#include "load/abuse/trial.h"

#include <fenv.h>
#include <float.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

struct manners {
    char cwd[PATH_MAX];
    mode_t umask;
    char locale[256];
    struct sigaction handler[NSIG];
    sigset_t blocked;
    char *environment;
    int rounding, flushes;
    struct rlimit limit[RLIMIT_NLIMITS];
    off_t written[3]; /* to descriptors 0, 1, 2 */
    dev_t dev[3];
    ino_t ino[3];
    char name[16]; /* of this thread */
    unsigned forks, double_frees;
};

/* Are numbers too small to be normal made zero? That is how code for fast arithmetic
 * leaves a thread, and then the same model gives other scores. */
static int flushes_to_zero(void)
{
    volatile double small = DBL_MIN;

    small = small / 2;
    return small == 0;
}

static char *environment(void)
{
    struct buf b = { 0 };

    buf_puts(&b, "");
    for (char **e = environ; e && *e; e++) {
        buf_puts(&b, *e);
        buf_puts(&b, "\n");
    }
    return buf_take(&b, NULL);
}

static void look(struct manners *m)
{
    memset(m, 0, sizeof *m);
    if (!getcwd(m->cwd, sizeof m->cwd))
        *m->cwd = '\0';
    m->umask = umask(0);
    umask(m->umask);
    snprintf(m->locale, sizeof m->locale, "%s", setlocale(LC_ALL, NULL));
    for (int i = 1; i < NSIG; i++)
        sigaction(i, NULL, &m->handler[i]);
    pthread_sigmask(SIG_BLOCK, NULL, &m->blocked);
    m->environment = environment();
    m->rounding = fegetround();
    m->flushes = flushes_to_zero();
    for (__rlimit_resource_t i = 0; i < RLIMIT_NLIMITS; i++)
        getrlimit(i, &m->limit[i]);
    for (int fd = 0; fd < 3; fd++) {
        struct stat st = { 0 };

        if (fstat(fd, &st) == 0) {
            m->dev[fd] = st.st_dev;
            m->ino[fd] = st.st_ino;
            m->written[fd] = st.st_size;
        }
    }
    prctl(PR_GET_NAME, m->name);
    m->forks = hooks_forks();
    m->double_frees = hooks_double_frees();
}

struct manners *manners_new(void)
{
    struct manners *m = malloc(sizeof *m);

    if (m)
        look(m);
    return m;
}

void manners_free(struct manners *m)
{
    if (m)
        free(m->environment);
    free(m);
}

/* The first signal whose handling is another; 0: none. The padding and the flags that the
 * C library adds do not count. */
static int other_handler(const struct manners *was, const struct manners *is)
{
    for (int i = 1; i < NSIG; i++)
        if (was->handler[i].sa_handler != is->handler[i].sa_handler)
            return i;
    return 0;
}

static int other_blocked(const struct manners *was, const struct manners *is)
{
    for (int i = 1; i < NSIG; i++)
        if (sigismember(&was->blocked, i) != sigismember(&is->blocked, i))
            return i;
    return 0;
}

static const char *signal_name(int number)
{
    const char *name = sigabbrev_np(number);

    return name ? name : "RT";
}

static int same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static void hold_files(struct trial *t, const struct manners *was,
                       const struct manners *is, const char *callback)
{
    static const char *const names[] = { "stdin", "stdout", "stderr" };

    for (int fd = 0; fd < 3; fd++) {
        if (was->dev[fd] != is->dev[fd] || was->ino[fd] != is->ino[fd])
            trial_find(t, "standard-file", names[fd], "they are the host's",
                       "%s() closes or replaces %s", callback, names[fd]);
        else if (fd && is->written[fd] > was->written[fd])
            trial_find(t, "writes", names[fd],
                       "use host->log or kiri_logf(); what a host prints is read by "
                       "programs",
                       "%s() writes %lld bytes to %s", callback,
                       (long long)(is->written[fd] - was->written[fd]), names[fd]);
    }
}

static void hold_signals(struct trial *t, const struct manners *was,
                         const struct manners *is, const char *callback)
{
    int handler = other_handler(was, is), blocked = other_blocked(was, is);

    if (handler)
        trial_find(t, "signal", callback, "signals are the host's",
                   "%s() changes what SIG%s does to the process", callback,
                   signal_name(handler));
    if (blocked)
        trial_find(t, "signal-mask", callback, "put the mask back before you return",
                   "%s() leaves SIG%s blocked, or no longer blocked, in the host's "
                   "thread",
                   callback, signal_name(blocked));
}

static void hold_arithmetic(struct trial *t, const struct manners *was,
                            const struct manners *is, const char *callback)
{
    if (was->rounding != is->rounding)
        trial_find(t, "rounding", callback, "put fesetround() back before you return",
                   "%s() changes how the host's thread rounds", callback);
    if (was->flushes != is->flushes)
        trial_find(t, "flush", callback, "build and link it without fast arithmetic",
                   "%s() makes the host's thread flush small numbers to zero, which "
                   "changes scores",
                   callback);
}

static void hold_process(struct trial *t, const struct manners *was,
                         const struct manners *is, const char *callback)
{
    if (!same_text(was->cwd, is->cwd))
        trial_find(t, "chdir", callback, "use paths as the options give them",
                   "%s() changes the working directory of the process", callback);
    if (was->umask != is->umask)
        trial_find(t, "umask", callback, "use fchmod() on your own files",
                   "%s() changes the umask of the process", callback);
    if (!same_text(was->locale, is->locale))
        trial_find(t, "locale", callback, "use newlocale() and the _l functions",
                   "%s() changes the locale of the process", callback);
    if (!same_text(was->environment, is->environment))
        trial_find(t, "environment", callback,
                   "setenv() is not safe beside other threads: use options",
                   "%s() changes the environment of the process", callback);
    if (memcmp(was->limit, is->limit, sizeof was->limit) != 0)
        trial_find(t, "rlimit", callback, "limits are the host's",
                   "%s() changes a resource limit of the process", callback);
    if (strcmp(was->name, is->name) != 0)
        trial_find(t, "thread-name", callback, "name threads of your own only",
                   "%s() renames the host's thread", callback);
    if (is->forks > was->forks)
        trial_find(t, "fork", callback,
                   "use posix_spawn(): a forked host has locks that nobody opens",
                   "%s() calls fork()", callback);
    if (is->double_frees > was->double_frees)
        trial_find(t, "double-free", callback,
                   "set the pointer to NULL when you free what it points to",
                   "%s() frees a block a second time", callback);
}

void manners_hold(struct trial *t, struct manners *m, const char *callback)
{
    struct manners now;

    fflush(stdout);
    fflush(stderr);
    look(&now);
    hold_files(t, m, &now, callback);
    hold_signals(t, m, &now, callback);
    hold_arithmetic(t, m, &now, callback);
    hold_process(t, m, &now, callback);
    free(m->environment);
    *m = now; /* from here on this is how it is: said once */
}
