#include "signals.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BEGIN_DEADLINE SIGUSR1 /* to this thread only, as is; from elsewhere */
#define GO_HOME        SIGUSR2 /* they mean nothing                           */

struct signals {
    pthread_t thread;
    int deadline_ms;
    void (*heard)(void *ctx, int number);
    void *ctx;
    atomic_int ending, code;
};

static sigset_t ours(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, BEGIN_DEADLINE);
    sigaddset(&set, GO_HOME);
    return set;
}

void signals_block(void)
{
    sigset_t set = ours();

    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int is_ours(const siginfo_t *info)
{
    int own = info->si_signo == BEGIN_DEADLINE || info->si_signo == GO_HOME;

    return !own || info->si_pid == getpid();
}

/* The next signal, or 0 when time is up; until < 0: however long it takes. */
static int next_signal(const sigset_t *set, int64_t until)
{
    for (;;) {
        int64_t left = until - clock_mono(&clock_system);
        struct timespec t = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
        siginfo_t info;
        int number;

        if (until >= 0 && left <= 0)
            return 0;
        number = until < 0 ? sigwaitinfo(set, &info) : sigtimedwait(set, &info, &t);
        if (number > 0 && is_ours(&info))
            return number;
        if (number < 0 && errno != EINTR && errno != EAGAIN)
            return GO_HOME;
    }
}

static void *listen_for_signals(void *arg)
{
    struct signals *s = arg;
    sigset_t set = ours();
    int64_t until = -1;
    int number, interrupts = 0;

    pthread_setname_np(pthread_self(), "kiri-signals");
    while ((number = next_signal(&set, until)) != GO_HOME) {
        if (number == 0) {
            log_warn("something did not end within %d ms; leaving without it",
                     s->deadline_ms);
            _exit(atomic_load(&s->code)); /* models on disk are whole; what the store has
                                             is committed */
        }
        if (number == SIGINT && interrupts++)
            _exit(128 + SIGINT);
        if (number != SIGHUP) {
            atomic_store(&s->ending, 1);
            if (until < 0)
                until = clock_mono(&clock_system) + s->deadline_ms;
        }
        if (number != BEGIN_DEADLINE)
            s->heard(s->ctx, number);
    }
    return NULL;
}

struct signals *signals_start(int deadline_ms, void (*heard)(void *ctx, int number),
                              void *ctx, struct kiri_error *err)
{
    struct signals *s = calloc(1, sizeof *s);

    if (s) {
        s->deadline_ms = deadline_ms;
        s->heard = heard;
        s->ctx = ctx;
        signals_block();
        if (pthread_create(&s->thread, NULL, listen_for_signals, s) == 0)
            return s;
    }
    free(s);
    kiri_fail(err, KIRI_INTERNAL, "cannot start a thread for signals");
    return NULL;
}

void signals_deadline(struct signals *s, int code)
{
    atomic_store(&s->code, code);
    pthread_kill(s->thread, BEGIN_DEADLINE);
}

int signals_ending(const struct signals *s)
{
    return atomic_load(&s->ending);
}

void signals_stop(struct signals *s)
{
    if (!s)
        return;
    pthread_kill(s->thread, GO_HOME);
    pthread_join(s->thread, NULL);
    free(s);
}
