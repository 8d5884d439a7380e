/* importers_test.c - drift.so follows todo.txt, exports of Taskwarrior, and git. */
#include "diary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- todo.txt ------------------------------------------------------------------------
 */

static void follow(struct diary *d, const char *first)
{
    static char path[160];

    at(d, "2026-11-20 09:00:00");
    put(d, "todo.txt", first);
    kiri_test_option(&d->host, "todo", path_in(d, "todo.txt", path));
}

/* The file is this now, and the atom has looked. */
static void becomes(struct diary *d, const char *when, const char *text)
{
    at(d, when);
    put(d, "todo.txt", text);
    expect_none(d);
}

static void dates_of_a_todo_list_tell_its_past(void **state)
{
    struct diary *d = *state;

    follow(d, "(A) 2026-11-18 Call mom @phone\n"
              "2026-11-18 Buy soil\r\n"
              "x 2026-11-19 2026-11-18 Fix the door pri:B\n"
              "x (C) 2026-11-19 2026-11-19 Sweep\n"
              "Somewhen\n"
              "\n"
              "xylophone lesson 2026-11-19\n");
    expect_row(d, "2026-11-18 added 3 done 0 switches - open 5");
    expect_row(d, "2026-11-19 added 1 done 2 switches - open 4");
    expect_none(d);
}

static void what_has_no_date_happened_when_it_was_seen(void **state)
{
    struct diary *d = *state;

    follow(d, "2026-11-19 Buy soil\nCall mom\n");
    expect_row(d, "2026-11-19 added 1 done 0 switches - open 2");
    becomes(d, "2026-11-20 10:00:00",
            "2026-11-19 Buy soil\nCall mom\nNew one\nAnother\n");
    becomes(d, "2026-11-20 11:00:00",
            "2026-11-19 Buy soil\nx Call mom\nNew one\nx 2026-11-20 Another\n");
    restart(d);
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 2 done 2 switches - open 2");
    expect_none(d);
}

static void a_line_that_leaves_is_archived_or_deleted_not_undone(void **state)
{
    struct diary *d = *state;

    follow(d, "2026-11-19 a\n2026-11-19 b\nx 2026-11-19 2026-11-19 c\n");
    expect_row(d, "2026-11-19 added 3 done 1 switches - open 2");
    becomes(d, "2026-11-20 10:00:00", "x 2026-11-20 2026-11-19 a\n2026-11-19 b\n");
    becomes(d, "2026-11-20 11:00:00", "2026-11-19 b\n"); /* archived */
    becomes(d, "2026-11-20 12:00:00", "");               /* deleted  */
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 0 done 1 switches - open 0");
}

static void a_line_that_was_edited_is_no_new_one(void **state)
{
    struct diary *d = *state;

    follow(d, "2026-11-19 Buy sol\nCall mum\n");
    expect_row(d, "2026-11-19 added 1 done 0 switches - open 2");
    becomes(d, "2026-11-20 10:00:00", "2026-11-19 Buy soil\nCall mum\n");
    becomes(d, "2026-11-20 11:00:00", "(B) 2026-11-19 Buy  soil\nCall mom\n");
    becomes(d, "2026-11-20 12:00:00", "(B) 2026-11-19 Buy  soil\nCall mom\nOne more\n");
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 1 done 0 switches - open 3");
}

static void one_text_may_stand_there_twice(void **state)
{
    struct diary *d = *state;

    follow(d, "2026-11-19 start\nx 2026-11-19 Buy milk\n");
    expect_row(d, "2026-11-19 added 1 done 1 switches - open 1");
    becomes(d, "2026-11-20 10:00:00",
            "2026-11-19 start\nx 2026-11-19 Buy milk\nBuy milk\n");
    becomes(d, "2026-11-20 11:00:00",
            "2026-11-19 start\nx 2026-11-19 Buy milk\nx 2026-11-20 Buy milk\n");
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 1 done 1 switches - open 1");
}

static void a_new_file_in_its_place_is_the_same_list(void **state)
{
    struct diary *d = *state;
    char from[160], to[160];

    follow(d, "2026-11-19 a\n");
    expect_row(d, "2026-11-19 added 1 done 0 switches - open 1");
    at(d, "2026-11-20 10:00:00");
    put(d, "todo.txt.new", "2026-11-19 a\n2026-11-20 b\n");
    assert_int_equal(rename(path_in(d, "todo.txt.new", from), path_in(d, "todo.txt", to)),
                     0);
    expect_none(d);
    at(d, "2026-11-20 11:00:00");
    assert_int_equal(rename(to, path_in(d, "elsewhere", from)), 0);
    expect_none(d);
    assert_non_null(strstr(d->host.line, "there is no such file"));
    assert_int_equal(rename(from, to), 0);
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 1 done 0 switches - open 2");
}

static void a_line_may_move_to_the_file_of_what_is_done(void **state)
{
    struct diary *d = *state;
    char todo[160], done[160], both[322];

    follow(d, "2026-11-19 a\n2026-11-19 b\n");
    put(d, "done.txt", "");
    snprintf(both, sizeof both, "%s\n%s", path_in(d, "todo.txt", todo),
             path_in(d, "done.txt", done));
    kiri_test_option(&d->host, "todo", both);
    expect_row(d, "2026-11-19 added 2 done 0 switches - open 2");
    put(d, "done.txt", "x 2026-11-20 2026-11-19 a\n");
    becomes(d, "2026-11-20 10:00:00", "2026-11-19 b\n");
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 0 done 1 switches - open 1");
}

static void what_comes_late_counts_when_it_comes(void **state)
{
    struct diary *d = *state;

    follow(d, "2026-11-19 a\n2026-11-19 b\n");
    expect_row(d, "2026-11-19 added 2 done 0 switches - open 2");
    /* done yesterday on the telephone, which was away until today */
    becomes(d, "2026-11-20 10:00:00",
            "x 2026-11-19 2026-11-19 a\n2026-11-19 b\n"
            "x 2026-11-01 2026-11-01 an old story\n");
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 0 done 1 switches - open 1");
}

static void days_while_the_host_was_off_are_those_of_the_dates(void **state)
{
    struct diary *d = *state;

    follow(d, "2026-11-19 a\n");
    expect_row(d, "2026-11-19 added 1 done 0 switches - open 1");
    restart(d);
    at(d, "2026-11-24 08:00:00");
    put(d, "todo.txt",
        "x 2026-11-22 2026-11-19 a\n2026-11-21 b\n2026-11-22 c\nno date\n");
    expect_row(d, "2026-11-20 added 0 done 0 switches - open 1");
    expect_row(d, "2026-11-21 added 1 done 0 switches - open 2");
    restart(d);
    expect_row(d, "2026-11-22 added 1 done 1 switches - open 2");
    expect_row(d, "2026-11-23 added 0 done 0 switches - open 2");
    expect_none(d);
    at(d, "2026-11-25 08:00:00");
    expect_row(d, "2026-11-24 added 1 done 0 switches - open 3");
}

static void a_file_that_was_just_written_is_left_alone(void **state)
{
    struct diary *d = *state;
    char path[160];

    follow(d, "2026-11-19 a\nb\nc\n");
    expect_row(d, "2026-11-19 added 1 done 0 switches - open 3");
    FILE *f =
        fopen(path_in(d, "todo.txt", path), "we"); /* an editor: cut, then written */
    fclose(f);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    d->host.now_ms = ((int64_t)st.st_mtim.tv_sec + 1) * 1000;
    expect_none(d);
    put(d, "todo.txt", "2026-11-19 a\nb\nc\n");
    at(d, "2026-11-21 00:01:00");
    restart(d);
    expect_row(d, "2026-11-20 added 0 done 0 switches - open 3");
}

static void many_lines_are_remembered_and_too_many_are_said(void **state)
{
    struct diary *d = *state;
    static char text[8193 * 12];
    size_t n = 0;

    for (int i = 0; i < 8192; i++)
        n += (size_t)sprintf(text + n, "task %d\n", i);
    follow(d, "2026-11-19 a\n");
    expect_row(d, "2026-11-19 added 1 done 0 switches - open 1");
    becomes(d, "2026-11-20 10:00:00", text);
    restart(d);
    text[0] = 'x'; /* "x sk 0": the first is gone, another one is done */
    text[1] = ' ';
    becomes(d, "2026-11-20 11:00:00", text);
    restart(d);
    at(d, "2026-11-21 00:01:00");
    assert_int_equal(collect(d), KIRI_OK);
    assert_int_equal((int)value(d, "open"), 8191);
    sprintf(text + n, "one more\n");
    becomes(d, "2026-11-21 11:00:00", text);
    assert_non_null(strstr(d->host.line, "more than 8192 tasks"));
}

static void a_state_that_is_half_saved_is_the_one_before(void **state)
{
    struct diary *d = *state;

    follow(d, "2026-11-19 a\nb\n");
    expect_row(d, "2026-11-19 added 1 done 0 switches - open 2");
    for (int puts = 0; puts < 3; puts++) {
        d->host.puts_left = puts; /* it dies, or the host cannot keep it */
        becomes(d, "2026-11-20 10:00:00", "2026-11-19 a\nx b\nc\n");
        restart(d);
    }
    d->host.puts_left = -1;
    at(d, "2026-11-20 11:00:00");
    expect_none(d);
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 1 done 1 switches - open 2");
}

/* ---- Taskwarrior ---------------------------------------------------------------------
 */

static void follow_export(struct diary *d, const char *text)
{
    static char path[160];

    at(d, "2026-11-20 12:00:00");
    put(d, "export.json", text);
    kiri_test_option(&d->host, "taskwarrior", path_in(d, "export.json", path));
}

static void an_export_tells_what_came_and_what_was_done(void **state)
{
    struct diary *d = *state;

    follow_export(
        d, "[\n"
           "{\"id\":1,\"description\":\"a \\\"quoted\\\" one, {with} [brackets]\","
           "\"entry\":\"20261118T101112Z\",\"status\":\"pending\",\"urgency\":1.5,"
           "\"tags\":[\"x\",\"y\"],\"annotations\":[{\"entry\":\"20261119T000000Z\","
           "\"description\":\"z\"}]},\n"
           "{\"id\":0,\"entry\":\"20261118T101112Z\",\"end\":\"20261119T090000Z\","
           "\"status\":\"completed\"},\n"
           "{\"id\":0,\"entry\":\"20261118T101112Z\",\"end\":\"20261119T090000Z\","
           "\"status\":\"deleted\"},\n"
           "{\"id\":2,\"entry\":\"20261119T101112Z\",\"status\":\"waiting\",\"wait\":"
           "null},\n"
           "{\"id\":3,\"entry\":\"20261119T101112Z\",\"status\":\"recurring\"}\n"
           "]\n");
    expect_row(d, "2026-11-18 added 3 done 0 switches - open 3");
    expect_row(d, "2026-11-19 added 1 done 1 switches - open 2");
    expect_none(d);
}

static void an_export_may_be_lines_of_objects(void **state)
{
    struct diary *d = *state;

    follow_export(d, "{\"entry\":\"20261118T101112Z\",\"status\":\"pending\"}\n"
                     "{\"entry\":\"2026-11-18T10:11:12Z\",\"status\":\"pending\"}\n");
    expect_row(d, "2026-11-18 added 2 done 0 switches - open 2");
}

static void what_is_no_export_makes_days_wait(void **state)
{
    static const char *const wrong[] = {
        "",
        "  \n",
        "not JSON",
        "[{\"entry\":\"20261118T101112Z\"",
        "[{\"entry\":\"20261118T101112Z\",\"status\":\"pending\"},\n",
        "[{\"entry\" \"20261118T101112Z\"}]",
        "[{\"a\":{{{{{}}]",
        "[{\"a\\\"]",
        "[{\"a\":\"b\\\"]",
        "[\"a\"]",
        "[{entry:1}]",
    };
    struct diary *d = *state;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        follow_export(d, wrong[i]);
        d->host.line[0] = '\0';
        expect_none(d);
        if (!strstr(d->host.line, "this is not what 'task export' prints"))
            fail_msg("'%s': '%s'", wrong[i], d->host.line);
        restart(d);
    }
    follow_export(d, "[]\n");
    expect_none(d);
}

/* ---- git -----------------------------------------------------------------------------
 */

/* git in the folder's repository `name`, at this UTC time. */
static void git(const struct diary *d, const char *name, const char *when,
                const char *what)
{
    char command[1024], path[160];

    snprintf(command, sizeof command,
             "cd '%s' && HOME='%s' GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME='A B' "
             "GIT_AUTHOR_EMAIL=a@b.c GIT_COMMITTER_NAME='A B' GIT_COMMITTER_EMAIL=a@b.c "
             "GIT_AUTHOR_DATE=%s GIT_COMMITTER_DATE=%s git %s >/dev/null 2>&1",
             path_in(d, name, path), d->root, when, when, what);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static void repository(const struct diary *d, const char *name)
{
    char path[160];

    assert_int_equal(mkdir(path_in(d, name, path), 0700), 0);
    git(d, name, "2026-11-17T00:00:00Z", "init -q");
}

static void commits_are_done_and_another_repository_is_a_switch(void **state)
{
    struct diary *d = *state;
    char a[160], b[160], both[322];

    repository(d, "a");
    repository(d, "b");
    git(d, "a", "2026-11-18T08:00:00Z", "commit --allow-empty -m 'one: first'");
    git(d, "a", "2026-11-18T09:00:00Z", "commit --allow-empty -m two");
    git(d, "b", "2026-11-18T10:00:00Z", "commit --allow-empty -m three");
    git(d, "a", "2026-11-19T08:00:00Z", "commit --amend --allow-empty -m 'two again'");
    git(d, "a", "2026-11-19T09:00:00Z", "commit --allow-empty -m four");
    git(d, "a", "2026-11-19T09:30:00Z", "checkout -q -b aside");
    git(d, "a", "2026-11-19T09:40:00Z", "reset -q --hard HEAD~1");
    snprintf(both, sizeof both, "%s\n%s", path_in(d, "a", a), path_in(d, "b", b));
    kiri_test_option(&d->host, "git", both);
    at(d, "2026-11-20 12:00:00");
    expect_row(d, "2026-11-18 added - done 3 switches 1 open -");
    expect_row(d, "2026-11-19 added - done 1 switches 1 open -"); /* and back to a */
    expect_none(d);
}

static void a_worktree_has_commits_of_its_own(void **state)
{
    struct diary *d = *state;
    char path[160], bare[160], paths[322];

    repository(d, "a");
    git(d, "a", "2026-11-18T08:00:00Z", "commit --allow-empty -m one");
    git(d, "a", "2026-11-18T08:00:00Z", "worktree add -q ../tree");
    git(d, "tree", "2026-11-18T09:00:00Z", "commit --allow-empty -m two");
    git(d, "a", "2026-11-18T09:00:00Z", "init -q --bare ../bare.git");
    snprintf(paths, sizeof paths, "%s\n%s", path_in(d, "tree", path),
             path_in(d, "bare.git", bare));
    kiri_test_option(&d->host, "git", paths);
    at(d, "2026-11-20 12:00:00");
    expect_row(d, "2026-11-18 added - done 1 switches 0 open -");
}

static void what_is_no_repository_is_said(void **state)
{
    static const char *const dirs[] = { "missing", "plain", "broken", "astray" };
    struct diary *d = *state;
    char path[160];

    at(d, "2026-11-20 12:00:00");
    mkdir(path_in(d, "plain", path), 0700);
    mkdir(path_in(d, "broken", path), 0700);
    put(d, "broken/.git", "nonsense\n");
    mkdir(path_in(d, "astray", path), 0700);
    put(d, "astray/.git", "gitdir: ../nowhere\n");
    for (size_t i = 0; i < COUNT(dirs); i++) {
        kiri_test_option(&d->host, "git", path_in(d, dirs[i], path));
        d->host.line[0] = '\0';
        expect_none(d);
        if (!strstr(d->host.line, "is no git repository"))
            fail_msg("%s: '%s'", dirs[i], d->host.line);
        restart(d);
    }
}

static void all_of_them_together_are_one_day(void **state)
{
    struct diary *d = *state;
    char path[160];

    repository(d, "a");
    git(d, "a", "2026-11-19T08:00:00Z", "commit --allow-empty -m one");
    kiri_test_option(&d->host, "git", path_in(d, "a", path));
    note(d, "2026-11-19T08:00:00Z", "add 1 a");
    note(d, "2026-11-19T08:00:00Z", "switch 1");
    follow_export(d, "[{\"entry\":\"20261119T101112Z\",\"status\":\"pending\"}]\n");
    follow(d, "2026-11-19 b\n");
    expect_row(d, "2026-11-19 added 3 done 1 switches 1 open 3");
    expect_none(d);
}

/* A file of which some bytes are others; its time of change is a minute old. */
static void spoil(struct diary *d, const char *name, const char *sound, unsigned *dice)
{
    char text[512];
    size_t n = strlen(sound);

    memcpy(text, sound, n + 1);
    for (int i = 0; i < 3; i++) {
        *dice = *dice * 1103515245u + 12345u;
        text[(*dice >> 8) % n] = (char)((*dice >> 20 & 127) | 1);
    }
    text[(*dice >> 4) % (n + 1)] = *dice >> 28 ? text[(*dice >> 4) % (n + 1)] : '\0';
    put(d, name, text);
}

static void any_bytes_are_read_without_harm(void **state)
{
    struct diary *d = *state;
    char todo[160], export[160], repo[160];
    unsigned dice = 1;

    at(d, "2026-11-20 12:00:00");
    assert_int_equal(mkdir(path_in(d, "a", repo), 0700), 0);
    assert_int_equal(mkdir(path_in(d, "a/.git", todo), 0700), 0);
    assert_int_equal(mkdir(path_in(d, "a/.git/logs", todo), 0700), 0);
    kiri_test_option(&d->host, "todo", path_in(d, "todo.txt", todo));
    kiri_test_option(&d->host, "taskwarrior", path_in(d, "export.json", export));
    kiri_test_option(&d->host, "git", path_in(d, "a", repo));
    for (int i = 0; i < 500; i++) {
        spoil(d, "todo.txt", "(A) 2026-11-19 a b\nx 2026-11-19 2026-11-18 c pri:A\nd\n",
              &dice);
        spoil(d, "export.json",
              "[{\"entry\":\"20261118T101112Z\",\"status\":\"completed\",\"n\":[1,{\"a\":"
              "2}],"
              "\"end\":\"20261119T101112Z\"}]\n",
              &dice);
        spoil(d, "a/.git/logs/HEAD",
              "0000 1111 A B <a@b.c> 1795170000 +0000\tcommit (initial): one\n", &dice);
        spoil(d, "tasks.log", "kiri tasks 1\n0b57cabf 2026-11-21T08:15:30Z add 1 a\n",
              &dice);
        if (i % 3 == 0)
            d->host.n_pairs = 0;
        assert_in_range(collect(d), KIRI_OK, KIRI_NONE);
        restart(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_DIARY(dates_of_a_todo_list_tell_its_past),
        IN_A_DIARY(what_has_no_date_happened_when_it_was_seen),
        IN_A_DIARY(a_line_that_leaves_is_archived_or_deleted_not_undone),
        IN_A_DIARY(a_line_that_was_edited_is_no_new_one),
        IN_A_DIARY(one_text_may_stand_there_twice),
        IN_A_DIARY(a_new_file_in_its_place_is_the_same_list),
        IN_A_DIARY(a_line_may_move_to_the_file_of_what_is_done),
        IN_A_DIARY(what_comes_late_counts_when_it_comes),
        IN_A_DIARY(days_while_the_host_was_off_are_those_of_the_dates),
        IN_A_DIARY(a_file_that_was_just_written_is_left_alone),
        IN_A_DIARY(many_lines_are_remembered_and_too_many_are_said),
        IN_A_DIARY(a_state_that_is_half_saved_is_the_one_before),
        IN_A_DIARY(an_export_tells_what_came_and_what_was_done),
        IN_A_DIARY(an_export_may_be_lines_of_objects),
        IN_A_DIARY(what_is_no_export_makes_days_wait),
        IN_A_DIARY(commits_are_done_and_another_repository_is_a_switch),
        IN_A_DIARY(a_worktree_has_commits_of_its_own),
        IN_A_DIARY(what_is_no_repository_is_said),
        IN_A_DIARY(all_of_them_together_are_one_day),
        IN_A_DIARY(any_bytes_are_read_without_harm),
    };

    return diary_load_drift() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
