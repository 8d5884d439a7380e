#include "options.h"

#include "presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEM_BUS "unix:path=/run/dbus/system_bus_socket"

const struct kiri_option rhythm_options[] = {
    { .name = "repositories",
      .type = KIRI_OPT_PATHS,
      .fallback = "",
      .help = "Git repositories and worktrees whose reflogs are followed." },
    { .name = "idle",
      .type = KIRI_OPT_CHOICE,
      .fallback = "auto",
      .range = "auto|logind|x11|terminals|none",
      .help = "Where idle time comes from; auto: the first of these that works." },
    { .name = "language",
      .type = KIRI_OPT_CHOICE,
      .fallback = "default",
      .range = "default|classic",
      .help = "The words: all there is, or the published 30." },
    { .name = "break",
      .type = KIRI_OPT_DURATION,
      .fallback = "5m",
      .range = "30s..2h",
      .help = "So long without input ends a block of work." },
    { .name = "look",
      .type = KIRI_OPT_DURATION,
      .fallback = "15s",
      .range = "100ms..10m",
      .help = "How often input is looked for between two rows." },
    { .name = "bus",
      .type = KIRI_OPT_BUS,
      .fallback = "system",
      .help = "The D-Bus on which logind is, unix:path=...; system: this machine's." },
    { .name = "display",
      .type = KIRI_OPT_TEXT,
      .fallback = "",
      .help = "The X server, :0 or its socket; empty: what DISPLAY says." },
    { .name = "xauthority",
      .type = KIRI_OPT_PATH,
      .fallback = "",
      .help = "The file with the X server's cookie; else XAUTHORITY, ~/.Xauthority." },
    { .name = "dev",
      .type = KIRI_OPT_PATH,
      .fallback = "/dev",
      .help = "Where the terminals are." },
    { .name = NULL },
};

static const char *given(const struct kiri_host *host, const char *name)
{
    const char *text = host->option(host->ctx, name);

    return text ? text : "";
}

static int refuse(const struct kiri_host *host, const char *name, const char *what)
{
    kiri_logf(host, KIRI_ERROR, "rhythm: option %s %s", name, what);
    return KIRI_ECONFIG;
}

static int copy(const struct kiri_host *host, const char *name, const char *text,
                char *out, size_t cap)
{
    if (strlen(text) >= cap)
        return refuse(host, name, "is too long");
    memcpy(out, text, strlen(text) + 1);
    return KIRI_OK;
}

static const char *environment(const char *name)
{
    const char *text = getenv(name);

    return text ? text : "";
}

static int take_display(struct options *o, const struct kiri_host *host)
{
    const char *display = given(host, "display"), *cookies = given(host, "xauthority");
    char home[400];

    if (!*display)
        display = environment("DISPLAY");
    if (!*cookies)
        cookies = environment("XAUTHORITY");
    if (!*cookies) {
        snprintf(home, sizeof home, "%s/.Xauthority", environment("HOME"));
        cookies = home;
    }
    int rc = copy(host, "display", display, o->display, sizeof o->display);
    return rc ? rc : copy(host, "xauthority", cookies, o->cookies, sizeof o->cookies);
}

static int take_bus(struct options *o, const struct kiri_host *host)
{
    const char *bus = given(host, "bus");

    if (strcmp(bus, "system") == 0) {
        bus = environment("DBUS_SYSTEM_BUS_ADDRESS");
        bus = *bus ? bus : SYSTEM_BUS;
    }
    if (strstr(bus, "unixexec:"))
        return refuse(host, "bus",
                      "would start a program (unixexec); give unix:path=...");
    return copy(host, "bus", bus, o->address, sizeof o->address);
}

/* "250ms" "15s" "5m" "2h" "7d"; ms. */
static int take_duration(const struct kiri_host *host, const char *name, int64_t *ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {
        { "ms", 1 }, { "s", 1e3 }, { "m", 6e4 }, { "min", 6e4 }, { "h", 3.6e6 }
    };
    char *unit;
    double x = strtod(given(host, name), &unit);

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].unit) == 0 && x > 0 && x < 1e6) {
            *ms = (int64_t)(x * units[i].ms);
            return KIRI_OK;
        }
    return refuse(host, name, "is no duration such as 15s or 5m");
}

static unsigned sources_of(const char *idle)
{
    if (strcmp(idle, "logind") == 0)
        return 1u << LOGIND;
    if (strcmp(idle, "x11") == 0)
        return 1u << XSERVER;
    if (strcmp(idle, "terminals") == 0)
        return 1u << TERMINALS;
    return strcmp(idle, "none") == 0 ? 0 : (1u << N_SOURCES) - 1;
}

int options_take(struct options *o, const struct kiri_host *host)
{
    int rc;

    o->repositories = given(host, "repositories");
    o->sources = sources_of(given(host, "idle"));
    o->classic = strcmp(given(host, "language"), "classic") == 0;
    if ((rc = take_duration(host, "break", &o->break_ms)) ||
        (rc = take_duration(host, "look", &o->look_ms)) || (rc = take_bus(o, host)) ||
        (rc = take_display(o, host)))
        return rc;
    return copy(host, "dev", given(host, "dev"), o->dev, sizeof o->dev);
}
