/*
 * load/abuse/page.h - what a trial's child tells its parent: memory that both map, so
 * that it outlives a crash. The parent believes nothing of it: texts are cut, numbers
 * bounded.
 */
#ifndef KIRI_LOAD_ABUSE_PAGE_H
#define KIRI_LOAD_ABUSE_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

#define PAGE_FINDINGS 24u
#define PAGE_NOTES    8u
#define PAGE_THREADS  3u
#define PAGE_MARK     0x6b6972692d706167u

/* Descriptors of the child; 1 and 2 are files that nobody reads but this check. */
#define PAGE_IMAGE 3
#define PAGE_FD    4

/* Which callback a thread is in, and since when (monotonic ms); 0: in none. */
struct page_crumb {
    _Atomic int64_t began_ms;
    char callback[24];
};

struct page_finding {
    char kind[24];   /* a word for scripts: "leak" */
    char about[48];  /* the callback, field, option or service */
    char text[1000]; /* the sentence */
};

struct page {
    uint64_t mark; /* PAGE_MARK, written by the parent: the page is what it should be */
    struct page_crumb crumb[PAGE_THREADS];
    char when[256]; /* the circumstances: " while memory is short"; "" */
    atomic_uint done;
    atomic_ullong calls, rows;
    char skipped[128]; /* why there was nothing to try; "" */
    uint32_t n_findings, n_notes;
    struct page_finding finding[PAGE_FINDINGS];
    char note[PAGE_NOTES][320];
    uint64_t end_mark;
};

#endif
