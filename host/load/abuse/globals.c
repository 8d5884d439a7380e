/* globals.c - the writable parts of the image: from its program headers what is mapped,
 * from its sections how large it was meant to be, from its symbols what it is called. */
#include "load/abuse/globals.h"

#include "load/abuse/trial.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_PARTS 8u
#define ALLOWED    8u /* bytes of .data and of .bss that the C runtime itself has */

struct globals {
    const unsigned char *file; /* mapped */
    size_t size;
    uintptr_t base; /* where its address 0 is */
    int memory;     /* ours, as a file: a sanitizer guards what lies between globals */
    unsigned n;
    struct part {
        uintptr_t at;
        unsigned char *was, *is;
        size_t n;
    } part[MOST_PARTS];
};

/* ---- the mapped image ----------------------------------------------------------- */

struct search {
    uintptr_t inside;
    struct globals *g;
};

/* -1 where /proc is not what it should be: then nothing is compared. */
static int read_part(const struct globals *g, const struct part *p, unsigned char *out)
{
    return pread(g->memory, out, p->n, (off_t)p->at) == (ssize_t)p->n ? 0 : -1;
}

/* [from, to) of the image can be written to. */
static int add_part(struct globals *g, uintptr_t from, uintptr_t to)
{
    struct part *p = &g->part[g->n];

    if (from >= to || g->n == MOST_PARTS)
        return 0;
    *p = (struct part){ .at = g->base + from, .n = to - from };
    p->was = malloc(p->n);
    p->is = malloc(p->n);
    g->n++;
    if (!p->was || !p->is)
        return -1;
    if (read_part(g, p, p->was))
        p->n = 0;
    return 0;
}

static int holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type == PT_LOAD && address - info->dlpi_addr >= p->p_vaddr &&
            address - info->dlpi_addr < p->p_vaddr + p->p_memsz)
            return 1;
    }
    return 0;
}

/* What is writable and was not made read-only after relocation (whole pages of it). */
static int take_parts(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct search *s = ctx;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = 0, to = 0;

    (void)size;
    if (!holds(info, s->inside))
        return 0;
    s->g->base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO) {
            from = info->dlpi_phdr[i].p_vaddr;
            to = (from + info->dlpi_phdr[i].p_memsz) & ~(page - 1);
        }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t end = p->p_vaddr + p->p_memsz;

        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
            continue;
        if (to <= p->p_vaddr || from >= end) {
            if (add_part(s->g, p->p_vaddr, end))
                return -1;
        } else if (add_part(s->g, p->p_vaddr, from) || add_part(s->g, to, end)) {
            return -1;
        }
    }
    return 1;
}

struct globals *globals_new(int image, const struct kiri_atom *atom)
{
    struct globals *g = calloc(1, sizeof *g);
    struct search s = { .inside = (uintptr_t)atom, .g = g };
    struct stat st;
    void *file = MAP_FAILED;

    if (g && fstat(image, &st) == 0 && st.st_size > 0)
        file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, image, 0);
    if (file == MAP_FAILED) {
        free(g);
        return NULL;
    }
    g->file = file;
    g->size = (size_t)st.st_size;
    g->memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (dl_iterate_phdr(take_parts, &s) == 1)
        return g;
    globals_free(g);
    return NULL;
}

void globals_free(struct globals *g)
{
    if (!g)
        return;
    for (unsigned i = 0; i < g->n; i++) {
        free(g->part[i].was);
        free(g->part[i].is);
    }
    if (g->memory >= 0)
        close(g->memory);
    munmap((void *)g->file, g->size);
    free(g);
}

/* ---- the file: it was checked, but only as far as loading needs ----------------- */

static const void *bytes(const struct globals *g, uint64_t at, uint64_t n)
{
    return at <= g->size && n <= g->size - at && at % 8 == 0 ? g->file + at : NULL;
}

static const Elf64_Shdr *section(const struct globals *g, unsigned i)
{
    const Elf64_Ehdr *h = bytes(g, 0, sizeof *h);

    return h && i < h->e_shnum && h->e_shentsize == sizeof(Elf64_Shdr)
               ? bytes(g, h->e_shoff + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr))
               : NULL;
}

/* A string of a table; "" when there is none. */
static const char *string_at(const struct globals *g, const Elf64_Shdr *table,
                             uint64_t at)
{
    uint64_t start, room;

    if (!table || table->sh_offset > g->size || table->sh_size > g->size ||
        at >= table->sh_size)
        return "";
    start = table->sh_offset + at;
    room = table->sh_size - at;
    if (start >= g->size || room > g->size - start ||
        !memchr(g->file + start, '\0', room))
        return "";
    return (const char *)g->file + start;
}

static const char *section_name(const struct globals *g, const Elf64_Shdr *s)
{
    const Elf64_Ehdr *h = bytes(g, 0, sizeof *h);

    return string_at(g, section(g, h->e_shstrndx), s->sh_name);
}

/* The first symbol, of all tables, for which it says 1. */
typedef int symbol_test(const struct globals *g, const Elf64_Sym *s, const char *name,
                        void *ctx);

static void each_symbol(const struct globals *g, symbol_test *test, void *ctx)
{
    const Elf64_Shdr *s;

    for (unsigned i = 0; (s = section(g, i)); i++) {
        const Elf64_Sym *symbols = bytes(g, s->sh_offset, s->sh_size);

        if ((s->sh_type != SHT_SYMTAB && s->sh_type != SHT_DYNSYM) || !symbols)
            continue;
        for (uint64_t k = 0; k < s->sh_size / sizeof *symbols; k++)
            if (test(g, &symbols[k],
                     string_at(g, section(g, s->sh_link), symbols[k].st_name), ctx))
                return;
    }
}

/* ---- what has changed ----------------------------------------------------------- */

struct object_at {
    uintptr_t address;
    char name[40];
};

static int covers(const struct globals *g, const Elf64_Sym *s, const char *name,
                  void *ctx)
{
    struct object_at *o = ctx;
    uintptr_t at = o->address - g->base;

    if (ELF64_ST_TYPE(s->st_info) != STT_OBJECT || at < s->st_value ||
        at >= s->st_value + s->st_size)
        return 0;
    snprintf(o->name, sizeof o->name, "%s", name);
    return 1;
}

void globals_hold(struct trial *t, struct globals *g, const char *callback)
{
    for (unsigned i = 0; g && i < g->n; i++) {
        struct part *p = &g->part[i];
        struct object_at o = { .name = "" };
        size_t k = 0;

        if (read_part(g, p, p->is) || memcmp(p->is, p->was, p->n) == 0)
            continue;
        while (p->is[k] == p->was[k])
            k++;
        o.address = p->at + k;
        each_symbol(g, covers, &o);
        memcpy(p->was, p->is, p->n);
        trial_find(t, "globals", "changed",
                   "put it into the instance: two of them run at once, and a reload must "
                   "find nothing",
                   "%s() changes global memory%s%s%s", callback, *o.name ? " (`" : "",
                   o.name, *o.name ? "`)" : "");
    }
}

/* ---- what the file says --------------------------------------------------------- */

/* A sanitizer or a profiler brings globals of its own. */
static int instrumented(const struct globals *g, const Elf64_Sym *s, const char *name,
                        void *ctx)
{
    static const char *const begin[] = { "__asan_",     "__tsan_", "__ubsan_",
                                         "__msan_",     "__gcov_", "__llvm_profile_",
                                         "__sanitizer_" };
    int *yes = ctx;

    (void)g, (void)s;
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        *yes |= strncmp(name, begin[i], strlen(begin[i])) == 0;
    return *yes;
}

struct object_list {
    char text[160];
    size_t len;
    uint64_t bytes;
    int tables; /* of symbols that were read: 0 in a stripped file */
};

/* What compilers put there themselves. */
static int is_runtime(const char *name)
{
    static const char *const begin[] = { "__dso_handle", "completed", "DW.ref.",
                                         "force_to_data" };

    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        if (strncmp(name, begin[i], strlen(begin[i])) == 0)
            return 1;
    return 0;
}

/* The objects that can be written to, by name. */
static int list_object(const struct globals *g, const Elf64_Sym *s, const char *name,
                       void *ctx)
{
    struct object_list *l = ctx;
    const Elf64_Shdr *in = section(g, s->st_shndx);
    const char *where = in ? section_name(g, in) : "";

    l->tables |= ELF64_ST_BIND(s->st_info) == STB_LOCAL && s->st_size;
    if (ELF64_ST_TYPE(s->st_info) != STT_OBJECT || !s->st_size || is_runtime(name) ||
        (strcmp(where, ".data") != 0 && strcmp(where, ".bss") != 0))
        return 0;
    l->bytes += s->st_size;
    if (l->len + strlen(name) + 4 < sizeof l->text)
        l->len += (size_t)snprintf(l->text + l->len, sizeof l->text - l->len, "%s%s",
                                   l->len ? ", " : "", name);
    return 0;
}

static uint64_t section_size(const struct globals *g, const char *name)
{
    const Elf64_Shdr *s;

    for (unsigned i = 0; (s = section(g, i)); i++)
        if (strcmp(section_name(g, s), name) == 0)
            return s->sh_size;
    return 0;
}

/* By symbol where there are any, else by section: what the C runtime has is allowed. */
static void judge_objects(struct trial *t, const struct globals *g)
{
    uint64_t data = section_size(g, ".data"), bss = section_size(g, ".bss");
    struct object_list objects = { .len = 0 };

    each_symbol(g, list_object, &objects);
    if (!objects.tables)
        objects.bytes = data > ALLOWED || bss > ALLOWED ? data + bss : 0;
    if (objects.bytes)
        trial_find(t, "globals", "present",
                   "make them const, or put them into the instance",
                   "it has %" PRIu64 " byte%s of global memory that can change%s%s%s",
                   objects.bytes, objects.bytes == 1 ? "" : "s", objects.len ? " (" : "",
                   objects.text, objects.len ? ")" : "");
}

void globals_judge(struct trial *t, const struct globals *g)
{
    uint64_t local = section_size(g, ".tdata") + section_size(g, ".tbss");
    uint64_t first = section_size(g, ".init_array"),
             last = section_size(g, ".fini_array");
    int yes = 0;

    each_symbol(g, instrumented, &yes);
    if (yes || !section(g, 1)) {
        trial_note(t, "its globals and constructors were not counted: %s",
                   yes ? "it was built with a sanitizer or a profiler"
                       : "the file has no section headers");
        return;
    }
    judge_objects(t, g);
    if (local)
        trial_find(
            t, "globals", "thread-local",
            "put them into the instance: its callbacks come from different threads",
            "it has %" PRIu64 " bytes of thread-local variables", local);
    if (first > sizeof(void *) || last > sizeof(void *))
        trial_find(t, "constructor", "constructor",
                   "they run before the host has read its ABI: do it in open()",
                   "it has constructors or destructors of its own");
}
