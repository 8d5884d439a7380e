/* names_test.c - filename.so: which names are told, and how often. Real folders, real
 * inotify. */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))
#define IS(place, ...)                                                                   \
    place_is(place, (const char *const[]){ __VA_ARGS__ },                                \
             COUNT(((const char *const[]){ __VA_ARGS__ })))

static void names_that_are_there_come_first_then_new_ones(void **state)
{
    struct place *p = *state;

    place_file(p, "in/one.txt");
    place_file(p, "in/two.txt");
    place_open(p);
    place_until(p, 2);
    IS(p, "in/one.txt", "in/two.txt");
    place_file(p, "in/three.txt");
    place_until(p, 3);
    assert_string_equal(p->told[2].name, "three.txt");
    assert_int_equal(p->told[2].len, 9);
    assert_string_equal(p->told[2].label, place_path(p, "in/three.txt"));
}

static void each_name_is_told_once(void **state)
{
    struct place *p = *state;

    place_open(p);
    place_file(p, "in/a");
    place_file(p, "in/a"); /* opened again and written */
    place_file(p, "in/b");
    place_rename(p, "in/b", "in/a"); /* as editors save */
    place_remove(p, "in/a");
    place_file(p, "in/a");
    place_collect(p, "in");
    IS(p, "in/a", "in/b");
    place_remove(p, "in/a");
    place_file(p, "in/a");
    place_collect(p, "in");
    assert_int_equal(p->n, 2);
}

static void a_new_name_for_an_old_file_is_a_name(void **state)
{
    struct place *p = *state;

    place_file(p, "in/old");
    place_file(p, "elsewhere");
    place_open(p);
    place_rename(p, "in/old", "in/new");
    place_rename(p, "elsewhere", "in/here");
    place_collect(p, "in");
    assert_int_equal(place_count(p, "in/new"), 1);
    assert_int_equal(place_count(p, "in/here"), 1);
}

static void links_and_folders_have_names_too(void **state)
{
    struct place *p = *state;

    place_open(p);
    assert_int_equal(symlink("nowhere", place_path(p, "in/link")), 0);
    place_folder(p, "in/folder");
    place_file(p, "in/folder/inside"); /* which is not recursive */
    place_collect(p, "in");
    IS(p, "in/link", "in/folder");
}

static void names_that_nobody_chose_are_not_told(void **state)
{
    static const char *const usual[] = {
        "in/a.tmp",         "in/b.part", "in/c.crdownload",
        "in/.d.txt.swp",    "in/e~",     "in/.#f",
        "in/.~lock.g.odt#", "in/4913",   "in/.goutputstream-X1Y2Z3"
    };
    struct place *p = *state;

    place_open(p);
    for (uint32_t i = 0; i < COUNT(usual); i++)
        place_file(p, usual[i]);
    place_file(p, "in/4914");
    place_rename(p, "in/a.tmp", "in/a.pdf");
    place_collect(p, "in");
    IS(p, "in/4914", "in/a.pdf");
}

static void what_is_ignored_is_an_option(void **state)
{
    struct place *p = *state;

    kiri_test_option(p->t, "ignore", "  *.log\t[0-9]* ");
    place_open(p);
    place_file(p, "in/x.log");
    place_file(p, "in/1");
    place_file(p, "in/a.tmp");
    place_collect(p, "in");
    IS(p, "in/a.tmp");
    kiri_test_option(p->t, "ignore", "");
    place_open(p);
    place_collect(p, "in");
    IS(p, "in/x.log", "in/1");
}

static void a_restart_tells_what_came_meanwhile_and_nothing_again(void **state)
{
    struct place *p = *state;

    place_file(p, "in/before");
    place_open(p);
    place_file(p, "in/during");
    place_file(p, "in/gone");
    place_collect(p, "in");
    place_remove(p, "in/gone");
    IS(p, "in/before", "in/during", "in/gone");
    kiri_test_close(p->t);
    place_file(p, "in/meanwhile");
    place_file(p, "in/gone");
    place_open(p);
    place_file(p, "in/after");
    place_collect(p, "in");
    IS(p, "in/meanwhile", "in/after");
}

static void a_list_is_learned_first_and_once(void **state)
{
    struct place *p = *state;
    char list[80], label[96];
    FILE *f;

    snprintf(list, sizeof list, "%s/list", p->dir);
    f = fopen(list, "w");
    assert_non_null(f);
    fputs("first.png\r\n\nsecond one.png\nin/third\nlast", f);
    for (int i = 0; i < 300; i++)
        fputc('x', f);
    fclose(f);
    kiri_test_option(p->t, "learn-from", list);
    place_file(p, "in/there");
    place_open(p);
    place_until(p, 5);
    assert_string_equal(p->told[0].name, "first.png");
    snprintf(label, sizeof label, "%s:1", list);
    assert_string_equal(p->told[0].label, label);
    assert_string_equal(p->told[1].name, "second one.png");
    snprintf(label, sizeof label, "%s:3", list);
    assert_string_equal(p->told[1].label, label);
    assert_string_equal(p->told[2].name, "in/third");
    assert_int_equal(p->told[3].len, 255); /* no name is longer */
    assert_string_equal(p->told[4].name, "there");
    place_collect(p, "in");
    place_open(p);
    place_collect(p, "in");
    assert_int_equal(p->n, 0);
}

static void so_many_of_those_that_are_there_are_learned(void **state)
{
    struct place *p = *state;
    char path[32];

    for (int i = 0; i < 20; i++) {
        snprintf(path, sizeof path, "in/old-%02d", i);
        place_file(p, path);
    }
    kiri_test_option(p->t, "existing", "7");
    p->t->now_ms = (int64_t)time(NULL) * 1000 + 60000; /* those are of a minute ago */
    place_open(p);
    place_file(p, "in/new");
    place_collect(p, "in");
    assert_int_equal(place_count(p, "in/new"), 1);
    assert_int_equal(p->n, 8);
    place_open(p); /* the others are known, too */
    place_collect(p, "in");
    assert_int_equal(p->n, 0);
}

/* E5: bytes are bytes. */
static void every_name_that_a_file_can_have_is_told_byte_by_byte(void **state)
{
    static const char *const odd[] = {
        "new\nline", "\xff\xfe\x80", "tab\there", "\x1b[31mred", "\xc3\xa4\xe2\x82\xac",
        " ",         "...",          "a\\b",      "-rf"
    };
    struct place *p = *state;
    char longest[256], path[300];

    memset(longest, 'n', 255);
    longest[255] = '\0';
    place_open(p);
    for (uint32_t i = 0; i < COUNT(odd); i++) {
        snprintf(path, sizeof path, "in/%s", odd[i]);
        place_file(p, path);
    }
    snprintf(path, sizeof path, "in/%s", longest);
    place_file(p, path);
    place_collect(p, "in");
    assert_int_equal(p->n, COUNT(odd) + 1);
    for (uint32_t i = 0; i < COUNT(odd); i++) {
        unsigned found = 0;
        for (uint32_t k = 0; k < p->n; k++)
            found += p->told[k].len == strlen(odd[i]) &&
                     memcmp(p->told[k].name, odd[i], strlen(odd[i])) == 0;
        assert_int_equal(found, 1);
    }
    assert_int_equal(place_count(p, path), 1);
}

static void options_that_cannot_be_are_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *name, *value, *said;
    } cases[] = {
        { "learn-from", "/nowhere/list", "learn-from: /nowhere/list: No such file" },
        { "watch", "\n\n", "option watch names no folder" },
    };
    struct place *p = *state;

    for (uint32_t i = 0; i < COUNT(cases); i++) {
        kiri_test_option(p->t, cases[i].name, cases[i].value);
        assert_int_equal(kiri_test_open(p->t), KIRI_ECONFIG);
        if (!strstr(p->t->line, cases[i].said))
            fail_msg("%s", p->t->line);
    }
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(names_that_are_there_come_first_then_new_ones),
        PLACE_TEST(each_name_is_told_once),
        PLACE_TEST(a_new_name_for_an_old_file_is_a_name),
        PLACE_TEST(links_and_folders_have_names_too),
        PLACE_TEST(names_that_nobody_chose_are_not_told),
        PLACE_TEST(what_is_ignored_is_an_option),
        PLACE_TEST(a_restart_tells_what_came_meanwhile_and_nothing_again),
        PLACE_TEST(a_list_is_learned_first_and_once),
        PLACE_TEST(so_many_of_those_that_are_there_are_learned),
        PLACE_TEST(every_name_that_a_file_can_have_is_told_byte_by_byte),
        PLACE_TEST(options_that_cannot_be_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
