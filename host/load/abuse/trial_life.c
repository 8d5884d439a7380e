/* trial_life.c - what the file says, an ordinary life, and its turns. */
#include "load/abuse/globals.h"
#include "load/abuse/hooks.h"
#include "load/abuse/manners.h"
#include "load/abuse/measure.h"
#include "load/abuse/trial.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define COLLECTS   50
#define ROUND      10    /* of them, before its schema is asked for again ... */
#define ROUND_MS   2000  /* ... or after this long */
#define MOST_MORE  50000 /* rows of one turn, as many ... */
#define MORE_MS    5000  /* ... or as long, before it is called endless */
#define MOST_TURNS 1000
#define IDLE       100 /* in a row without an observation while the fd stays readable */

/* ---- image ---------------------------------------------------------------------- */

static int empty(const char *text)
{
    return !text || !*text;
}

void trial_image(struct trial *t)
{
    const struct kiri_atom *a = &t->vtable.atom;

    globals_judge(t, t->globals);
    if (empty(a->help))
        trial_find(t, "help", "atom", "one sentence for a person", "it has no help");
    if (empty(a->version))
        trial_find(t, "help", "version", "such as \"1.0\"", "it has no version");
    for (const struct kiri_option *o = t->vtable.options; o->name; o++)
        if (empty(o->help))
            trial_find(t, "help", o->name, "one sentence for a person",
                       "its option `%s` has no help", o->name);
}

/* ---- life ----------------------------------------------------------------------- */

static void note_rows(struct life *l)
{
    if (l->n_rows)
        return;
    if (l->n_failed)
        trial_note(l->trial,
                   "collect() failed %u of %u times and gave no row, so its values were "
                   "not looked at%s%s",
                   l->n_failed, COLLECTS, *l->served.last_line ? "; it says: " : "",
                   l->served.last_line);
    else
        trial_note(l->trial,
                   "collect() gave no row in %u calls, so its values were not looked at: "
                   "give it something to see with --set OPTION=VALUE",
                   COLLECTS);
}

static void note_help(struct life *l)
{
    for (uint32_t i = 0; i < l->schema->n_fields; i++)
        if (empty(l->schema->fields[i].help))
            trial_note(l->trial, "its field `%s` has no help for a person",
                       l->schema->fields[i].name);
}

static void hold_leftovers(struct trial *t, int threads)
{
    int now = measure_threads(threads, 300);

    if (now > threads)
        trial_find(t, "thread", "close", "join them in close()",
                   "%d of its threads live%s after close()", now - threads,
                   now - threads == 1 ? "s" : "");
    if (measure_children() > 0)
        trial_find(t, "child", "close", "end and wait for it in close()",
                   "it leaves a child process behind after close()");
}

void trial_life(struct trial *t)
{
    struct life *l = life_new(t, 0);
    int threads = measure_threads(0, 0);

    hooks_keep();
    t->manners = manners_new();
    if (life_start(l) == 0) {
        note_help(l);
        for (int i = 0; i < COLLECTS; i += ROUND)
            if (life_collect_many(l, ROUND, ROUND_MS) && life_schema(l))
                break;
        row_judge(l);
        note_rows(l);
        life_close(l);
    }
    hold_leftovers(t, threads);
    life_free(l);
}

void trial_close(struct trial *t)
{
    struct life *l = life_new(t, 0);

    trial_when(t, " when it is given NULL");
    life_close(l);
    life_free(l);
}

/* ---- turns ---------------------------------------------------------------------- */

/* Collects until there is no more: what the last one said. */
static int turn(struct life *l)
{
    int64_t until = clock_mono(&clock_system) + MORE_MS;
    int n = 0, rc;

    do {
        rc = life_collect(l);
        n++;
    } while (rc == KIRI_MORE && n < MOST_MORE && clock_mono(&clock_system) < until);
    if (rc == KIRI_MORE)
        trial_find(l->trial, "more", "collect",
                   "return KIRI_MORE only while another row is ready, KIRI_OK with the "
                   "last",
                   "collect() still says KIRI_MORE after %d rows of one turn", n);
    return rc;
}

static int readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) > 0;
}

static int can_wait_for(int fd)
{
    struct epoll_event e = { .events = EPOLLIN };
    int set = epoll_create1(EPOLL_CLOEXEC), can;

    can = epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) == 0 || errno != EPERM;
    close(set);
    return can;
}

static void hold_fd(struct life *l, int fd)
{
    int flags = fcntl(fd, F_GETFD), idle = 0;

    if (flags < 0) {
        trial_find(l->trial, "fd", "fd", "hand over one that is open, or -1",
                   "fd() gives %d, which is no open descriptor", fd);
        return;
    }
    if (!(flags & FD_CLOEXEC))
        trial_find(l->trial, "fd-cloexec", "fd", "open it with O_CLOEXEC or its like",
                   "the descriptor of fd() would be left to children of the host");
    if (!can_wait_for(fd)) {
        trial_find(l->trial, "fd-wait", "fd", "use a period for files, and return -1",
                   "nobody can wait for the descriptor of fd(), which is a regular file");
        return;
    }
    for (int i = 0; i < MOST_TURNS && idle < IDLE && readable(fd); i++)
        idle = turn(l) == KIRI_NONE ? idle + 1 : 0;
    if (idle == IDLE)
        trial_find(l->trial, "fd-busy", "fd", "read it until it is empty in collect()",
                   "fd() stays readable although collect() says KIRI_NONE: a host would "
                   "ask without a pause");
    if (life_fd(l) != fd)
        trial_find(l->trial, "fd-changes", "fd",
                   "the host asks once, after open(): put an epoll in front of yours",
                   "fd() gives another descriptor than before");
}

void trial_turns(struct trial *t)
{
    struct life *l = life_new(t, 0);

    if (life_start(l) == 0) {
        int fd = life_fd(l);

        if (fd < 0 && !l->schema->period_ms && !t->vtable.atom.hear)
            trial_find(t, "never", "period", "set period_ms in its schema",
                       "it has neither a period nor an fd: nobody would ever ask it");
        turn(l);
        if (fd >= 0)
            hold_fd(l, fd);
        life_close(l);
    }
    life_free(l);
}
