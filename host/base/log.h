/*
 * base/log.h - one line to stderr: "12:00:01 warn  pulse: cannot read /proc/stat". On a
 * systemd journal (JOURNAL_STREAM) the time is left out and "<4>" priorities are set. Any
 * thread. A listener (the bus) may hear every line too; it is called on the thread that
 * logs.
 */
#ifndef KIRI_BASE_LOG_H
#define KIRI_BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_AT_ERROR, LOG_AT_WARN, LOG_AT_INFO, LOG_AT_DEBUG };

void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
#define log_error(...) log_line(LOG_AT_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_AT_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_AT_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_AT_DEBUG, __VA_ARGS__)

void log_threshold(
    enum log_level most); /* lines above it are not written; INFO at start */
const char *log_level_name(enum log_level level);
/* ctx NULL and hear NULL takes the listener away. Call before threads start or after they
 * end. */
void log_listen(void (*hear)(void *ctx, enum log_level level, const char *line),
                void *ctx);

/* At most `burst` lines a second through this gate; the rest are counted and said later.
 */
struct log_gate {
    long long second;
    unsigned passed, held;
};
/* Is there room for one more line now (mono_ms)? *held gets how many were held back since
 * the last line that passed (say "n more"), else 0. */
int log_gate_open(struct log_gate *g, long long mono_ms, unsigned burst, unsigned *held);

#endif
