#include "base/log.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int threshold = LOG_AT_INFO;
static struct {
    pthread_mutex_t
        lock; /* held while it hears: after log_listen() the old one is silent */
    void (*hear)(void *ctx, enum log_level level, const char *line);
    void *ctx;
} listener = { .lock = PTHREAD_MUTEX_INITIALIZER };

void log_threshold(enum log_level most)
{
    atomic_store(&threshold, (int)most);
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };

    return names[level];
}

void log_listen(void (*hear)(void *ctx, enum log_level level, const char *line),
                void *ctx)
{
    pthread_mutex_lock(&listener.lock);
    listener.hear = hear;
    listener.ctx = ctx;
    pthread_mutex_unlock(&listener.lock);
}

/* Control bytes would let a plugin's text move the cursor or forge a second line. */
static void tame(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = ' ';
}

void log_line(enum log_level level, const char *fmt, ...)
{
    char line[1024], whole[1100];
    static const int priority[] = { 3, 4, 6, 7 };
    va_list ap;
    int n;

    if ((int)level > atomic_load(&threshold))
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    tame(line);

    if (getenv("JOURNAL_STREAM")) {
        n = snprintf(whole, sizeof whole, "<%d>%s\n", priority[level], line);
    } else {
        time_t now = (time_t)(clock_now(&clock_system) / 1000);
        struct tm tm = { 0 };
        localtime_r(&now, &tm);
        n = snprintf(whole, sizeof whole, "%02d:%02d:%02d %-5s %s\n", tm.tm_hour,
                     tm.tm_min, tm.tm_sec, log_level_name(level), line);
    }
    if (n > 0 && write(STDERR_FILENO, whole, (size_t)n) < 0)
        return; /* nobody reads stderr: there is no better place to say so */
    pthread_mutex_lock(&listener.lock);
    if (listener.hear)
        listener.hear(listener.ctx, level, line);
    pthread_mutex_unlock(&listener.lock);
}

int log_gate_open(struct log_gate *g, long long mono_ms, unsigned burst, unsigned *held)
{
    *held = 0;
    if (mono_ms / 1000 != g->second) {
        g->second = mono_ms / 1000;
        g->passed = 0;
    }
    if (g->passed >= burst) {
        g->held++;
        return 0;
    }
    g->passed++;
    *held = g->held;
    g->held = 0;
    return 1;
}
