#include "cli/progress.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/units.h"
#include "screen/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define DRAW_MS 100  /* between two looks of a line on a terminal */
#define LINE_MS 2000 /* between two lines in a pipe               */

void progress_begin(struct progress *p, int quiet)
{
    int64_t now = clock_mono(&clock_system);

    *p = (struct progress){ .quiet = quiet, .began = now, .told = now };
}

int64_t progress_ms(const struct progress *p)
{
    return clock_mono(&clock_system) - p->began;
}

int progress_due(struct progress *p)
{
    int64_t now = clock_mono(&clock_system);

    if (p->quiet || now - p->told < (terminal_is(STDERR_FILENO) ? DRAW_MS : LINE_MS))
        return 0;
    p->told = now;
    return 1;
}

void progress_say(struct progress *p, const char *fmt, ...)
{
    int terminal = terminal_is(STDERR_FILENO);
    struct buf line = { 0 };
    struct canvas c = { .out = &line, .style = terminal_style(STDERR_FILENO) };
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c.style.width = terminal ? c.style.width - 1 : (unsigned)sizeof text;
    canvas_text(&c, PLAIN, text);
    fprintf(stderr, terminal ? "\r%s\033[K" : "%s\n", buf_text(&line));
    p->drawn = terminal;
    buf_free(&line);
}

void progress_wipe(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = 0;
}

const char *progress_left(const struct progress *p, double share, char out[48])
{
    char time[40];

    out[0] = '\0';
    if (!(share > 0.001))
        return out;
    double ms = (double)progress_ms(p) * (1 - share) / share;
    units_duration_print((int64_t)(ms / 1e3 + 1) * 1000, time, sizeof time);
    snprintf(out, 48, "  %s left", time);
    return out;
}
