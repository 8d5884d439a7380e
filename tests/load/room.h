/* room.h - what the tests of load/ share: where the fixtures are, a folder of their own,
 * and what must not change: the mapped files, the descriptors, the children. */
#ifndef KIRI_TESTS_LOAD_ROOM_H
#define KIRI_TESTS_LOAD_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "load/plugin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define PROBE      KIRI_BUILD_DIR "/tests/load/probe-helper"
#define ATOM(name) KIRI_BUILD_DIR "/tests/faults/atoms/" name ".so"

static char room_dir[64] __attribute__((unused));  /* a directory of this test's own */
static char room_file[96] __attribute__((unused)); /* room_dir/x.so */

static inline int room_make(void **state)
{
    (void)state;
    snprintf(room_dir, sizeof room_dir, "/tmp/kiri-load-XXXXXX");
    if (!mkdtemp(room_dir))
        return -1;
    snprintf(room_file, sizeof room_file, "%s/x.so", room_dir);
    return 0;
}

static inline int room_drop(void **state)
{
    (void)state;
    unlink(room_file);
    return rmdir(room_dir);
}

/* A file's bytes; the caller frees them. */
static inline char *bytes_of(const char *path, size_t *len)
{
    struct buf b = { 0 };
    char part[4096];
    FILE *f = fopen(path, "r");
    size_t n;

    assert_non_null(f);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_put(&b, part, n);
    fclose(f);
    return buf_take(&b, len);
}

static inline void write_room(const char *bytes, size_t len)
{
    int fd = open(room_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

/* The files that are mapped, one a line each time; heaps and stacks come and go. */
static inline char *mapped_files(void)
{
    struct buf b = { 0 };
    char line[512];
    FILE *f = fopen("/proc/self/maps", "r");

    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        const char *path = strchr(line, '/');

        if (path)
            buf_puts(&b, path);
    }
    fclose(f);
    return buf_take(&b, NULL);
}

static inline unsigned open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static inline void no_children_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

#endif
