/* path_test.c - where things are, by XDG and systemd; small files read whole. */
#include "test.h"

#include "base/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

/* root/name; valid until the fourth call from now. */
static const char *at(const char *name)
{
    static char ring[4][128];
    static unsigned turn;
    char *out = ring[turn++ % 4];

    snprintf(out, sizeof ring[0], "%s/%s", root, name);
    return out;
}

static void write_file(const char *path, const char *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/kiri-path-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
    static const char *const left[] = { "file", "a/b/c", "a/b", "a", "" };
    (void)state;

    for (size_t i = 0; i < COUNT(left); i++)
        remove(at(left[i]));
    return access(root, F_OK) == 0 ? -1 : 0;
}

static void is(char *made, const char *expected)
{
    assert_non_null(made);
    assert_string_equal(made, expected);
    free(made);
}

static void the_state_directory_follows_systemd_then_xdg_then_home(void **state)
{
    (void)state;
    setenv("HOME", "/home/mini", 1);
    unsetenv("STATE_DIRECTORY");
    unsetenv("XDG_STATE_HOME");
    is(path_state(), "/home/mini/.local/state/kiri");
    setenv("XDG_STATE_HOME", "/x/state", 1);
    is(path_state(), "/x/state/kiri");
    setenv("XDG_STATE_HOME", "relative", 1); /* the standard says: ignore it */
    is(path_state(), "/home/mini/.local/state/kiri");
    setenv("STATE_DIRECTORY", "/var/lib/kiri", 1);
    is(path_state(), "/var/lib/kiri");
    setenv("STATE_DIRECTORY", "/var/lib/kiri:/var/lib/other", 1);
    is(path_state(), "/var/lib/kiri");
    unsetenv("STATE_DIRECTORY");
    unsetenv("XDG_STATE_HOME");
}

static void a_tilde_is_home_and_nothing_else_changes(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "~", "/home/mini" },
        { "~/Downloads", "/home/mini/Downloads" },
        { "~other/file", "~other/file" },
        { "/a/~/b", "/a/~/b" },
        { "relative", "relative" },
        { "", "" },
    };
    (void)state;

    setenv("HOME", "/home/mini", 1);
    for (size_t i = 0; i < COUNT(cases); i++)
        is(path_expand(cases[i].in), cases[i].out);
}

static void joining_keeps_absolute_paths_and_one_slash(void **state)
{
    (void)state;
    is(path_join("/a", "b"), "/a/b");
    is(path_join("/a/", "b"), "/a/b");
    is(path_join("/a", "/b"), "/b");
    is(path_join("a", "b/c"), "a/b/c");
}

static void a_program_finds_its_own_directory(void **state)
{
    char *dir = path_self_dir();
    char self[512];
    (void)state;

    assert_non_null(dir);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    is(dir, self);
}

static void missing_directories_are_made_for_their_owner_only(void **state)
{
    struct kiri_error err = { 0 };
    struct stat st;
    (void)state;

    mode_t mask = umask(0);
    assert_int_equal(path_make(at("a/b/c"), &err), 0);
    umask(mask);
    for (const char *const *name = (const char *const[]){ "a", "a/b", "a/b/c", NULL };
         *name; name++) {
        assert_int_equal(stat(at(*name), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
    }
    assert_int_equal(path_make(at("a/b/c"), &err), 0); /* again: nothing to do */
    assert_int_equal(path_make(at("a/b/c/"), &err), 0);
}

static void what_cannot_be_made_is_said_with_its_path(void **state)
{
    struct kiri_error err = { 0 };
    (void)state;

    write_file(at("file"), "x", 1);
    assert_int_equal(path_make(at("file"), &err), -1);
    assert_int_equal(err.code, KIRI_NO_WRITE);
    assert_non_null(strstr(err.text, at("file")));
    assert_non_null(strstr(err.text, "not a directory"));
    assert_int_equal(path_make(at("file/below"), &err), -1);
    assert_int_equal(err.code, KIRI_NO_WRITE);
    assert_int_equal(path_make("", &err), -1);
    assert_int_equal(err.code, KIRI_NO_WRITE);
}

static void a_file_is_read_whole_and_nul_terminated(void **state)
{
    enum { BIG = 100000 };
    struct kiri_error err = { 0 };
    char *big = malloc(BIG), *got;
    size_t n = 0;
    (void)state;

    assert_non_null(big);
    for (int i = 0; i < BIG; i++)
        big[i] = (char)(i * 7);
    write_file(at("file"), big, BIG);
    got = path_read(at("file"), BIG, &n, &err); /* exactly as many as allowed */
    assert_non_null(got);
    assert_int_equal(n, BIG);
    assert_memory_equal(got, big, BIG);
    assert_int_equal(got[n], '\0');
    free(got);
    free(big);

    write_file(at("file"), "", 0);
    got = path_read(at("file"), 10, &n, &err);
    assert_non_null(got);
    assert_int_equal(n, 0);
    free(got);
}

static void a_file_of_the_kernel_without_a_size_is_read_too(void **state)
{
    size_t n = 0;
    char *got = path_read("/proc/self/stat", 65536, &n, NULL);
    (void)state;

    assert_non_null(got);
    assert_true(n > 20);
    free(got);
}

static void what_cannot_be_read_is_said_with_its_path(void **state)
{
    static const struct {
        const char *name;
        size_t most;
        enum kiri_code code;
        const char *part;
    } cases[] = {
        { "none", 10, KIRI_NO_INPUT, "No such file" },
        { "", 10, KIRI_NO_INPUT, "is a directory" },
        { "file", 3, KIRI_BAD_DATA, "larger than 3 bytes" },
    };
    (void)state;

    write_file(at("file"), "four", 4);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_error err = { 0 };
        assert_null(path_read(at(cases[i].name), cases[i].most, NULL, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_non_null(strstr(err.text, at(cases[i].name)));
        assert_non_null(strstr(err.text, cases[i].part));
    }
}

static void an_error_keeps_its_code_and_gains_a_place(void **state)
{
    struct kiri_error err = { 0 };
    (void)state;

    assert_int_equal(kiri_fail(&err, KIRI_BAD_DATA, "byte %d is wrong", 3), -1);
    assert_int_equal(kiri_fail_in(&err, "%s", "pulse.model"), -1);
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_string_equal(err.text, "pulse.model: byte 3 is wrong");
    assert_int_equal(kiri_fail(NULL, KIRI_IO, "nobody listens"), -1);
    assert_int_equal(kiri_fail_in(NULL, "here"), -1);

    kiri_fail(&err, KIRI_IO, "%02000d", 7); /* longer than the room: cut, not past it */
    kiri_fail_in(&err, "%02000d", 8);
    assert_true(strlen(err.text) < sizeof err.text);
}

int main(void)
{
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, drop_root)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_directory_follows_systemd_then_xdg_then_home),
        cmocka_unit_test(a_tilde_is_home_and_nothing_else_changes),
        cmocka_unit_test(joining_keeps_absolute_paths_and_one_slash),
        cmocka_unit_test(a_program_finds_its_own_directory),
        IN_ROOT(missing_directories_are_made_for_their_owner_only),
        IN_ROOT(what_cannot_be_made_is_said_with_its_path),
        IN_ROOT(a_file_is_read_whole_and_nul_terminated),
        cmocka_unit_test(a_file_of_the_kernel_without_a_size_is_read_too),
        IN_ROOT(what_cannot_be_read_is_said_with_its_path),
        cmocka_unit_test(an_error_keeps_its_code_and_gains_a_place),
    };
#undef IN_ROOT
    return cmocka_run_group_tests(tests, NULL, NULL);
}
