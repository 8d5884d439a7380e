#include "load/abuse/hooks.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEPT      4096u      /* freed blocks that are kept                       */
#define KEPT_MOST (1u << 20) /* a larger block is not                            */
#define FRESH     0xa5
#define FREED     0xdd

/* The replaced functions have no argument that could carry this, and there is one atom in
 * this process. */
static struct {
    pthread_mutex_t lock;
    unsigned until_failure; /* requests; 0: none fails */
    int failed, keeping;
    unsigned forks, double_frees;
    uint32_t next;
    struct {
        unsigned char *at;
        size_t n;
    } kept[KEPT];
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- requests ------------------------------------------------------------------- */

static int fails(void)
{
    int now;

    pthread_mutex_lock(&state.lock);
    now = state.until_failure && --state.until_failure == 0;
    state.failed |= now;
    pthread_mutex_unlock(&state.lock);
    if (now)
        errno = ENOMEM;
    return now;
}

static void *fresh(void *p, size_t n)
{
    if (p && state.keeping)
        memset(p, FRESH, n);
    return p;
}

static void *our_malloc(size_t n)
{
    return fails() ? NULL : fresh(malloc(n), n);
}

static void *our_calloc(size_t n, size_t size)
{
    return fails() ? NULL : calloc(n, size);
}

static void *our_aligned_alloc(size_t align, size_t n)
{
    return fails() ? NULL : fresh(aligned_alloc(align, n), n);
}

static int our_posix_memalign(void **out, size_t align, size_t n)
{
    return fails() ? ENOMEM : posix_memalign(out, align, n);
}

static char *our_strndup(const char *s, size_t n)
{
    return fails() ? NULL : strndup(s, n);
}

static char *our_strdup(const char *s)
{
    return fails() ? NULL : strdup(s);
}

static int our_vasprintf(char **out, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
static int our_vasprintf(char **out, const char *fmt, va_list ap)
{
    return fails() ? -1 : vasprintf(out, fmt, ap);
}

static int our_asprintf(char **out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int our_asprintf(char **out, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = our_vasprintf(out, fmt, ap);
    va_end(ap);
    return n;
}

static FILE *our_fopen(const char *path, const char *mode)
{
    return fails() ? NULL : fopen(path, mode);
}

static FILE *our_fdopen(int fd, const char *mode)
{
    return fails() ? NULL : fdopen(fd, mode);
}

static DIR *our_opendir(const char *path)
{
    return fails() ? NULL : opendir(path);
}

static pid_t our_fork(void)
{
    state.forks++;
    return fork();
}

/* ---- what is given back --------------------------------------------------------- */

/* Keeps the block in the place of the oldest, which goes. */
static void keep(unsigned char *at, size_t n)
{
    unsigned char *oldest;

    pthread_mutex_lock(&state.lock);
    for (uint32_t i = 0; i < KEPT; i++)
        if (state.kept[i].at == at) {
            state.double_frees++;
            pthread_mutex_unlock(&state.lock);
            return;
        }
    memset(at, FREED, n);
    oldest = state.kept[state.next].at;
    state.kept[state.next].at = at;
    state.kept[state.next].n = n;
    state.next = (state.next + 1) % KEPT;
    pthread_mutex_unlock(&state.lock);
    free(oldest);
}

static void our_free(void *p)
{
    size_t n = p && state.keeping ? malloc_usable_size(p) : 0;

    if (n && n <= KEPT_MOST)
        keep(p, n);
    else
        free(p);
}

static void *our_realloc(void *p, size_t n)
{
    size_t had;
    void *more;

    if (fails())
        return NULL;
    if (!p)
        return fresh(malloc(n ? n : 1), n);
    if (!n) { /* as the C library does */
        our_free(p);
        return NULL;
    }
    if (!state.keeping)
        return realloc(p, n);
    had = malloc_usable_size(p);
    more = malloc(n);
    if (more) {
        memcpy(more, p, had < n ? had : n);
        our_free(p);
    }
    return more;
}

static void *our_reallocarray(void *p, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return our_realloc(p, n * size);
}

/* ---- its global offset table ---------------------------------------------------- */

static const struct {
    const char *name;
    void *ours;
} hooks[] = {
    { "malloc", our_malloc },
    { "calloc", our_calloc },
    { "realloc", our_realloc },
    { "reallocarray", our_reallocarray },
    { "aligned_alloc", our_aligned_alloc },
    { "posix_memalign", our_posix_memalign },
    { "strdup", our_strdup },
    { "strndup", our_strndup },
    { "asprintf", our_asprintf },
    { "vasprintf", our_vasprintf },
    { "fopen", our_fopen },
    { "fopen64", our_fopen },
    { "fdopen", our_fdopen },
    { "opendir", our_opendir },
    { "free", our_free },
    { "fork", our_fork },
};

/* What the linker has made of the dynamic section's addresses differs between machines.
 */
static const void *address(const struct link_map *map, ElfW(Addr) at)
{
    ElfW(Addr) full = at < map->l_addr ? map->l_addr + at : at;

    return (const char *)map->l_ld + (ptrdiff_t)(full - (ElfW(Addr))map->l_ld);
}

static int point_to(void **slot, void *ours)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *start = (char *)slot - (uintptr_t)slot % page;

    if (mprotect(start, page, PROT_READ | PROT_WRITE))
        return 0;
    *slot = ours;
    return 1;
}

/* A relocation by that name whose slot holds the function's address now. */
static unsigned replace(const struct link_map *map, const ElfW(Rela) * r,
                        const char *name)
{
    ElfW(Addr) at = map->l_addr + r->r_offset;
    char *place = (char *)map->l_ld + (ptrdiff_t)(at - (ElfW(Addr))map->l_ld);
    void **slot = (void **)place;

    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++)
        if (strcmp(hooks[i].name, name) == 0)
            return *slot == dlsym(RTLD_DEFAULT, name) && point_to(slot, hooks[i].ours);
    return 0;
}

unsigned hooks_install(void *handle)
{
    const ElfW(Rela) * table[2] = { NULL, NULL };
    size_t bytes[2] = { 0, 0 };
    const ElfW(Sym) *symbols = NULL;
    const char *names = NULL;
    struct link_map *map;
    unsigned n = 0;

    if (dlinfo(handle, RTLD_DI_LINKMAP, &map))
        return 0;
    for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++)
        switch (d->d_tag) {
        case DT_RELA: table[0] = address(map, d->d_un.d_ptr); break;
        case DT_RELASZ: bytes[0] = d->d_un.d_val; break;
        case DT_JMPREL: table[1] = address(map, d->d_un.d_ptr); break;
        case DT_PLTRELSZ: bytes[1] = d->d_un.d_val; break;
        case DT_SYMTAB: symbols = address(map, d->d_un.d_ptr); break;
        case DT_STRTAB: names = address(map, d->d_un.d_ptr); break;
        default: break;
        }
    for (int i = 0; i < 2; i++)
        for (size_t k = 0;
             table[i] && symbols && names && k < bytes[i] / sizeof(ElfW(Rela)); k++) {
            size_t symbol = ELF64_R_SYM(table[i][k].r_info);

            if (symbol)
                n += replace(map, &table[i][k], names + symbols[symbol].st_name);
        }
    return n;
}

/* ---- commands ------------------------------------------------------------------- */

void hooks_fail(unsigned n)
{
    state.failed = 0;
    state.until_failure = n;
}

int hooks_failed(void)
{
    state.until_failure = 0;
    return state.failed;
}

void hooks_keep(void)
{
    state.keeping = 1;
}

int hooks_freed(const void *at)
{
    const unsigned char *where = at;
    int found = 0;

    pthread_mutex_lock(&state.lock);
    for (uint32_t i = 0; i < KEPT && !found; i++)
        found = state.kept[i].at && where >= state.kept[i].at &&
                where < state.kept[i].at + state.kept[i].n;
    pthread_mutex_unlock(&state.lock);
    return found;
}

unsigned hooks_forks(void)
{
    return state.forks;
}

unsigned hooks_double_frees(void)
{
    return state.double_frees;
}
