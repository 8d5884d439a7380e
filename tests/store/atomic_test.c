/*
 * A file is replaced whole or not at all, whatever the disk says.
 */
#include "store/atomic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct room {
    char path[64];
    int dir;
};

static int open_room(void **state)
{
    struct room *r = calloc(1, sizeof *r);

    if (!r)
        return -1;
    snprintf(r->path, sizeof r->path, "/tmp/kiri-atomic-XXXXXX");
    if (!mkdtemp(r->path))
        return -1;
    r->dir = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = r;
    return r->dir < 0 ? -1 : 0;
}

static int close_room(void **state)
{
    struct room *r = *state;
    DIR *list = fdopendir(r->dir);

    rewinddir(list);
    for (struct dirent *d; (d = readdir(list));)
        unlinkat(r->dir, d->d_name, 0);
    closedir(list);
    rmdir(r->path);
    free(r);
    return 0;
}

static unsigned count_names(const struct room *r, const char *prefix)
{
    DIR *list = opendir(r->path);
    unsigned n = 0;

    for (struct dirent *d; (d = readdir(list));)
        n += d->d_name[0] != '.' && !strncmp(d->d_name, prefix, strlen(prefix));
    closedir(list);
    return n;
}

static void assert_holds(const struct room *r, const char *name, const char *text)
{
    char got[256];
    int fd = openat(r->dir, name, O_RDONLY);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, got, sizeof got - 1);
    close(fd);
    assert_true(n >= 0);
    got[n] = '\0';
    assert_string_equal(got, text);
}

static void save(const struct room *r, const char *name, const char *text)
{
    assert_int_equal(atomic_replace(r->dir, name, text, strlen(text), NULL), 0);
}

static void the_new_bytes_are_there_and_the_old_ones_are_kept(void **state)
{
    const struct room *r = *state;
    struct stat st;

    save(r, "pulse", "one");
    assert_int_equal(faccessat(r->dir, "pulse.prev", F_OK, 0), -1);
    save(r, "pulse", "two");
    save(r, "pulse", "three");
    assert_holds(r, "pulse", "three");
    assert_holds(r, "pulse.prev", "two");
    assert_int_equal(count_names(r, ""), 2);
    assert_int_equal(fstatat(r->dir, "pulse", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void an_empty_file_is_a_file(void **state)
{
    const struct room *r = *state;

    assert_int_equal(atomic_replace(r->dir, "none", NULL, 0, NULL), 0);
    assert_holds(r, "none", "");
}

static void what_a_killed_save_left_is_in_nobodys_way(void **state)
{
    const struct room *r = *state;

    assert_int_equal(symlinkat("/dev/full", r->dir, "pulse.tmp"), 0);
    assert_int_equal(mkfifoat(r->dir, "drift.tmp", 0600), 0);
    save(r, "pulse", "one");
    save(r, "drift", "two");
    assert_holds(r, "pulse", "one");
    assert_holds(r, "drift", "two");

    /* Killed between keeping the old one and putting the new one: both names, one file.
     */
    assert_int_equal(linkat(r->dir, "pulse", r->dir, "pulse.prev", 0), 0);
    assert_int_equal(linkat(r->dir, "pulse", r->dir, "pulse.prev.tmp", 0), 0);
    save(r, "pulse", "two");
    assert_holds(r, "pulse", "two");
    assert_holds(r, "pulse.prev", "one");
    assert_int_equal(count_names(r, "pulse"), 2);
}

static void sweeping_takes_temporary_files_only(void **state)
{
    const struct room *r = *state;
    static const char *const names[] = { "a.tmp",  "b.safetensors.prev.tmp",
                                         ".tmp",   "tmp",
                                         "a.tmpl", "a" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        close(openat(r->dir, names[i], O_CREAT | O_WRONLY, 0600));
    atomic_sweep(r->dir);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(faccessat(r->dir, names[i], F_OK, 0), i < 2 ? -1 : 0);
}

/* A disk that takes only so many bytes, in a child of our own: SIGXFSZ is ignored as the
 * host does, so write(2) fails half way. */
static void a_full_disk_leaves_the_old_bytes(void **state)
{
    const struct room *r = *state;
    static char big[100000];
    int status;
    pid_t child;

    save(r, "pulse", "old");
    child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct rlimit most = { 4096, 4096 };
        struct kiri_error err = { 0 };

        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &most);
        _exit(atomic_replace(r->dir, "pulse", big, sizeof big, &err) == -1 &&
                      err.code == KIRI_IO && strstr(err.text, "pulse") &&
                      strstr(err.text, "untouched")
                  ? 0
                  : 1);
    }
    assert_int_equal(TEMP_FAILURE_RETRY(waitpid(child, &status, 0)), child);
    assert_int_equal(status, 0);
    assert_holds(r, "pulse", "old");
    assert_int_equal(count_names(r, ""), 1);
}

/* Whenever the process dies, a reader finds one of the two, whole. */
static void a_kill_at_any_moment_leaves_old_or_new(void **state)
{
    const struct room *r = *state;
    static char page[2][40000];

    memset(page[0], 'a', sizeof page[0]);
    memset(page[1], 'b', sizeof page[1]);
    assert_int_equal(atomic_replace(r->dir, "pulse", page[0], sizeof page[0], NULL), 0);
    for (unsigned round = 0; round < 20; round++) {
        struct timespec moment = { .tv_nsec = (long)(round * 397) % 7000 * 1000 };
        static char got[sizeof page[0] + 1];
        pid_t child = fork();
        ssize_t n;
        int fd;

        assert_true(child >= 0);
        if (!child)
            for (unsigned i = 0;; i++)
                atomic_replace(r->dir, "pulse", page[i % 2], sizeof page[0], NULL);
        nanosleep(&moment, NULL);
        kill(child, SIGKILL);
        TEMP_FAILURE_RETRY(waitpid(child, NULL, 0));

        fd = openat(r->dir, "pulse", O_RDONLY);
        assert_true(fd >= 0);
        n = read(fd, got, sizeof got);
        close(fd);
        assert_int_equal(n, sizeof page[0]);
        assert_true(!memcmp(got, page[0], sizeof page[0]) ||
                    !memcmp(got, page[1], sizeof page[1]));
    }
}

/* RELIABILITY A8: in a child that has used up all its descriptors. */
static void a_save_needs_no_descriptor_that_is_left(void **state)
{
    const struct room *r = *state;
    int status;
    pid_t child;

    save(r, "pulse", "old");
    child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct rlimit most = { 64, 64 };

        atomic_reserve();
        setrlimit(RLIMIT_NOFILE, &most);
        while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
            continue;
        for (int i = 0; i < 3; i++) /* the descriptor is held back again */
            if (errno != EMFILE || atomic_replace(r->dir, "pulse", "new", 3, NULL) ||
                open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
                _exit(1);
        _exit(0);
    }
    while (waitpid(child, &status, 0) != child)
        assert_int_equal(errno, EINTR);
    assert_int_equal(status, 0);
    assert_holds(r, "pulse", "new");
}

static void a_bad_place_gets_a_sentence(void **state)
{
    const struct room *r = *state;
    struct kiri_error err;
    char name[300];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(atomic_replace(r->dir, name, "a", 1, &err), -1);
    assert_non_null(strstr(err.text, "too long"));
    assert_int_equal(atomic_replace(-1, "pulse", "a", 1, &err), -1);
    assert_non_null(strstr(err.text, "cannot save pulse"));
}

static void set_aside_keeps_the_newest(void **state)
{
    const struct room *r = *state;
    char made[128], companion[160];
    struct kiri_error err;

    for (int i = 0; i < 5; i++) {
        char text[2] = { (char)('0' + i), '\0' };

        save(r, "pulse", text);
        assert_int_equal(
            atomic_set_aside(r->dir, "pulse", "bad", 3, made, sizeof made, &err), 0);
        snprintf(companion, sizeof companion, "%s-wal", made);
        close(openat(r->dir, companion, O_CREAT | O_WRONLY, 0600));
        assert_holds(r, made, text);
        unlinkat(r->dir, "pulse.prev", 0);
    }
    assert_int_equal(faccessat(r->dir, "pulse", F_OK, 0), -1);
    assert_int_equal(count_names(r, "pulse.bad-"), 6); /* 3, each with its companion */
    assert_int_equal(atomic_set_aside(r->dir, "pulse", "bad", 3, made, sizeof made, &err),
                     -1);
    assert_non_null(strstr(err.text, "cannot move pulse aside"));
}

int main(void)
{
#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(the_new_bytes_are_there_and_the_old_ones_are_kept),
        ROOM_TEST(an_empty_file_is_a_file),
        ROOM_TEST(what_a_killed_save_left_is_in_nobodys_way),
        ROOM_TEST(sweeping_takes_temporary_files_only),
        ROOM_TEST(a_full_disk_leaves_the_old_bytes),
        ROOM_TEST(a_kill_at_any_moment_leaves_old_or_new),
        ROOM_TEST(a_save_needs_no_descriptor_that_is_left),
        ROOM_TEST(a_bad_place_gets_a_sentence),
        ROOM_TEST(set_aside_keeps_the_newest),
    };
#undef ROOM_TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
