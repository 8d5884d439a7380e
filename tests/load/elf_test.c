/* elf_test.c - a file is a whole shared object for this machine, or it is not opened. */
#include "room.h"

#include <elf.h>

static char *good;
static size_t good_len;

static int load_good(void **state)
{
    good = bytes_of(ATOM("good"), &good_len);
    return good ? room_make(state) : -1;
}

static int drop_good(void **state)
{
    free(good);
    return room_drop(state);
}

/* Checks the room's file as it is. */
static int check(struct kiri_error *err)
{
    int fd = open(room_file, O_RDONLY), rc;

    assert_true(fd >= 0);
    rc = plugin_elf_check(fd, room_file, err);
    close(fd);
    return rc;
}

static void must_be_refused(const char *what, const char *part)
{
    struct kiri_error err = { 0 };

    if (check(&err) == 0)
        fail_msg("%s was accepted", what);
    if (err.code != KIRI_BAD_DATA || !strstr(err.text, part) ||
        strncmp(err.text, room_file, strlen(room_file)) != 0)
        fail_msg("%s: %d %s", what, (int)err.code, err.text);
}

static void whole_objects_pass(void **state)
{
    struct kiri_error err = { 0 };
    (void)state;

    write_room(good, good_len);
    if (check(&err))
        fail_msg("%s", err.text);
}

static void an_object_cut_anywhere_is_refused(void **state)
{
    (void)state;

    write_room(good, good_len);
    for (size_t len = good_len; len-- > 0; len -= len > 4096 ? 96 : 0) {
        struct kiri_error err = { 0 };

        assert_int_equal(truncate(room_file, (off_t)len), 0);
        if (check(&err) == 0)
            fail_msg("cut to %zu of %zu bytes: accepted", len, good_len);
        assert_int_equal(err.code, KIRI_BAD_DATA);
        if (!strstr(err.text, len == 0        ? "it is empty"
                              : len < SELFMAG ? "no ELF header"
                                              : "it is cut short"))
            fail_msg("cut to %zu: %s", len, err.text);
    }
}

static void objects_of_another_kind_are_refused(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        unsigned char byte;
        const char *says;
    } cases[] = {
        { "magic", 1, 'X', "not a shared object" },
        { "32 bit", EI_CLASS, ELFCLASS32, "not a 64-bit shared object" },
        { "big-endian", EI_DATA, ELFDATA2MSB, "byte order" },
        { "version", EI_VERSION, 9, "ELF version" },
        { "S/390", offsetof(Elf64_Ehdr, e_machine), EM_S390,
          "another CPU (s390; this host is" },
        { "nobody's CPU", offsetof(Elf64_Ehdr, e_machine), 77,
          "another CPU (an unknown CPU" },
        { "object file", offsetof(Elf64_Ehdr, e_type), ET_REL, "link it with -shared" },
        { "phentsize", offsetof(Elf64_Ehdr, e_phentsize), 1,
          "program headers are damaged" },
        { "no phnum", offsetof(Elf64_Ehdr, e_phnum), 0, "program headers are damaged" },
        { "phnum 255", offsetof(Elf64_Ehdr, e_phnum), 255,
          "program headers are damaged" },
        { "phoff", offsetof(Elf64_Ehdr, e_phoff) + 7, 0xff,
          "cut short: its program headers" },
        { "phoff near the end", offsetof(Elf64_Ehdr, e_phoff) + 3, 1, "cut short" },
        { "shoff", offsetof(Elf64_Ehdr, e_shoff) + 7, 0x7f,
          "cut short: its section headers" },
        { "shnum", offsetof(Elf64_Ehdr, e_shnum) + 1, 0x7f,
          "cut short: its section headers" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char kept = good[cases[i].at];

        good[cases[i].at] = (char)cases[i].byte;
        write_room(good, good_len);
        good[cases[i].at] = kept;
        must_be_refused(cases[i].what, cases[i].says);
    }
}

/* Changes one segment header of the given type and gives it back. */
static void with_segment(uint32_t type, size_t member, uint64_t value, const char *says)
{
    Elf64_Ehdr h;
    Elf64_Phdr p;

    memcpy(&h, good, sizeof h);
    for (unsigned i = 0; i < h.e_phnum; i++) {
        size_t at = h.e_phoff + i * sizeof p;
        char kept[8];

        memcpy(&p, good + at, sizeof p);
        if (p.p_type != type)
            continue;
        memcpy(kept, good + at + member, sizeof kept);
        memcpy(good + at + member, &value, sizeof value);
        write_room(good, good_len);
        memcpy(good + at + member, kept, sizeof kept);
        must_be_refused(says, says);
    }
}

static void segments_that_lie_are_refused(void **state)
{
    (void)state;

    with_segment(PT_LOAD, offsetof(Elf64_Phdr, p_offset), UINT64_MAX - 16, "cut short");
    with_segment(PT_LOAD, offsetof(Elf64_Phdr, p_offset), good_len, "cut short");
    with_segment(PT_LOAD, offsetof(Elf64_Phdr, p_filesz), UINT64_MAX, "cut short");
    with_segment(PT_LOAD, offsetof(Elf64_Phdr, p_memsz), 1,
                 "program headers are damaged");
    with_segment(PT_LOAD, offsetof(Elf64_Phdr, p_vaddr), UINT64_MAX - 2,
                 "program headers are damaged");
    with_segment(PT_DYNAMIC, offsetof(Elf64_Phdr, p_offset), good_len, "cut short");
    with_segment(PT_DYNAMIC, 0, PT_NULL, "no shared object that can be loaded");
}

static void what_has_no_sections_may_pass(void **state)
{
    struct kiri_error err = { 0 };
    Elf64_Ehdr h;
    (void)state;

    memcpy(&h, good, sizeof h);
    h.e_shoff = 0;
    h.e_shnum = 0;
    write_room(good, good_len);
    int fd = open(room_file, O_WRONLY);
    assert_int_equal(pwrite(fd, &h, sizeof h, 0), sizeof h);
    close(fd);
    if (check(&err))
        fail_msg("%s", err.text);
}

static void other_files_are_refused(void **state)
{
    static const char text[] =
        "#!/bin/sh\necho this is a text that is longer than a header; "
        "it goes on and on\n";
    struct kiri_error err = { 0 };
    int fd;
    (void)state;

    write_room(text, sizeof text);
    must_be_refused("text", "not a shared object (no ELF header)");
    write_room("hi", 2);
    must_be_refused("short text", "not a shared object (no ELF header)");
    write_room("", 0);
    must_be_refused("empty", "it is empty");
    fd = open(room_dir, O_RDONLY);
    assert_int_equal(plugin_elf_check(fd, room_dir, &err), -1);
    assert_non_null(strstr(err.text, "not a regular file"));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_objects_pass),
        cmocka_unit_test(an_object_cut_anywhere_is_refused),
        cmocka_unit_test(objects_of_another_kind_are_refused),
        cmocka_unit_test(segments_that_lie_are_refused),
        cmocka_unit_test(what_has_no_sections_may_pass),
        cmocka_unit_test(other_files_are_refused),
    };

    return cmocka_run_group_tests(tests, load_good, drop_good);
}
