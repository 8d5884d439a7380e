/* trial.c - what all trials share: the list of them, and how a finding is said. */
#include "load/abuse/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEBUG "run it under a debugger, or build it with -fsanitize=address"

const struct trial_kind trial_kinds[] = {
    { "image", "globals, constructors, names and help", trial_image, DEBUG },
    { "life", "open, schema, 50 collects, close", trial_life, DEBUG },
    { "close", "close(NULL)", trial_close, "accept NULL, and what open() left behind" },
    { "leaks", "100 lives: memory, descriptors, threads, children", trial_leaks, DEBUG },
    { "long", "2,000 collects of one life", trial_long, DEBUG },
    { "turns", "KIRI_MORE until it ends; what its fd does", trial_turns, DEBUG },
    { "pairs", "two instances at once, on changing threads", trial_pairs,
      "share nothing between instances, and nothing with a thread" },
    { "signals", "interrupted 1,000 times a second", trial_signals, DEBUG },
    { "options", "wrong files, long texts, the ends of each range", trial_options,
      "say what is wrong on the log and return KIRI_ECONFIG or KIRI_EIO" },
    { "state", "foreign small state, failing services, a clock that jumps", trial_state,
      "trust neither length nor content of what another version left" },
    { "memory", "each of its requests for memory fails once", trial_memory,
      "look at what malloc() and fopen() return, and return KIRI_ENOMEM" },
    { "callbacks", "tokenize, hear, decide, lessons with hostile input", trial_callbacks,
      DEBUG },
    { .name = NULL },
};

static int known(const struct page *p, const char *kind, const char *about)
{
    for (uint32_t i = 0; i < p->n_findings; i++)
        if (strcmp(p->finding[i].kind, kind) == 0 &&
            strcmp(p->finding[i].about, about) == 0)
            return 1;
    return 0;
}

void trial_find(struct trial *t, const char *kind, const char *about, const char *remedy,
                const char *fmt, ...)
{
    struct page *p = t->page;
    char fact[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fact, sizeof fact, fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&t->lock);
    if (p->n_findings < PAGE_FINDINGS && !known(p, kind, about)) {
        struct page_finding *f = &p->finding[p->n_findings];

        snprintf(f->kind, sizeof f->kind, "%s", kind);
        snprintf(f->about, sizeof f->about, "%s", about);
        snprintf(f->text, sizeof f->text, "%s%s: %s", fact, p->when, remedy);
        p->n_findings++;
    }
    pthread_mutex_unlock(&t->lock);
}

void trial_note(struct trial *t, const char *fmt, ...)
{
    struct page *p = t->page;
    va_list ap;

    pthread_mutex_lock(&t->lock);
    if (p->n_notes < PAGE_NOTES) {
        va_start(ap, fmt);
        vsnprintf(p->note[p->n_notes++], sizeof p->note[0], fmt, ap);
        va_end(ap);
    }
    pthread_mutex_unlock(&t->lock);
}

void trial_when(struct trial *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(t->page->when, sizeof t->page->when, fmt, ap);
    va_end(ap);
}

void trial_skip(struct trial *t, const char *why)
{
    snprintf(t->page->skipped, sizeof t->page->skipped, "%s", why);
}

/* The kernel copies, or says EFAULT. Not by pwrite(): a sanitizer would look, too. */
int trial_readable(const struct trial *t, const void *at, size_t n)
{
    const char *from = at;

    while (n) {
        size_t part = n < 65536 ? n : 65536;

        if (syscall(SYS_pwrite64, t->scratch, from, part, 0L) != (long)part)
            return 0;
        from += part;
        n -= part;
    }
    return 1;
}
