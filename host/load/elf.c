/*
 * elf.c - is this a whole shared object for this machine? By hand, because the dynamic
 * linker maps what the header says and dies of SIGBUS when the file is shorter.
 * Layout: System V ABI, chapters 4 and 5; <elf.h>.
 */
#include "load/image.h"

#include "load/plugin.h"

#include <elf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_SEGMENTS 64u

/* The linker's name for our own ELF header: what this build is, without a list of CPUs.
 */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static const char *cpu_name(unsigned machine)
{
    static const struct {
        unsigned machine;
        const char *name;
    } known[] = {
        { EM_386, "x86" },     { EM_X86_64, "x86-64" },   { EM_ARM, "ARM" },
        { EM_S390, "s390" },   { EM_AARCH64, "AArch64" }, { EM_RISCV, "RISC-V" },
        { EM_PPC64, "POWER" }, { EM_MIPS, "MIPS" },       { EM_LOONGARCH, "LoongArch" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].machine == machine)
            return known[i].name;
    return "an unknown CPU";
}

/* Is [at, at + n) inside a file of `size` bytes? */
static int inside(uint64_t at, uint64_t n, uint64_t size)
{
    return at <= size && n <= size - at;
}

static int check_header(const Elf64_Ehdr *h, struct kiri_error *err)
{
    if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
        return kiri_fail(err, KIRI_BAD_DATA, "it is not a shared object (no ELF header)");
    if (h->e_ident[EI_CLASS] != ELFCLASS64)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "it is not a 64-bit shared object: rebuild it for this machine");
    if (h->e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA])
        return kiri_fail(err, KIRI_BAD_DATA,
                         "its byte order is not this machine's: rebuild it here");
    if (h->e_machine != __ehdr_start.e_machine)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "it is for another CPU (%s; this host is %s): rebuild it here",
                         cpu_name(h->e_machine), cpu_name(__ehdr_start.e_machine));
    if (h->e_ident[EI_VERSION] != EV_CURRENT || h->e_version != EV_CURRENT)
        return kiri_fail(err, KIRI_BAD_DATA, "its ELF version is not known");
    if (h->e_type != ET_DYN)
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "it is an ELF file, but not a shared object: link it with -shared");
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 ||
        h->e_phnum > MOST_SEGMENTS)
        return kiri_fail(err, KIRI_BAD_DATA, "its program headers are damaged");
    return 0;
}

static int cut_short(struct kiri_error *err, const char *what, uint64_t end,
                     uint64_t size)
{
    return kiri_fail(
        err, KIRI_BAD_DATA,
        "it is cut short: its %s would end at byte %llu, but it has only %llu: "
        "copy it again",
        what, (unsigned long long)end, (unsigned long long)size);
}

static int check_segments(const Elf64_Phdr *p, unsigned n, uint64_t size,
                          struct kiri_error *err)
{
    unsigned loaded = 0, dynamic = 0;

    for (unsigned i = 0; i < n; i++) {
        if (p[i].p_type != PT_LOAD && p[i].p_type != PT_DYNAMIC)
            continue;
        if (!inside(p[i].p_offset, p[i].p_filesz, size))
            return cut_short(err, "segments", p[i].p_offset + p[i].p_filesz, size);
        if (p[i].p_memsz < p[i].p_filesz || p[i].p_vaddr + p[i].p_memsz < p[i].p_vaddr)
            return kiri_fail(err, KIRI_BAD_DATA, "its program headers are damaged");
        loaded += p[i].p_type == PT_LOAD;
        dynamic += p[i].p_type == PT_DYNAMIC;
    }
    if (!loaded || dynamic != 1)
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "it is no shared object that can be loaded (%u segments, %u dynamic "
            "sections)",
            loaded, dynamic);
    return 0;
}

int image_check(int fd, struct kiri_error *err)
{
    Elf64_Phdr segments[MOST_SEGMENTS];
    Elf64_Ehdr h;
    struct stat st;

    if (fstat(fd, &st))
        return kiri_fail(err, KIRI_NO_INPUT, "it cannot be read");
    if (!S_ISREG(st.st_mode))
        return kiri_fail(err, KIRI_BAD_DATA, "it is not a regular file");
    if (st.st_size == 0)
        return kiri_fail(err, KIRI_BAD_DATA, "it is empty");
    uint64_t size = (uint64_t)st.st_size;
    memset(&h, 0, sizeof h);
    ssize_t got = pread(fd, &h, sizeof h, 0);
    if (got < 0)
        return kiri_fail(err, KIRI_NO_INPUT, "it cannot be read");
    if (got < (ssize_t)sizeof h && memcmp(h.e_ident, ELFMAG, SELFMAG) == 0)
        return cut_short(err, "header", sizeof h, size);
    if (check_header(&h, err))
        return -1;
    size_t table = h.e_phnum * sizeof *segments;
    if (!inside(h.e_phoff, table, size))
        return cut_short(err, "program headers", h.e_phoff + table, size);
    if (pread(fd, segments, table, (off_t)h.e_phoff) != (ssize_t)table)
        return kiri_fail(err, KIRI_NO_INPUT, "it cannot be read");
    if (check_segments(segments, h.e_phnum, size, err))
        return -1;
    if (h.e_shoff && !inside(h.e_shoff, (uint64_t)h.e_shnum * h.e_shentsize, size))
        return cut_short(err, "section headers",
                         h.e_shoff + (uint64_t)h.e_shnum * h.e_shentsize, size);
    return 0;
}

int plugin_elf_check(int fd, const char *path, struct kiri_error *err)
{
    return image_check(fd, err) ? kiri_fail_in(err, "%s", path) : 0;
}
