/* room.h - what the tests of conf/ share: cmocka in its order, and a file made of a text.
 */
#ifndef KIRI_TESTS_CONF_ROOM_H
#define KIRI_TESTS_CONF_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char room_dir[64];  /* a directory of this test's own */
static char room_file[80]; /* room_dir/m.yaml */

static int room_make(void **state)
{
    (void)state;
    snprintf(room_dir, sizeof room_dir, "/tmp/kiri-conf-XXXXXX");
    if (!mkdtemp(room_dir))
        return -1;
    snprintf(room_file, sizeof room_file, "%s/m.yaml", room_dir);
    return setenv("HOME", "/home/someone", 1) || unsetenv("STATE_DIRECTORY") ||
           unsetenv("XDG_STATE_HOME");
}

static int room_drop(void **state)
{
    (void)state;
    unlink(room_file);
    return rmdir(room_dir);
}

static inline void room_write(const char *text)
{
    FILE *f = fopen(room_file, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(room_file, 0600), 0);
}

/* Does a line of the errors hold `part` right behind the file's name? (": part":
 * anywhere) */
static inline int says(const struct conf_errors *e, const char *file, const char *part)
{
    char line[512];

    if (*part == ':')
        return strstr(buf_text(&e->text), part) != NULL;
    snprintf(line, sizeof line, "%s:%s", file, part);
    return strstr(buf_text(&e->text), line) != NULL;
}

#endif
