/*
 * rhythm - is somebody at work at a time at which somebody usually is?
 *
 * Asks how long ago the last input was (logind, an X server, the terminals' times: the
 * first that works) and what git noted in the listed repositories. Sees no key, no
 * window, no program, no file's content: README.md.
 *
 * A row a period; between two rows a timer's fd has it look for input, so that it knows
 * for how much of the time somebody was there. What cannot be asked is missing.
 */
#include "activity.h"
#include "language.h"
#include "options.h"
#include "presence.h"
#include "repositories.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define KEY "activity"
struct rhythm {
    const struct kiri_host *host;
    struct options options;
    struct presence presence;
    struct activity activity;
    struct repositories repositories;
    int timer; /* readable when it is time to look */
};

/* ---- open and close -------------------------------------------------------------- */

static int start_timer(struct rhythm *r)
{
    struct timespec every = { .tv_sec = r->options.look_ms / 1000,
                              .tv_nsec = r->options.look_ms % 1000 * 1000000 };
    struct itimerspec when = { .it_interval = every, .it_value = every };

    r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (r->timer < 0 || timerfd_settime(r->timer, 0, &when, NULL) != 0) {
        kiri_logf(r->host, KIRI_ERROR, "rhythm: no timer is to be had: %m");
        return errno == ENOMEM ? KIRI_ENOMEM : KIRI_EIO;
    }
    return KIRI_OK;
}

static void start_presence(struct rhythm *r)
{
    const struct options *o = &r->options;

    r->presence = (struct presence){ .host = r->host,
                                     .display = o->display,
                                     .cookies = o->cookies,
                                     .dev = o->dev,
                                     .allowed = o->sources,
                                     .in_use = N_SOURCES };
    snprintf(r->presence.login.address, sizeof r->presence.login.address, "%s",
             o->address);
}

static void recall(struct rhythm *r)
{
    struct activity_past past;

    r->activity.break_ms = r->options.break_ms;
    if (r->host->kv_get(r->host->ctx, KEY, &past, sizeof past) == (int)sizeof past)
        r->activity.past = past;
}

static void rhythm_close(void *self)
{
    struct rhythm *r = self;

    if (!r)
        return;
    presence_leave(&r->presence);
    repositories_close(&r->repositories);
    if (r->timer >= 0)
        close(r->timer);
    free(r);
}

static int rhythm_open(const struct kiri_host *host, void **self)
{
    struct rhythm *r = calloc(1, sizeof *r);

    if (!r)
        return KIRI_ENOMEM;
    r->host = host;
    r->timer = -1;
    int rc = options_take(&r->options, host);
    if (rc == KIRI_OK)
        rc = repositories_open(&r->repositories, host, r->options.repositories);
    if (rc == KIRI_OK && r->options.sources)
        rc = start_timer(r);
    if (rc != KIRI_OK) {
        rhythm_close(r);
        return rc;
    }
    start_presence(r);
    recall(r);
    *self = r;
    return KIRI_OK;
}

static const struct kiri_schema *rhythm_schema(void *self)
{
    const struct rhythm *r = self;

    return r->options.classic ? &rhythm_classic : &rhythm_default;
}

static int rhythm_fd(void *self)
{
    const struct rhythm *r = self;

    return r->timer;
}

/* ---- a row ----------------------------------------------------------------------- */

static double at_least(double lo, double x)
{
    return x < lo ? lo : x;
}

/* KIRI_OK when there is a source that works. */
static int look(struct rhythm *r, int with_row, int64_t now)
{
    int64_t last = 0;

    if (presence_look(&r->presence, with_row, now, &last) == SOURCE_SILENT) {
        activity_blind(&r->activity);
        return KIRI_NONE;
    }
    activity_look(&r->activity, now, last);
    return KIRI_OK;
}

/* Only the timer: it is not yet time for a row. */
static int is_between_rows(const struct kiri_obs *out)
{
    return out->size >= offsetof(struct kiri_obs, cause) + sizeof out->cause &&
           out->cause == KIRI_READABLE;
}

/* For the next instance: after a restart, or a reload. */
static void keep(const struct rhythm *r)
{
    r->host->kv_put(r->host->ctx, KEY, &r->activity.past, sizeof r->activity.past);
    repositories_keep(&r->repositories);
}

static int collect_default(struct rhythm *r, int seen, int64_t now, struct kiri_obs *out)
{
    struct repositories_news news;
    double share = activity_share(&r->activity);

    if (seen) {
        out->v[IDLE].num = at_least(IDLE_FLOOR, activity_idle(&r->activity, now));
        out->v[ACTIVE].num = share;
        out->v[FOCUS].num = activity_focus(&r->activity, now);
    }
    repositories_look(&r->repositories, &news);
    out->v[GIT].num = at_least(COUNT_ZERO, news.entries);
    out->v[COMMITS].num = at_least(COUNT_ZERO, news.commits);
    out->v[SWITCHES].num = at_least(COUNT_ZERO, news.switches);
    keep(r);
    return KIRI_OK;
}

/* Every field has a value, or there is no row. */
static int collect_classic(struct rhythm *r, int seen, int64_t now, struct kiri_obs *out)
{
    double share = activity_share(&r->activity);
    double idle = activity_idle(&r->activity, now);

    if (!seen)
        return KIRI_EIO; /* the log says why */
    keep(r);
    if (isnan(share) || isnan(idle))
        return KIRI_NONE; /* it takes two looks: there is a row next time */
    out->v[C_IDLE].num = idle;
    out->v[C_ACTIVITY].num = share * 60 / 100;
    return KIRI_OK;
}

static int rhythm_collect(void *self, struct kiri_obs *out)
{
    struct rhythm *r = self;
    int64_t now = r->host->now_ms(r->host->ctx);
    uint64_t expirations;

    if (r->timer >= 0 && read(r->timer, &expirations, sizeof expirations) < 0 &&
        errno != EAGAIN)
        return KIRI_EIO;
    if (is_between_rows(out)) {
        look(r, 0, now);
        return KIRI_NONE;
    }
    int seen = look(r, 1, now) == KIRI_OK;
    return r->options.classic ? collect_classic(r, seen, now, out)
                              : collect_default(r, seen, now, out);
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,
    .name = "rhythm",
    .version = "1.0",
    .help = "Idle time, focus, git activity: when people work on this machine.",
    .options = rhythm_options,
    .open = rhythm_open,
    .close = rhythm_close,
    .schema = rhythm_schema,
    .collect = rhythm_collect,
    .fd = rhythm_fd,
};
