/*
 * child.c - where a trial runs: a process of its own with an empty environment and few
 * rights, in which the atom is opened, tried and closed. It must be expected to crash,
 * hang or exit at any moment; the page is what remains.
 */
#include "load/abuse/abuse.h"

#include "base/clock.h"
#include "load/abuse/globals.h"
#include "load/abuse/hooks.h"
#include "load/abuse/manners.h"
#include "load/abuse/measure.h"
#include "load/abuse/trial.h"
#include "load/image.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST_FILE (64u << 20) /* bytes that it may write into one file */

static const struct trial_kind *kind_named(const char *name)
{
    const struct trial_kind *k = trial_kinds;

    while (k->name && strcmp(k->name, name) != 0)
        k++;
    return k->name ? k : NULL;
}

/* A crash must be seen as one, and nothing outlives its parent. */
static void expect_the_worst(void)
{
    static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP };
    const struct rlimit none = { 0, 0 }, file = { MOST_FILE, MOST_FILE };

    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &file);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* what it leaves behind is seen */
}

/* A crumb for what is no callback. */
static void begin(struct page *p, const char *what)
{
    snprintf(p->crumb[0].callback, sizeof p->crumb[0].callback, "%s", what);
    atomic_store(&p->crumb[0].began_ms, clock_mono(&clock_system));
}

static void end(struct page *p)
{
    atomic_store(&p->crumb[0].began_ms, 0);
}

static void *nothing(void *ctx)
{
    return ctx;
}

/* The first thread of a process makes things that stay, a sanitizer's helper among them:
 * not the atom's. */
static void warm_up(void)
{
    pthread_t first;

    if (pthread_create(&first, NULL, nothing, NULL) == 0)
        pthread_join(first, NULL);
}

/* Opens the image, tries it, closes it; a thread that is left must not lose its code. */
static int try_it(struct trial *t, const struct trial_kind *kind)
{
    const struct kiri_atom *raw;
    struct kiri_error err;
    size_t room;
    void *handle;
    int threads;

    warm_up();
    threads = measure_threads(0, 0);
    begin(t->page, "dlopen");
    handle = image_load(PAGE_IMAGE, &raw, &room, &err);
    end(t->page);
    if (!handle || vtable_read(raw, room, &t->vtable, &err))
        return KIRI_INTERNAL; /* although its probe could */
    t->hooked = hooks_install(handle);
    t->globals = globals_new(PAGE_IMAGE, raw);
    t->plugin = plugin_wrap(&t->vtable.atom, t->vtable.options, "it", NULL, NULL, &err);
    if (!t->globals || !t->plugin)
        return KIRI_INTERNAL;
    kind->run(t);
    plugin_unref(t->plugin);
    globals_free(t->globals);
    manners_free(t->manners);
    vtable_fini(&t->vtable);
    if (measure_threads(threads, 200) > threads)
        return KIRI_FINE;
    begin(t->page, "dlclose");
    image_unload(handle, PAGE_IMAGE);
    end(t->page);
    return KIRI_FINE;
}

int abuse_child(const char *trial, const char *room, char **settings)
{
    const struct trial_kind *kind = kind_named(trial);
    struct page *page =
        mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE_FD, 0);
    struct trial t = { .page = page,
                       .lock = PTHREAD_MUTEX_INITIALIZER,
                       .room = room,
                       .settings = settings,
                       .scratch = memfd_create("scratch", MFD_CLOEXEC) };
    int code;

    if (!kind || page == MAP_FAILED || t.scratch < 0)
        return KIRI_USAGE;
    expect_the_worst();
    code = try_it(&t, kind);
    atomic_store(&page->done, code == KIRI_FINE);
    _exit(code); /* no destructor of anybody's is run, and no leak looked for twice */
}
