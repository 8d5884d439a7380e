/* watch.c - one child and its page: what it says there, and what its end says. */
#include "load/abuse/watch.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/value.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS       10 /* between two looks at the crumbs */
#define GONE_MS       5000
#define MOST_SETTINGS 64u
#define AGAIN         2 /* run: it hung, and may be tried once more */

/* One trial as it runs. */
struct watched {
    const struct trial_kind *kind;
    struct abuse_trial *trial;
    struct page *page;
    int page_fd, out, said; /* what it writes to stdout goes to `out`, to stderr `said` */
    struct child child;
    int status;
    const char *hung; /* the callback past its deadline */
    int late;         /* the trial as a whole takes too long, although no callback does */
    int again;        /* it was tried before, and hung */
    int interrupted;  /* somebody wants this process to end */
};

void watch_find(struct abuse_report *r, const char *trial, const char *kind,
                const char *about, const char *text)
{
    struct abuse_finding *f = &r->finding[r->n_findings];

    for (uint32_t i = 0; i < r->n_findings; i++)
        if (strcmp(r->finding[i].kind, kind) == 0 &&
            strcmp(r->finding[i].about, about) == 0)
            return; /* another trial has seen it, too */
    if (r->n_findings == ABUSE_FINDINGS)
        return;
    r->n_findings++;
    f->trial = trial;
    value_show(kind, f->kind, sizeof f->kind);
    value_show(about, f->about, sizeof f->about);
    value_show(text, f->text, sizeof f->text);
}

/* ---- the end of a child --------------------------------------------------------- */

/* The last line of what it wrote: an assertion, say. */
static void last_words(int said, char *out, size_t cap)
{
    char bytes[512];
    ssize_t n;
    off_t end = lseek(said, 0, SEEK_END);

    *out = '\0';
    n = end > 0 ? pread(said, bytes, sizeof bytes - 1,
                        end < (off_t)sizeof bytes ? 0 : end - (off_t)sizeof bytes + 1)
                : 0;
    while (n > 0 && bytes[n - 1] == '\n')
        n--;
    if (n <= 0)
        return;
    bytes[n] = '\0';
    const char *line = strrchr(bytes, '\n');
    snprintf(out, cap, ", having said \"%.200s\"", line ? line + 1 : bytes);
}

/* "collect()", "collect() or collect()" of two at once; "it, outside of its callbacks,".
 * The first is *one: a name for scripts. */
static void who(const struct page *p, char *out, size_t cap, char one[25])
{
    size_t len = 0;

    *out = '\0';
    snprintf(one, 25, "process");
    for (unsigned i = 0; i < PAGE_THREADS; i++) {
        const struct page_crumb *c = &p->crumb[i];
        int n = (int)strnlen(c->callback, sizeof c->callback);

        if (!atomic_load(&c->began_ms) || len >= cap)
            continue;
        if (!len)
            snprintf(one, 25, "%.*s", n, c->callback);
        if (n == 7 && memcmp(c->callback, "dlclose", 7) == 0)
            len += (size_t)snprintf(out + len, cap - len, "unloading it");
        else
            len += (size_t)snprintf(out + len, cap - len, "%s%.*s()", len ? " or " : "",
                                    n, c->callback);
    }
    if (!*out)
        snprintf(out, cap, "it, outside of its callbacks,");
}

static int judge_end(struct checking *c, const struct watched *w, struct kiri_error *err)
{
    char text[sizeof c->out->finding[0].text], callback[96], one[25], words[256];
    const char *when = w->page->when;
    int most = (int)strnlen(when, sizeof w->page->when);

    who(w->page, callback, sizeof callback, one);
    if (!w->hung && WIFEXITED(w->status) && WEXITSTATUS(w->status) == KIRI_INTERNAL &&
        strcmp(one, "process") == 0)
        return kiri_fail(err, KIRI_INTERNAL, "its trial '%s' could not be made",
                         w->kind->name);
    last_words(w->said, words, sizeof words);
    if (w->hung) {
        snprintf(text, sizeof text,
                 "%s() does not return within %d s%.*s: return KIRI_NONE and give the "
                 "host a period or an fd",
                 w->hung, ABUSE_DEADLINE / 1000, most, when);
        watch_find(c->out, w->kind->name, "hang", w->hung, text);
    } else if (WIFSIGNALED(w->status)) {
        const char *name = sigabbrev_np(WTERMSIG(w->status));

        snprintf(text, sizeof text, "%s crashes (SIG%s)%.*s%s: %s", callback,
                 name ? name : "?", most, when, words, w->kind->remedy);
        watch_find(c->out, w->kind->name, "crash", one, text);
    } else {
        snprintf(text, sizeof text,
                 "%s ends the process (exit code %d)%.*s%s: return a negative status "
                 "instead",
                 callback, WEXITSTATUS(w->status), most, when, words);
        watch_find(c->out, w->kind->name, "exit", one, text);
    }
    return 1;
}

/* Slow is not wrong. */
static int note_late(struct checking *c, const struct watched *w)
{
    struct abuse_report *r = c->out;

    if (r->n_notes < ABUSE_NOTES)
        snprintf(r->note[r->n_notes++], sizeof r->note[0],
                 "the trial '%s' was given up after %d s: each callback should take "
                 "milliseconds",
                 w->kind->name, ABUSE_PATIENCE / 1000);
    return 0;
}

/* Has the atom written over it? Then it is not read. */
static int page_is_whole(const struct page *p)
{
    return p->mark == PAGE_MARK && p->end_mark == PAGE_MARK &&
           p->n_findings <= PAGE_FINDINGS && p->n_notes <= PAGE_NOTES;
}

static int judge_page(struct checking *c, const struct watched *w)
{
    watch_find(c->out, w->kind->name, "scribble", "page",
               "it writes over memory or into a descriptor that is not its own: build it "
               "with -fsanitize=address, or look at what it writes to");
    return 1;
}

/* What stands on the page: texts may have no end. */
static void read_page(struct checking *c, const struct watched *w)
{
    const struct page *p = w->page;
    struct abuse_report *r = c->out;
    char text[sizeof p->finding[0].text + 1], kind[25], about[49];

    for (uint32_t i = 0; i < p->n_findings; i++) {
        const struct page_finding *f = &p->finding[i];

        snprintf(kind, sizeof kind, "%.*s", (int)sizeof f->kind, f->kind);
        snprintf(about, sizeof about, "%.*s", (int)sizeof f->about, f->about);
        snprintf(text, sizeof text, "%.*s", (int)sizeof f->text, f->text);
        watch_find(r, w->kind->name, kind, about, text);
    }
    for (uint32_t i = 0; i < p->n_notes && r->n_notes < ABUSE_NOTES; i++) {
        snprintf(text, sizeof text, "%.*s", (int)sizeof p->note[i], p->note[i]);
        value_show(text, r->note[r->n_notes++], sizeof r->note[0]);
    }
    snprintf(text, sizeof text, "%.*s", (int)sizeof p->skipped, p->skipped);
    value_show(text, w->trial->skipped, sizeof w->trial->skipped);
    w->trial->calls = atomic_load(&p->calls);
    w->trial->rows = atomic_load(&p->rows);
}

/* ---- one trial ------------------------------------------------------------------ */

static int start(const struct checking *c, struct watched *w, struct kiri_error *err)
{
    char *argv[5 + MOST_SETTINGS] = { "kiri", "trial" }, name[32];
    int files[] = { -1, w->out, w->said, c->image, w->page_fd }, n = 2, e;
    char room[sizeof c->room];

    snprintf(name, sizeof name, "%s", w->kind->name);
    snprintf(room, sizeof room, "%s", c->room);
    argv[n++] = name;
    argv[n++] = room;
    for (char **s = c->settings; *s; s++)
        argv[n++] = *s;
    e = child_start(c->exe, argv, files, sizeof files / sizeof *files, &w->child);
    return e ? kiri_fail(err, KIRI_INTERNAL, "no child can be started (%s): %s", c->exe,
                         strerror(e))
             : 0;
}

/* What is ignored (nohup) would not end it. */
void watch_ends(sigset_t *set)
{
    static const int all[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction now;

    sigemptyset(set);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sigaction(all[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaddset(set, all[i]);
}

static int wanted_to_end(void)
{
    sigset_t ends, pending, both;

    watch_ends(&ends);
    sigpending(&pending);
    sigandset(&both, &ends, &pending);
    return !sigisemptyset(&both);
}

/* Until it has ended, or a callback is past its deadline, or so are we. */
static void watch(struct watched *w, char hung[25])
{
    int64_t began = clock_mono(&clock_system);

    while (!child_ended(&w->child, LOOK_MS)) {
        int64_t now = clock_mono(&clock_system);

        for (unsigned i = 0; i < PAGE_THREADS; i++) {
            const struct page_crumb *crumb = &w->page->crumb[i];
            int64_t since = atomic_load(&crumb->began_ms);

            if (!since || now - since <= ABUSE_DEADLINE)
                continue;
            snprintf(hung, 25, "%.*s", (int)sizeof crumb->callback, crumb->callback);
            w->hung = hung;
            return;
        }
        if (now - began > ABUSE_PATIENCE) {
            w->late = 1;
            return;
        }
        w->interrupted = wanted_to_end();
        if (w->interrupted)
            return;
    }
}

/* What watch_trial says; or AGAIN. */
static int run(struct checking *c, struct watched *w, struct kiri_error *err)
{
    int64_t began = clock_mono(&clock_system);
    char hung[25];

    if (start(c, w, err))
        return -1;
    watch(w, hung);
    if (child_end(&w->child, GONE_MS, &w->status))
        return kiri_fail(err, KIRI_INTERNAL,
                         "a child hangs in the kernel and cannot be ended");
    if (w->interrupted)
        return kiri_fail(err, KIRI_INTERNAL, "it was interrupted");
    if (w->hung && !w->again)
        return AGAIN;
    if (!page_is_whole(w->page))
        return judge_page(c, w);
    read_page(c, w);
    w->trial->ms = clock_mono(&clock_system) - began;
    return atomic_load(&w->page->done) ? 0
           : w->late                   ? note_late(c, w)
                                       : judge_end(c, w, err);
}

static void clean_page(struct page *p)
{
    memset(p, 0, sizeof *p);
    p->mark = p->end_mark = PAGE_MARK;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

int watch_trial(struct checking *c, const struct trial_kind *kind, struct kiri_error *err)
{
    struct abuse_trial *trial = &c->out->trial[c->out->n_trials++];
    struct watched w = { .kind = kind, .trial = trial };
    uint32_t before = c->out->n_findings;
    void *map = MAP_FAILED;
    int rc = -1;

    *trial = (struct abuse_trial){ .name = kind->name, .what = kind->what };
    w.page_fd = memfd_create("page", MFD_CLOEXEC);
    w.out = memfd_create("out", MFD_CLOEXEC);
    w.said = memfd_create("said", MFD_CLOEXEC);
    if (w.page_fd >= 0 && w.out >= 0 && w.said >= 0 &&
        ftruncate(w.page_fd, sizeof *w.page) == 0)
        map =
            mmap(NULL, sizeof *w.page, PROT_READ | PROT_WRITE, MAP_SHARED, w.page_fd, 0);
    if (map == MAP_FAILED) {
        kiri_fail(err, KIRI_INTERNAL, "no memory for a trial: %s", strerror(errno));
    } else {
        w.page = map;
        clean_page(w.page);
        rc = run(c, &w, err);
        if (rc == AGAIN) { /* it may have been the machine: what is so stays so */
            w.hung = NULL;
            w.again = 1;
            clean_page(w.page);
            rc = run(c, &w, err);
        }
        munmap(map, sizeof *w.page);
    }
    close_fd(w.page_fd);
    close_fd(w.out);
    close_fd(w.said);
    trial->findings = c->out->n_findings - before;
    c->out->calls += trial->calls;
    c->out->rows += trial->rows;
    return rc;
}
