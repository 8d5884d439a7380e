/* folders_test.c - filename.so: folders that come, go, and change their names. */
#include "place.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))
#define IS(place, ...)                                                                   \
    place_is(place, (const char *const[]){ __VA_ARGS__ },                                \
             COUNT(((const char *const[]){ __VA_ARGS__ })))

/* What the plugin calls: the kernel's, as long as there are watches left. */
static int watches_left = INT_MAX;
static int deaf; /* ... and the watches hear nothing */

KIRI_EXPORT int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    static int (*real)(int, const char *, uint32_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "inotify_add_watch");
    if (watches_left <= 0) {
        errno = ENOSPC;
        return -1;
    }
    watches_left--;
    return real(fd, path, deaf ? IN_ONLYDIR | IN_ATTRIB : mask);
}

static int make(void **state)
{
    watches_left = INT_MAX;
    deaf = 0;
    if (place_make(state))
        return -1;
    kiri_test_option(((struct place *)*state)->t, "recursive", "true");
    return 0;
}

static void folders_in_folders_are_followed(void **state)
{
    struct place *p = *state;

    place_folder(p, "in/a");
    place_folder(p, "in/a/b");
    place_file(p, "in/a/b/there");
    place_open(p);
    place_until(p, 3);
    IS(p, "in/a", "in/a/b", "in/a/b/there");
    place_file(p, "in/a/b/new");
    place_folder(p, "in/c"); /* what is in it before it is watched is not overlooked */
    place_file(p, "in/c/early");
    place_folder(p, "in/c/d");
    place_file(p, "in/c/d/earlier");
    place_until(p, 8);
    IS(p, "in/a", "in/a/b", "in/a/b/there", "in/a/b/new", "in/c", "in/c/early", "in/c/d",
       "in/c/d/earlier");
    place_file(p, "in/c/d/late");
    place_collect(p, "in/c/d");
    assert_int_equal(place_count(p, "in/c/d/late"), 1);
}

static void a_folder_that_is_renamed_keeps_its_names(void **state)
{
    struct place *p = *state;

    place_folder(p, "in/a");
    place_folder(p, "in/a/b");
    place_file(p, "in/a/b/one");
    place_open(p);
    place_collect(p, "in/a/b");
    place_forget(p);
    place_rename(p, "in/a", "in/z");
    place_file(p, "in/z/b/two");
    place_collect(p, "in/z/b");
    IS(p, "in/z", "in/z/b/two");
    place_folder(p, "in/y");
    place_collect(p, "in");
    place_rename(p, "in/z/b", "in/y/b"); /* into another, at another depth */
    place_file(p, "in/y/b/three");
    place_collect(p, "in/y/b");
    assert_int_equal(place_count(p, "in/y/b/three"), 1);
    assert_int_equal(place_count(p, "in/y/b/one"), 0);
    assert_int_equal(place_count(p, "in/y/b/two"), 0);
}

static void a_folder_that_leaves_is_not_heard_any_more(void **state)
{
    struct place *p = *state;

    place_folder(p, "in/a");
    place_folder(p, "in/a/b");
    place_open(p);
    place_collect(p, "in/a/b");
    place_forget(p);
    place_rename(p, "in/a", "out");
    place_collect(p, "in"); /* it has heard of it by now */
    place_file(p, "out/secret");
    place_file(p, "out/b/secret");
    place_collect(p, "in");
    assert_int_equal(p->n, 0);
    place_rename(p, "out", "in/a"); /* and comes back, with more in it */
    place_until(p, 2);
    IS(p, "in/a/secret", "in/a/b/secret");
    place_file(p, "in/a/b/again");
    place_collect(p, "in/a/b");
    assert_int_equal(place_count(p, "in/a/b/again"), 1);
}

static void folders_may_be_made_and_removed_quickly(void **state)
{
    struct place *p = *state;
    char path[64];

    place_open(p);
    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "in/d%03d", i);
        place_folder(p, path);
        strcat(path, "/x");
        place_file(p, path);
        place_remove(p, path);
        path[strlen(path) - 2] = '\0';
        place_remove(p, path);
        if (i % 7 == 0)
            place_collect(p, "in");
    }
    place_collect(p, "in");
    snprintf(path, sizeof path, "in/d000");
    assert_int_equal(place_count(p, path), 1);
    assert_true(p->n >= 200);
}

static void links_to_folders_are_not_followed(void **state)
{
    struct place *p = *state;

    place_open(p);
    assert_int_equal(symlink(".", place_path(p, "in/loop")), 0);
    place_file(p, "in/one");
    place_collect(p, "in");
    IS(p, "in/loop", "in/one");
}

/* A watched folder that is not there is looked for every two seconds. */
static void look(struct place *p)
{
    int64_t deadline = place_now() + PLACE_DEADLINE_MS;
    int lines = (int)p->t->lines;

    p->t->mono_ms += 2000;
    while ((int)p->t->lines == lines)
        place_step(p, deadline);
}

static void a_watched_folder_may_come_and_go(void **state)
{
    struct place *p = *state;

    place_remove(p, "in");
    place_open(p);
    assert_non_null(strstr(p->t->line, "/in: No such file or directory; it is looked"));
    place_folder(p, "in");
    place_file(p, "in/early");
    look(p);
    assert_non_null(strstr(p->t->line, "/in is there"));
    place_collect(p, "in");
    IS(p, "in/early");
    place_rename(p, "in", "old");
    place_file(p, "old/unheard");
    look(p);
    assert_non_null(strstr(p->t->line, "/in: No such file or directory"));
    place_folder(p, "in");
    place_file(p, "in/new");
    look(p);
    place_collect(p, "in");
    assert_int_equal(place_count(p, "in/new"), 1);
    assert_int_equal(place_count(p, "old/unheard"), 0);
    assert_int_equal(place_count(p, "in/unheard"), 0);
}

static void a_folder_in_the_place_of_a_watched_one_is_watched(void **state)
{
    struct place *p = *state;

    place_open(p);
    place_collect(p, "in");
    place_folder(p, "fresh");
    place_file(p, "fresh/one");
    place_rename(p, "in", "old");
    place_rename(p, "fresh", "in");
    place_until(p, 1);
    IS(p, "in/one");
    place_file(p, "in/two");
    place_collect(p, "in");
    IS(p, "in/one", "in/two");
}

/* As when something is mounted over it. */
static void a_change_that_no_event_tells_of_is_seen_in_half_a_minute(void **state)
{
    struct place *p = *state;
    int64_t deadline = place_now() + PLACE_DEADLINE_MS;

    deaf = 1;
    place_open(p);
    while (!strstr(p->t->line, "watches"))
        place_step(p, deadline);
    deaf = 0;
    place_rename(p, "in", "old");
    place_folder(p, "in");
    place_file(p, "in/one");
    p->t->mono_ms += 30000;
    place_until(p, 1);
    place_file(p, "in/two");
    place_collect(p, "in");
    IS(p, "in/one", "in/two");
}

static void several_folders_are_watched_and_one_twice_is_one(void **state)
{
    struct place *p = *state;
    char both[3 * PATH_MAX];

    place_folder(p, "on");
    place_folder(p, "in/sub");
    snprintf(both, sizeof both, "%s/in\n%s/on/\n%s/in/sub", p->dir, p->dir, p->dir);
    kiri_test_option(p->t, "watch", both);
    place_open(p);
    place_file(p, "in/sub/x");
    place_file(p, "in/y");
    place_file(p, "on/z");
    place_collect(p, "in/sub");
    IS(p, "in/sub", "in/sub/x", "in/y", "on/z");
}

/* E5: no watch left: said with its remedy, and the folders are read instead. */
static void without_watches_folders_are_read_twice_a_minute(void **state)
{
    struct place *p = *state;
    int64_t deadline = place_now() + PLACE_DEADLINE_MS;

    place_folder(p, "in/a");
    place_folder(p, "in/b");
    watches_left = 2;
    place_open(p);
    place_until(p, 2);
    if (!strstr(p->t->line, "more: sysctl fs.inotify.max_user_watches"))
        fail_msg("%s", p->t->line);
    while (!strstr(p->t->line, "filename: watches"))
        place_step(p, deadline); /* reads them, and rests */
    place_forget(p);
    place_file(p, "in/a/one");
    place_file(p, "in/b/two");
    p->t->mono_ms += 30000;
    place_until(p, 2);
    IS(p, "in/a/one", "in/b/two");
    watches_left = INT_MAX; /* there are more now */
    p->t->mono_ms += 30000;
    place_file(p, "in/b/three");
    place_collect(p, "in/b");
    place_file(p, "in/a/four");
    place_collect(p, "in/b");
    IS(p, "in/a/one", "in/b/two", "in/b/three", "in/a/four");
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, make, place_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(folders_in_folders_are_followed),
        PLACE_TEST(a_folder_that_is_renamed_keeps_its_names),
        PLACE_TEST(a_folder_that_leaves_is_not_heard_any_more),
        PLACE_TEST(folders_may_be_made_and_removed_quickly),
        PLACE_TEST(links_to_folders_are_not_followed),
        PLACE_TEST(a_watched_folder_may_come_and_go),
        PLACE_TEST(a_folder_in_the_place_of_a_watched_one_is_watched),
        PLACE_TEST(a_change_that_no_event_tells_of_is_seen_in_half_a_minute),
        PLACE_TEST(several_folders_are_watched_and_one_twice_is_one),
        PLACE_TEST(without_watches_folders_are_read_twice_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
