#include "nth_malloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Requests until one fails; 0: none. Volatile, for compilers know that malloc reads no
 * variable of ours. */
static _Thread_local volatile long left;
static _Thread_local volatile int lasts, failed;

static int fails(void)
{
    if (left == 0)
        return 0;
    if (left > 1) {
        left--;
        return 0;
    }
    failed = 1;
    if (!lasts)
        left = 0;
    errno = ENOMEM;
    return 1;
}

void nth_malloc_fail(long n, int lasting)
{
    failed = 0;
    lasts = lasting;
    left = n;
}

int nth_malloc_stop(void)
{
    left = 0;
    return failed;
}

void *nth_malloc_steady(size_t n)
{
    long then = left;
    void *p;

    left = 0;
    p = malloc(n);
    left = then;
    return p;
}

void nth_malloc_steady_free(void *p)
{
    free(p);
}

#ifdef NTH_MALLOC_WRAP

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
    return fails() ? NULL : __real_strndup(s, n);
}

long nth_malloc_in_use(void)
{
    return 0;
}

int nth_malloc_spares_libraries(void)
{
    return 1;
}

#else /* glibc's own names for what is replaced here ("Replacing malloc") */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);
void __libc_free(void *p);

#define PUBLIC __attribute__((visibility("default")))
PUBLIC void *memalign(size_t align, size_t n);
PUBLIC int posix_memalign(void **out, size_t align, size_t n);

static atomic_long in_use;

static void *counted(void *p)
{
    if (p)
        atomic_fetch_add(&in_use, 1);
    return p;
}

PUBLIC void *malloc(size_t n)
{
    return fails() ? NULL : counted(__libc_malloc(n));
}

PUBLIC void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(n, size));
}

PUBLIC void *realloc(void *p, size_t n)
{
    void *more;

    if (fails())
        return NULL;
    more = __libc_realloc(p, n);
    if (!p)
        counted(more);
    else if (!more && n == 0) /* that was a free */
        atomic_fetch_sub(&in_use, 1);
    return more;
}

PUBLIC void free(void *p)
{
    if (p)
        atomic_fetch_sub(&in_use, 1);
    __libc_free(p);
}

void *memalign(size_t align, size_t n)
{
    return fails() ? NULL : counted(__libc_memalign(align, n));
}

PUBLIC void *aligned_alloc(size_t align, size_t n)
{
    return memalign(align, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
    void *p = memalign(align, n);

    if (p)
        *out = p;
    return p ? 0 : ENOMEM;
}

long nth_malloc_in_use(void)
{
    return atomic_load(&in_use);
}

int nth_malloc_spares_libraries(void)
{
    return 0;
}

#endif

/* One attempt; what it left behind goes to *more. */
static int attempt_with(nth_malloc_attempt *attempt, void *ctx, long n, int lasting,
                        long *more)
{
    long before = nth_malloc_in_use();
    int rc;

    nth_malloc_fail(n, lasting);
    rc = attempt(ctx);
    nth_malloc_stop();
    *more = nth_malloc_in_use() - before;
    return rc;
}

/* 1: the n-th request is reached, 0: there are fewer, -1: something is wrong. */
static int step(nth_malloc_attempt *attempt, void *ctx, long n, int lasting, int *rc)
{
    long more;

    *rc = attempt_with(attempt, ctx, n, lasting, &more);
    if (failed && more) /* a buffer that libc or a library makes once is no leak */
        *rc = attempt_with(attempt, ctx, n, lasting, &more);
    if (failed && more) {
        fprintf(stderr, "request %ld%s: %ld blocks were left behind\n", n,
                lasting ? " and all after it" : "", more);
        return -1;
    }
    if (!failed && *rc) {
        fprintf(stderr, "refused although nothing failed\n");
        return -1;
    }
    return failed;
}

int nth_malloc_sweep(nth_malloc_attempt *attempt, void *ctx, long stride, long *refused,
                     long *tried)
{
    *refused = *tried = 0;
    for (int lasting = 0; lasting < 2; lasting++)
        for (long n = 1;; n += stride) {
            int rc, reached = step(attempt, ctx, n, lasting, &rc);

            if (reached < 0)
                return -1;
            if (!reached)
                break;
            ++*tried;
            *refused += rc != 0;
        }
    return 0;
}
