#include "bench/engine/count.h"

#include <stdatomic.h>
#include <stddef.h>

static atomic_ulong requests;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t line, size_t n);
int __real_posix_memalign(void **p, size_t line, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t line, size_t n);
int __wrap_posix_memalign(void **p, size_t line, size_t n);

unsigned long count_requests(void)
{
    return atomic_load(&requests);
}

void *__wrap_malloc(size_t n)
{
    atomic_fetch_add(&requests, 1);
    return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    atomic_fetch_add(&requests, 1);
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    atomic_fetch_add(&requests, 1);
    return __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t line, size_t n)
{
    atomic_fetch_add(&requests, 1);
    return __real_aligned_alloc(line, n);
}

int __wrap_posix_memalign(void **p, size_t line, size_t n)
{
    atomic_fetch_add(&requests, 1);
    return __real_posix_memalign(p, line, n);
}
