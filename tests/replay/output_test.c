/* tests/replay/output_test.c mirrors host/replay/output.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/path.h"
#include "replay/output.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/kiri-output-XXXXXX", file[64];

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(file, sizeof file, "%s/f", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(dir);
}

static unsigned files(void)
{
    DIR *d = opendir(dir);
    unsigned n = 0;

    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void assert_holds(const char *text)
{
    struct kiri_error err;
    size_t len;
    char *bytes = path_read(file, 100, &len, &err);

    assert_non_null(bytes);
    assert_string_equal(bytes, text);
    free(bytes);
}

static struct output *written(const char *text, int force)
{
    struct kiri_error err;
    struct output *o = output_open(file, force, &err);

    assert_non_null(o);
    assert_int_equal(output_write(o, text, strlen(text), &err), 0);
    return o;
}

static void a_file_has_its_name_when_it_is_whole(void **state)
{
    struct kiri_error err;
    (void)state;

    struct output *o = written("one", 0);
    assert_int_equal(access(file, F_OK), -1);
    assert_int_equal(output_keep(o, &err), 0);
    assert_holds("one");
    assert_int_equal(files(), 1);
}

static void what_is_dropped_leaves_nothing(void **state)
{
    (void)state;
    unlink(file);
    output_drop(written("half", 0));
    assert_int_equal(files(), 0);
    output_drop(NULL);
}

static void a_file_that_is_there_is_only_replaced_by_force(void **state)
{
    struct kiri_error err = { 0 };
    (void)state;

    assert_int_equal(output_keep(written("old", 1), &err), 0);
    assert_null(output_open(file, 0, &err));
    assert_int_equal(err.code, KIRI_NO_WRITE);
    assert_non_null(strstr(err.text, "--force"));
    struct output *o = written("new", 1);
    assert_holds("old");
    assert_int_equal(output_keep(o, &err), 0);
    assert_holds("new");
    assert_int_equal(files(), 1);
}

static void a_file_that_came_meanwhile_is_not_overwritten(void **state)
{
    struct kiri_error err = { 0 };
    (void)state;

    unlink(file);
    struct output *first = written("first", 0), *second;
    assert_int_equal(output_keep(first, &err), 0);
    unlink(file);
    second = written("second", 0);
    FILE *other = fopen(file, "w");
    assert_non_null(other);
    fclose(other);
    assert_int_equal(output_keep(second, &err), -1);
    assert_holds("");
    assert_int_equal(files(), 1);
}

static void a_device_is_written_as_it_is(void **state)
{
    struct kiri_error err = { 0 };
    (void)state;

    struct output *o = output_open("/dev/null", 0, &err);
    assert_non_null(o);
    assert_int_equal(output_keep(o, &err), 0);
    o = output_open("/dev/full", 1, &err);
    assert_non_null(o);
    assert_int_equal(output_write(o, "x", 1, &err), 0);
    assert_int_equal(output_keep(o, &err), -1);
    assert_int_equal(err.code, KIRI_IO);
}

static void a_place_that_cannot_be_written_is_said(void **state)
{
    static const char *const paths[] = { "/nowhere/f", "/tmp" };
    (void)state;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct kiri_error err = { 0 };
        assert_null(output_open(paths[i], 1, &err));
        assert_int_equal(err.code, KIRI_NO_WRITE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_its_name_when_it_is_whole),
        cmocka_unit_test(what_is_dropped_leaves_nothing),
        cmocka_unit_test(a_file_that_is_there_is_only_replaced_by_force),
        cmocka_unit_test(a_file_that_came_meanwhile_is_not_overwritten),
        cmocka_unit_test(a_device_is_written_as_it_is),
        cmocka_unit_test(a_place_that_cannot_be_written_is_said),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
