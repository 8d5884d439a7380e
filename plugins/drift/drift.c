/*
 * drift - is the list of what is to be done running away?
 *
 * One row a day, told when the day is over (or, if the host was off, when it is back):
 * how many tasks came, how many were done, how often the work went from one thing to
 * another, what is open. Reads the log of `kiri task`, and whatever else is listed:
 * todo.txt files, exports of Taskwarrior, reflogs of git. README.md says what of them,
 * and what it never reads.
 *
 * The log, exports and reflogs carry their own times and are counted anew for each day. A
 * day is told once: the last one is in the host's small state. What cannot be read makes
 * its days wait, and is said.
 */
#include "calendar.h"
#include "language.h"
#include "sources.h"
#include "text.h"
#include "todo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LOOK_S    60  /* between looks at the files and the clock                      */
#define GRACE_S   60  /* after its end a day is told: a late writer may still be at it */
#define MOST_DAYS 366 /* that are told after the host was off */
#define NEVER     INT64_MIN
#define MOST_SLOT INT64_C(24000000) /* hours: beyond the year 4700 no state is ours */

/* ---- the instance ----------------------------------------------------------- */

enum { TASKS, TODOTXT, TASKWARRIOR, GIT, HISTORY, LANGUAGE, CLOCK, N_OPTIONS };

static const struct kiri_option options[N_OPTIONS + 1] = {
    [TASKS] = { .name = "tasks",
                .type = KIRI_OPT_PATH,
                .fallback = "~/.local/share/kiri/tasks.log",
                .help = "The log that 'kiri task' writes; it may come later." },
    [TODOTXT] = { .name = "todo",
                  .type = KIRI_OPT_PATHS,
                  .fallback = "",
                  .help = "todo.txt files to follow, [~/todo.txt, ~/done.txt]." },
    [TASKWARRIOR] = { .name = "taskwarrior",
                      .type = KIRI_OPT_PATHS,
                      .fallback = "",
                      .help = "Files with what 'task export' prints." },
    [GIT] = { .name = "git",
              .type = KIRI_OPT_PATHS,
              .fallback = "",
              .help = "Repositories whose commits, made here, count as done." },
    [HISTORY] = { .name = "history",
                  .type = KIRI_OPT_INTEGER,
                  .fallback = "366",
                  .range = "0..3660",
                  .help = "How many past days are told at the first start." },
    [LANGUAGE] = { .name = "language",
                   .type = KIRI_OPT_CHOICE,
                   .fallback = "default",
                   .range = "default|classic",
                   .help = "A row a day, or the published 27 words, a row an hour." },
    [CLOCK] = { .name = "clock",
                .type = KIRI_OPT_PATH,
                .fallback = "",
                .help = "A file that says what time it is, ms since 1970; for tests." },
};

struct drift {
    const struct kiri_host *host;
    const struct kiri_schema *schema;
    enum calendar_step step;
    char *option[N_OPTIONS];
    int timer; /* -1: none */

    int64_t told;         /* the last slot of which a row was told, or NEVER */
    int64_t next, last;   /* those to be told now; next > last: none         */
    struct events events; /* while there are some                            */
    struct todo todo;

    unsigned damaged;  /* lines of the log, as last said */
    char trouble[512]; /* as last said, "": none         */
    char label[16];
};

static const char *told_key(const struct drift *d)
{
    return d->step == CALENDAR_DAY ? "told-day" : "told-hour";
}

static int take_options(struct drift *d)
{
    const struct kiri_host *host = d->host;

    for (int i = 0; i < N_OPTIONS; i++) {
        const char *given = host->option(host->ctx, options[i].name);

        d->option[i] = strdup(given ? given : options[i].fallback);
        if (!d->option[i])
            return KIRI_ENOMEM;
    }
    int classic = strcmp(d->option[LANGUAGE], "classic") == 0;
    if (!classic && strcmp(d->option[LANGUAGE], "default") != 0) {
        host->log(host->ctx, KIRI_ERROR,
                  "drift: option language is neither default nor classic");
        return KIRI_ECONFIG;
    }
    d->schema = classic ? &drift_classic : &drift_default;
    d->step = classic ? CALENDAR_HOUR : CALENDAR_DAY;
    return KIRI_OK;
}

static void drift_close(void *self)
{
    struct drift *d = self;

    if (!d)
        return;
    if (d->timer >= 0)
        close(d->timer);
    for (int i = 0; i < N_OPTIONS; i++)
        free(d->option[i]);
    events_free(&d->events);
    todo_close(&d->todo);
    free(d);
}

/* The host's period is how often rows come, which the alarm budget needs; looks are more
 * frequent, or the end of a day would be told up to a day late. */
static int start_timer(struct drift *d)
{
    const struct itimerspec every = { .it_interval = { .tv_sec = LOOK_S },
                                      .it_value = { .tv_sec = LOOK_S } };

    d->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (d->timer >= 0 && timerfd_settime(d->timer, 0, &every, NULL) == 0)
        return KIRI_OK;
    d->host->log(d->host->ctx, KIRI_ERROR, "drift: no timer can be had");
    return KIRI_EIO;
}

static int drift_open(const struct kiri_host *host, void **self)
{
    struct drift *d = calloc(1, sizeof *d);

    if (!d)
        return KIRI_ENOMEM;
    *d = (struct drift){ .host = host, .timer = -1, .told = NEVER, .last = -1 };

    int rc = take_options(d);
    if (rc == KIRI_OK)
        rc = start_timer(d);
    if (rc != KIRI_OK) {
        drift_close(d);
        return rc;
    }
    if (host->kv_get(host->ctx, told_key(d), &d->told, sizeof d->told) !=
            (int)sizeof d->told ||
        d->told < -MOST_SLOT || d->told > MOST_SLOT)
        d->told = NEVER;
    todo_open(&d->todo, host, d->option[TODOTXT]);
    *self = d;
    return KIRI_OK;
}

static const struct kiri_schema *drift_schema(void *self)
{
    const struct drift *d = self;

    return d->schema;
}

static int drift_fd(void *self)
{
    const struct drift *d = self;

    return d->timer;
}

/* ---- what happened ---------------------------------------------------------- */

/* Said once, until it changes. */
static void complain(struct drift *d, const char *why)
{
    if (strcmp(d->trouble, why) == 0)
        return;
    snprintf(d->trouble, sizeof d->trouble, "%s", why);
    if (*why)
        kiri_logf(d->host, KIRI_WARN, "drift: %s; no row is told until it can be", why);
    else
        kiri_logf(d->host, KIRI_INFO, "drift: goes on");
}

static void say_damaged(struct drift *d, unsigned damaged)
{
    if (damaged && damaged != d->damaged)
        kiri_logf(d->host, KIRI_WARN, "drift: %u damaged line%s left out of %s", damaged,
                  damaged == 1 ? "" : "s", d->option[TASKS]);
    d->damaged = damaged;
}

/* s UTC; -1 and why: the clock cannot be read, or is before 1970. */
static int64_t time_now(const struct drift *d, char *why, size_t cap)
{
    struct text text;
    int64_t ms = d->host->now_ms(d->host->ctx);

    if (*d->option[CLOCK]) {
        if (text_read(d->option[CLOCK], &text, why, cap) != TEXT_READ)
            return -1;
        ms = strtoll(text.bytes, NULL, 10);
        text_free(&text);
    }
    if (ms > 0)
        return ms / 1000;
    snprintf(why, cap, "the clock says that it is before 1970");
    return -1;
}

static int gather(struct drift *d, char *why, size_t cap)
{
    struct events *e = &d->events;
    unsigned damaged;

    events_free(e);
    if (tasklog_read(d->option[TASKS], e, &damaged, why, cap) ||
        taskwarrior_read(d->option[TASKWARRIOR], e, why, cap) ||
        git_read(d->option[GIT], e, why, cap))
        return -1;
    say_damaged(d, damaged);
    if (todo_tell(&d->todo, e) || events_settle(e)) {
        snprintf(why, cap, "memory is short");
        return -1;
    }
    return 0;
}

/* ---- which days are over, and not told -------------------------------------- */

static int64_t slots(const struct drift *d, int64_t days)
{
    return d->step == CALENDAR_DAY ? days : 24 * days;
}

static int keep_told(struct drift *d, int64_t slot)
{
    if (d->host->kv_put(d->host->ctx, told_key(d), &slot, sizeof slot) != KIRI_OK)
        return -1;
    d->told = slot;
    return 0;
}

/* A clock that was ahead has told days that had not been. Its rows stay; from here on
 * days are told as they are. One day back is a journey, or a clock set right at midnight.
 */
static void heed_clock(struct drift *d, int64_t current)
{
    if (d->told == NEVER || d->told <= current + slots(d, 1) - 1)
        return;
    kiri_logf(d->host, KIRI_WARN,
              "drift: the clock was ahead, rows were told of days to come; it goes on "
              "with today");
    keep_told(d, current - 1);
}

/* The first slot to be told is that of the first event, not older than the history asked
 * for. 0, or -1: nothing ever happened, or nothing can be kept; it begins another time.
 */
static int begin(struct drift *d, int64_t current)
{
    int64_t first = events_first(&d->events);
    int64_t oldest = current - slots(d, atoll(d->option[HISTORY]));

    if (first == INT64_MAX)
        return -1;
    first = calendar_slot(d->step, first);
    first = first > oldest ? first : oldest;
    return keep_told(d, (first < current ? first : current) - 1);
}

/* What is to be told now, if anything: next and last. 0, or -1 and why. */
static int look(struct drift *d, char *why, size_t cap)
{
    int64_t now = time_now(d, why, cap);
    int64_t told_until = d->told == NEVER ? 0 : calendar_end(d->step, d->told);

    if (now < 0 || todo_look(&d->todo, now, told_until, why, cap))
        return -1;
    if (todo_save(&d->todo, told_until))
        kiri_logf(d->host, KIRI_WARN,
                  "drift: what was seen of todo cannot be saved; a restart may count "
                  "it twice");
    int64_t current = calendar_slot(d->step, now - GRACE_S);
    heed_clock(d, current);
    if (d->todo.unsettled || (d->told != NEVER && d->told >= current - 1))
        return 0;
    if (gather(d, why, cap))
        return -1;
    if (d->told == NEVER && begin(d, current))
        return 0;
    int64_t most = slots(d, atoll(d->option[HISTORY]));
    most = most > slots(d, MOST_DAYS) ? most : slots(d, MOST_DAYS);
    d->next = (d->told > current - 1 - most ? d->told : current - 1 - most) + 1;
    d->last = current - 1;
    return 0;
}

/* ---- the row ---------------------------------------------------------------- */

static double or_missing(const struct drift *d, int known, int64_t n)
{
    if (known)
        return (double)n;
    return d->step == CALENDAR_DAY ? NAN : 0; /* the published language has no word */
}

static void fill(struct drift *d, int64_t slot, struct kiri_obs *out)
{
    const struct events *e = &d->events;
    int64_t from = calendar_day_begin(d->step, slot), to = calendar_end(d->step, slot);
    int64_t done = events_count(e, EVENT_DONE, from, to) +
                   events_count(e, EVENT_COMMITTED, from, to);

    out->v[ADDED].num = or_missing(d, e->tasks, events_count(e, EVENT_ADDED, from, to));
    out->v[DONE].num = or_missing(d, e->tasks || *d->option[GIT], done);
    out->v[SWITCHES].num =
        or_missing(d, e->switches, events_count(e, EVENT_SWITCHED, from, to));
    if (d->step == CALENDAR_DAY)
        out->v[OPEN].num = or_missing(d, e->tasks, events_open(e, to));
    calendar_print(d->step == CALENDAR_DAY ? slot : slot / 24, d->label, sizeof d->label);
    out->label = d->label;
    out->time_ms = to * 1000 - 1; /* the host reads hour and weekday off it */
}

/* Hours, and once a whole day, that the clocks skipped never were. */
static int was_skipped(const struct drift *d, int64_t slot)
{
    return calendar_end(d->step, slot) <= calendar_end(d->step, slot - 1);
}

static int tell(struct drift *d, struct kiri_obs *out)
{
    while (d->next <= d->last && was_skipped(d, d->next))
        d->next++;
    if (d->next > d->last) {
        events_free(&d->events);
        return KIRI_NONE;
    }
    if (keep_told(d, d->next)) {
        d->next = d->last + 1;
        return KIRI_ENOMEM;
    }
    fill(d, d->next++, out);
    if (d->next <= d->last)
        return KIRI_MORE;
    events_free(&d->events);
    return KIRI_OK;
}

static int drift_collect(void *self, struct kiri_obs *out)
{
    struct drift *d = self;
    char why[sizeof d->trouble] = "";
    uint64_t ticks;

    while (read(d->timer, &ticks, sizeof ticks) > 0)
        ;
    if (d->next > d->last) {
        int rc = look(d, why, sizeof why);
        complain(d, rc ? why : "");
    }
    return tell(d, out);
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,
    .name = "drift",
    .version = "1.0",
    .help = "Tasks that come, are done and are switched between, day by day.",
    .options = options,
    .open = drift_open,
    .close = drift_close,
    .schema = drift_schema,
    .collect = drift_collect,
    .fd = drift_fd,
};
