#include "presence.h"

#include "terminals.h"
#include "xserver.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE_ROWS 3u

static const char *const names[N_SOURCES] = { "logind", "the X server", "the terminals" };

static enum source_answer ask(struct presence *p, unsigned source, int64_t now_ms,
                              int64_t *last, char *why)
{
    switch (source) {
    case LOGIND: return login_look(&p->login, now_ms, last, why);
    case XSERVER: return xserver_look(p->display, p->cookies, now_ms, last, why);
    default: return terminals_look(p->dev, now_ms, last, why);
    }
}

static void now_in_use(struct presence *p, unsigned source)
{
    p->silent = 0;
    p->told = 0;
    if (p->in_use == source)
        return;
    p->in_use = source;
    kiri_logf(p->host, KIRI_INFO, "rhythm: idle time from %s", names[source]);
}

/* The one in use did not answer: is it time to look elsewhere? */
static int give_up(struct presence *p, int with_row, const char *why)
{
    if (!with_row)
        return 0;
    if (p->silent++ == 0)
        kiri_logf(p->host, KIRI_WARN, "rhythm: no idle time from %s: %s",
                  names[p->in_use], why);
    return p->silent >= PATIENCE_ROWS;
}

static void tell_there_is_none(struct presence *p, char why[N_SOURCES][SOURCE_WHY])
{
    char line[N_SOURCES * (SOURCE_WHY + 32)] = "";
    size_t n = 0;

    if (p->told)
        return;
    p->told = 1;
    for (unsigned s = 0; s < N_SOURCES; s++)
        if (p->allowed & 1u << s)
            n += (size_t)snprintf(line + n, sizeof line - n, "%s%s: %s", n ? "; " : "",
                                  names[s], why[s]);
    kiri_logf(p->host, KIRI_WARN, "rhythm: no source of idle time, it is missing (%s)",
              line);
}

enum source_answer presence_look(struct presence *p, int with_row, int64_t now_ms,
                                 int64_t *last)
{
    char why[N_SOURCES][SOURCE_WHY] = { "" };

    for (unsigned s = 0; s < N_SOURCES; s++) {
        if (!(p->allowed & 1u << s) || (!with_row && s != p->in_use))
            continue;
        enum source_answer answer = ask(p, s, now_ms, last, why[s]);
        if (answer != SOURCE_SILENT) {
            now_in_use(p, s);
            return answer;
        }
        if (s == p->in_use && !give_up(p, with_row, why[s]))
            return SOURCE_SILENT;
    }
    if (with_row && p->allowed) {
        p->in_use = N_SOURCES;
        tell_there_is_none(p, why);
    }
    return SOURCE_SILENT;
}

void presence_leave(struct presence *p)
{
    login_leave(&p->login);
}
