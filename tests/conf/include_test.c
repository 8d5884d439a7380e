/* include_test.c - several files, one molecule. */
#include "room.h"

#include <stdarg.h>

#define MOST_MADE 80u

static char made[MOST_MADE][160];
static unsigned n_made;

/* room_dir/<name> with this text. */
static const char *write_file(const char *name, const char *text)
{
    char *path = made[n_made++];
    FILE *f;

    assert_true(n_made <= MOST_MADE);
    snprintf(path, sizeof made[0], "%s/%s", room_dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
    return path;
}

static int drop_files(void **state)
{
    char sub[96];
    (void)state;

    while (n_made)
        unlink(made[--n_made]);
    snprintf(sub, sizeof sub, "%s/sub", room_dir);
    rmdir(sub);
    return 0;
}

static void make_sub(void)
{
    char sub[96];

    snprintf(sub, sizeof sub, "%s/sub", room_dir);
    assert_int_equal(mkdir(sub, 0700), 0);
}

static void refused_with(const char *file, const char *part)
{
    struct conf_errors e = { 0 };
    struct conf *c = conf_read(room_file, &e);

    if (c || !says(&e, file, part))
        fail_msg("expected: %s: %s\ngot: %s", file, part, buf_text(&e.text));
    assert_int_equal(e.code, KIRI_BAD_CONFIG);
    conf_errors_free(&e);
}

static void atoms_of_all_files_run_together(void **state)
{
    struct conf_errors e = { 0 };
    char path[160];
    struct conf *c;
    (void)state;

    make_sub();
    setenv("KIRI_PART", "two", 1);
    write_file("sub/one.yaml", "include: [\"${env:KIRI_PART}.yaml\"]\n"
                               "atoms: { b: { plugin: ./b.so } }\n");
    write_file("sub/two.yaml", "state: here\natoms: { c: }\n");
    room_write("include: [sub/one.yaml]\natoms: { a: }\n");
    c = conf_read(room_file, &e);
    if (!c)
        fail_msg("%s", buf_text(&e.text));
    assert_int_equal(c->n_atoms, 3);
    assert_string_equal(c->atoms[0].name, "a");
    assert_string_equal(c->atoms[0].file, room_file);
    assert_string_equal(c->atoms[1].name, "b");
    snprintf(path, sizeof path, "%s/sub/./b.so", room_dir);
    assert_string_equal(c->atoms[1].plugin, path); /* relative to its own file */
    assert_string_equal(c->atoms[2].name, "c");
    snprintf(path, sizeof path, "%s/sub/here", room_dir);
    assert_string_equal(c->state, path);
    assert_string_equal(c->files[0], room_file);
    snprintf(path, sizeof path, "%s/sub/two.yaml", room_dir);
    assert_string_equal(c->files[2], path);
    assert_string_equal(c->atoms[2].file, path);
    assert_null(c->files[3]);
    conf_free(c);
}

static void a_name_that_stands_twice_is_said_with_both_places(void **state)
{
    const char *other = write_file("o.yaml", "atoms:\n  a: {}\nstate: /y\n");
    char part[320];
    (void)state;

    room_write("state: /x\ninclude: [o.yaml]\natoms: { a: }\n");
    snprintf(
        part, sizeof part,
        "2:3: atom `a` stands here a second time, first in %s:3:10: rename or remove "
        "one",
        room_file);
    refused_with(other, part);
    snprintf(part, sizeof part, "3:1: `state` is already said in %s:1:1: keep it in one",
             room_file);
    refused_with(other, part);
}

static void errors_of_all_files_come_in_one_run(void **state)
{
    struct conf_errors e = { 0 };
    const char *one = write_file("one.yaml", "a: 1\n");
    const char *two = write_file("two.yaml", "atoms: { x: [ }\n");
    (void)state;

    room_write("sate: /x\ninclude: [one.yaml, two.yaml, three.yaml]\n");
    assert_null(conf_read(room_file, &e));
    assert_true(says(&e, room_file, "1:1: unknown key `sate`, did you mean `state`?"));
    assert_true(says(&e, room_file, "2:31: "));
    assert_non_null(strstr(e.text.data, "three.yaml: No such file or directory"));
    assert_true(says(&e, one, "1:1: unknown key `a`"));
    assert_true(says(&e, two, "1:15: "));
    assert_int_equal(e.n,
                     4); /* and not that atoms are missing: they may be in two.yaml */
    conf_errors_free(&e);
}

static void a_cycle_is_refused(void **state)
{
    const char *other = write_file("o.yaml", "include: [m.yaml]\natoms: { b: }\n");
    char part[320];
    (void)state;

    room_write("include: [m.yaml]\natoms: { a: }\n");
    snprintf(part, sizeof part,
             "1:11: %s: a file that includes itself: remove this entry", room_file);
    refused_with(room_file, part);
    room_write("include: [o.yaml]\natoms: { a: }\n");
    refused_with(other, part);
}

static void one_file_is_included_once(void **state)
{
    const char *other = write_file("o.yaml", "atoms: { b: }\n");
    char part[320];
    (void)state;

    room_write("include: [o.yaml, ./o.yaml]\natoms: { a: }\n");
    snprintf(part, sizeof part,
             "1:19: %s/./o.yaml: it is included a second time, first in %s:1: remove one",
             room_dir, room_file);
    refused_with(room_file, part);
    (void)other;
}

static void files_may_be_included_8_deep(void **state)
{
    char name[24], text[64], path[160];
    struct conf_errors e = { 0 };
    struct conf *c;
    (void)state;

    for (int i = 1; i <= 9; i++) {
        snprintf(name, sizeof name, "%d.yaml", i);
        if (i < 9)
            snprintf(text, sizeof text, "include: [%d.yaml]\n", i + 1);
        else
            snprintf(text, sizeof text, "retention: { size: 1GB }\n");
        write_file(name, text);
    }
    room_write("include: [2.yaml]\natoms: { a: }\n");
    c = conf_read(room_file, &e);
    if (!c)
        fail_msg("%s", buf_text(&e.text));
    conf_free(c);
    room_write("include: [1.yaml]\natoms: { a: }\n");
    snprintf(path, sizeof path, "%s/8.yaml", room_dir);
    refused_with(path, "1:11: ");
    refused_with(room_file, ": files are included more than 8 deep");
}

static void at_most_64_files_are_one_molecule(void **state)
{
    struct buf text = { 0 };
    char name[24];
    (void)state;

    buf_puts(&text, "atoms: { a: }\ninclude:\n");
    for (int i = 0; i < 63; i++) {
        snprintf(name, sizeof name, "f%d.yaml", i);
        write_file(name, i < 62 ? "{}\n" : "include: [more.yaml]\n");
        buf_putf(&text, "  - %s\n", name);
    }
    room_write(buf_text(&text));
    refused_with(made[62], "1:11: more than 64 files belong to this molecule");
    buf_free(&text);
}

static void limits_hold_for_all_files_together(void **state)
{
    struct buf text = { 0 };
    const char *second;
    (void)state;

    buf_puts(&text, "# ");
    for (int i = 0; i < 20000; i++)
        buf_puts(&text, "xxxxxxxx");
    buf_puts(&text, "\n{}\n");
    write_file("one.yaml", buf_text(&text));
    second = write_file("two.yaml", buf_text(&text));
    room_write("include: [one.yaml, two.yaml]\natoms: { a: }\n");
    refused_with(second, "1:1: the file is larger than 256 KiB, the most that is read of "
                         "all files together");
    buf_clear(&text);
    buf_puts(&text, "plugins: [");
    for (int i = 0; i < 21000; i++)
        buf_puts(&text, "x,");
    buf_puts(&text, "x]\n");
    write_file("one.yaml", buf_text(&text));
    second = write_file("two.yaml", buf_text(&text));
    refused_with(second, "1:");
    refused_with(second, ": more than 40000 values, lists and mappings in all its files");
    buf_free(&text);
}

static void an_included_file_is_guarded_too(void **state)
{
    const char *other = write_file("o.yaml", "atoms: { b: }\n");
    char part[320];
    (void)state;

    assert_int_equal(chmod(other, 0606), 0);
    room_write("include: [o.yaml]\natoms: { a: }\n");
    snprintf(part, sizeof part,
             "1:11: %s: anybody may write to it (mode 0606): chmod o-w %s", other, other);
    refused_with(room_file, part);
}

#define TEST(name) cmocka_unit_test_teardown(name, drop_files)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(atoms_of_all_files_run_together),
        TEST(a_name_that_stands_twice_is_said_with_both_places),
        TEST(errors_of_all_files_come_in_one_run),
        TEST(a_cycle_is_refused),
        TEST(one_file_is_included_once),
        TEST(files_may_be_included_8_deep),
        TEST(at_most_64_files_are_one_molecule),
        TEST(limits_hold_for_all_files_together),
        TEST(an_included_file_is_guarded_too),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
