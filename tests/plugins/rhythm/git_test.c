/* git_test.c - rhythm.so and real git repositories. */
#include "desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* git as nobody in particular, untouched by what this machine's git is set to. */
#define ME                                                                               \
    "export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b "     \
    "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; unset GIT_DIR GIT_WORK_TREE; "
#define COMMIT "git commit -q --allow-empty -m x"

static void git(const struct desk *d, const char *commands)
{
    char line[1200];

    snprintf(line, sizeof line, ME "%s", commands);
    shell(d, line);
}

/* Lists root/NAME... of "a b", opens, and lets the first row go by. */
static void follow(struct desk *d, const char *names)
{
    static char paths[1000];
    char copy[200], *rest = copy;
    size_t n = 0;

    snprintf(copy, sizeof copy, "%s", names);
    for (char *name; (name = strsep(&rest, " "));)
        n += (size_t)snprintf(paths + n, sizeof paths - n, "%s%s", n ? "\n" : "",
                              at_root(d, name));
    kiri_test_option(d->t, "repositories", paths);
    desk_open(d);
    row(d);
}

/* None is .5: zero has no place on a logarithmic scale. */
static void expect(struct desk *d, double entries, double commits, double switches)
{
    row(d);
    assert_true(value(d, "git") == (entries > 0 ? entries : .5));
    assert_true(value(d, "commits") == (commits > 0 ? commits : .5));
    assert_true(value(d, "switches") == (switches > 0 ? switches : .5));
}

static void what_happened_since_the_last_row_is_counted(void **state)
{
    static const struct {
        const char *commands;
        double entries, commits, switches;
    } cases[] = {
        { "true", 0, 0, 0 },
        { COMMIT, 1, 1, 0 },
        { COMMIT "; " COMMIT "; " COMMIT, 3, 3, 0 },
        { "git commit -q --amend --allow-empty -m y", 1, 1, 0 },
        { "git checkout -q -b side", 1, 0, 1 },
        { COMMIT "; git switch -q main", 2, 1, 1 },
        { "git merge -q --no-ff -m m side", 1, 1, 0 },
        { "git switch -q -c next; " COMMIT "; git switch -q main; git merge -q next", 4,
          1, 2 }, /* a fast-forward makes no commit */
        { "git reset -q --hard HEAD~1", 1, 0, 0 },
        { "git cherry-pick --allow-empty next >/dev/null", 1, 1, 0 },
    };
    struct desk *d = *state;

    git(d, "git init -q -b main a; cd a; " COMMIT "; " COMMIT);
    follow(d, "a");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char commands[300];
        snprintf(commands, sizeof commands, "cd a; %s", cases[i].commands);
        git(d, commands);
        expect(d, cases[i].entries, cases[i].commits, cases[i].switches);
    }
}

static void what_was_there_before_is_not_news(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT);
    follow(d, "a");
    assert_true(value(d, "git") == .5);
}

static void the_first_commit_of_an_empty_repository_counts(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a");
    follow(d, "a");
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
}

static void a_worktree_counts_by_its_own_head(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT "; git worktree add -q ../b");
    follow(d, "b");
    git(d, "cd a; " COMMIT);
    expect(d, 0, 0, 0);
    git(d, "cd b; " COMMIT);
    expect(d, 1, 1, 0);
}

static void a_submodule_is_found_where_its_git_file_says(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT "; cd ..; git init -q b; cd b; "
           "git -c protocol.file.allow=always submodule --quiet add ../a sub");
    follow(d, "b/sub");
    git(d, "cd b/sub; " COMMIT);
    expect(d, 1, 1, 0);
}

static void the_same_repository_twice_counts_once(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT);
    shell(d, "ln -s a b");
    follow(d, "a b");
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
}

static void work_in_another_repository_is_a_switch(void **state)
{
    struct desk *d = *state;

    git(d, "for r in a b; do git init -q $r; (cd $r; " COMMIT "); done");
    follow(d, "a b");
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
    git(d, "cd b; " COMMIT);
    expect(d, 1, 1, 1);
    git(d, "cd b; " COMMIT);
    expect(d, 1, 1, 0);
    git(d, "cd b; GIT_COMMITTER_DATE='2030-01-01 10:00 +0000' " COMMIT
           "; cd ../a; GIT_COMMITTER_DATE='2030-01-01 10:01 +0000' " COMMIT);
    expect(d, 2, 2, 1);
}

static void a_reflog_that_git_wrote_anew_is_not_counted_again(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; for i in 1 2 3 4; do GIT_COMMITTER_DATE='2020-01-01 "
           "10:00 +0000' " COMMIT "; done; " COMMIT);
    follow(d, "a");
    git(d, "cd a; git reflog expire --expire=2021-01-01 --all; test $(wc -l "
           "<.git/logs/HEAD) = 1");
    expect(d, 0, 0, 0);
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
    git(d, "cd a; git reflog expire --expire=all --all; test ! -s .git/logs/HEAD");
    expect(d, 0, 0, 0);
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
}

static void what_came_while_a_reflog_was_written_anew_counts(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; for i in 1 2 3 4; do GIT_COMMITTER_DATE='2020-01-01 "
           "10:00 +0000' " COMMIT "; done");
    follow(d, "a");
    git(d, "cd a; " COMMIT "; git reflog expire --expire=2021-01-01 --all; " COMMIT);
    expect(d, 2, 2, 0);
}

static void a_reflog_that_was_cut_in_place_goes_on(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT "; " COMMIT "; " COMMIT);
    follow(d, "a");
    git(d, "cd a/.git/logs; tail -n 1 HEAD >keep; cat keep >HEAD");
    expect(d, 0, 0, 0);
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
}

static void a_line_that_is_being_written_waits(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT);
    follow(d, "a");
    shell(d, "printf '%040d %040d a <a@b> 1893456000 +0000\\tcommit: x' 1 2 "
             ">>a/.git/logs/HEAD");
    expect(d, 0, 0, 0);
    shell(d, "echo >>a/.git/logs/HEAD");
    expect(d, 1, 1, 0);
}

static void lines_of_any_length_and_kind_are_lived_with(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT);
    follow(d, "a");
    shell(d, "{ printf '\\n\\n\\0\\377\\n'; head -c 300000 /dev/zero | tr '\\0' x; echo; "
             "printf '%040d %040d a <a@b> 1893456000 +0000\\tcommit: ' 1 2; "
             "head -c 100000 /dev/zero | tr '\\0' y; echo; } >>a/.git/logs/HEAD");
    expect(d, 1, 1, 0);
    expect(d, 0, 0, 0);
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
}

static void what_is_no_repository_is_missing_and_said_once(void **state)
{
    struct desk *d = *state;

    shell(d, "mkdir a");
    follow(d, "a");
    row(d);
    assert_true(isnan(value(d, "git")) && isnan(value(d, "commits")) &&
                isnan(value(d, "switches")));
    assert_int_equal(d->t->lines, 2); /* the terminals, and this */
    assert_non_null(strstr(d->t->line, "a is no git repository"));
    git(d, "git init -q a; cd a; " COMMIT);
    row(d); /* now it is one; nothing is known of before */
    assert_true(value(d, "git") == .5);
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
}

static void those_that_can_be_read_count_for_the_others(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT);
    follow(d, "gone a");
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
}

static void nothing_listed_is_nothing_known(void **state)
{
    struct desk *d = *state;

    desk_open(d);
    row(d);
    assert_true(isnan(value(d, "git")));
}

static void a_reload_loses_no_commit_and_counts_none_twice(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT);
    follow(d, "a");
    git(d, "cd a; " COMMIT);
    expect(d, 1, 1, 0);
    git(d, "cd a; " COMMIT "; " COMMIT);
    kiri_test_close(d->t);
    desk_open(d);
    expect(d, 2, 2, 0);
}

static void commits_of_hours_ago_are_no_news_after_a_restart(void **state)
{
    struct desk *d = *state;

    git(d, "git init -q a; cd a; " COMMIT);
    follow(d, "a");
    git(d, "cd a; " COMMIT "; " COMMIT);
    kiri_test_close(d->t);
    later(d, 3 * HOUR);
    desk_open(d);
    expect(d, 0, 0, 0);
}

static void too_many_repositories_are_refused_in_a_sentence(void **state)
{
    struct desk *d = *state;
    char paths[65 * 3] = "";

    for (int i = 0; i < 65; i++)
        strcat(paths, i ? "\n/x" : "/x");
    kiri_test_option(d->t, "repositories", paths);
    assert_int_equal(kiri_test_open(d->t), KIRI_ECONFIG);
    assert_non_null(strstr(d->t->line, "lists 65 paths, more than the 64"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_A_DESK(what_happened_since_the_last_row_is_counted),
        AT_A_DESK(what_was_there_before_is_not_news),
        AT_A_DESK(the_first_commit_of_an_empty_repository_counts),
        AT_A_DESK(a_worktree_counts_by_its_own_head),
        AT_A_DESK(a_submodule_is_found_where_its_git_file_says),
        AT_A_DESK(the_same_repository_twice_counts_once),
        AT_A_DESK(work_in_another_repository_is_a_switch),
        AT_A_DESK(a_reflog_that_git_wrote_anew_is_not_counted_again),
        AT_A_DESK(what_came_while_a_reflog_was_written_anew_counts),
        AT_A_DESK(a_reflog_that_was_cut_in_place_goes_on),
        AT_A_DESK(a_line_that_is_being_written_waits),
        AT_A_DESK(lines_of_any_length_and_kind_are_lived_with),
        AT_A_DESK(what_is_no_repository_is_missing_and_said_once),
        AT_A_DESK(those_that_can_be_read_count_for_the_others),
        AT_A_DESK(nothing_listed_is_nothing_known),
        AT_A_DESK(a_reload_loses_no_commit_and_counts_none_twice),
        AT_A_DESK(commits_of_hours_ago_are_no_news_after_a_restart),
        AT_A_DESK(too_many_repositories_are_refused_in_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
