/*
 * `kiri score` on a terminal of ours: colours, none where NO_COLOR says so, and texts
 * that are longer than a line.
 */
#include <errno.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "flow/lines.h"

#define GLARING "\033[1;37;41m"

static const char *kiri;
static char dir[] = "/tmp/kiri-score-XXXXXX", model[64];

/* The published detector's model, which needs no training. */
static int set_up(void **state)
{
    struct kiri_error err;
    size_t len;
    char *json = path_read(KIRI_SOURCE_DIR "/tests/golden/filename.model.json",
                           LINES_FILE_MOST, &len, &err);
    struct lines *m = json ? lines_import(json, len, &err) : NULL;
    (void)state;

    if (!m || !mkdtemp(dir))
        return -1;
    snprintf(model, sizeof model, "%s/m", dir);
    int rc = lines_save(m, model, &err);
    lines_free(m);
    free(json);
    return rc;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(model) || rmdir(dir);
}

/* All that `kiri score --text TEXT` writes to a terminal of so many columns. */
static const char *screen(unsigned short columns, const char *no_color, const char *text)
{
    static char out[16384];
    struct winsize size = { .ws_col = columns, .ws_row = 24 };
    size_t n = 0;
    ssize_t got;
    int fd, status;
    pid_t child = forkpty(&fd, NULL, NULL, &size);

    assert_true(child >= 0);
    if (child == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("NO_COLOR", no_color, 1);
        execl(kiri, "kiri", "score", "--model", model, "--text", text, (char *)NULL);
        _exit(127);
    }
    while (n + 1 < sizeof out &&
           (got = TEMP_FAILURE_RETRY(read(fd, out + n, sizeof out - 1 - n))) > 0)
        n += (size_t)got;
    out[n] = '\0';
    close(fd);
    assert_int_equal(TEMP_FAILURE_RETRY(waitpid(child, &status, 0)), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("status %d: %s", status, out);
    return out;
}

static void characters_stand_on_the_colour_of_their_surprise(void **state)
{
    (void)state;
    assert_non_null(strstr(screen(80, "", "acr_logo#demo"), "acr_logo" GLARING "#"));
    assert_non_null(strstr(screen(80, "", "acr_logo demo"), "acr_logo" GLARING " "));
    assert_non_null(strstr(screen(80, "", "acr_\xd0\xb0"), GLARING "\xd0\xb0"));
}

static void without_colours_marks_stand_below(void **state)
{
    const char *out = screen(80, "1", "acr_logo#demo"), *marks = strstr(out, "^");
    (void)state;

    assert_null(strstr(out, "\033"));
    assert_non_null(marks);
    while (marks > out && marks[-1] != '\n')
        marks--;
    assert_int_equal(marks[41 + 8], '^'); /* the text begins in column 41 */
}

static void a_long_text_goes_on_in_the_next_line(void **state)
{
    const char *out =
        screen(80, "1", "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddeeeeeeeeee");
    (void)state;

    assert_non_null(strstr(out, "  aaaaaaaaaabbbbbbbbbbccccccccccddddddddd\r\n"));
    assert_non_null(strstr(out, "  eeeeeeeeee"));
    out = screen(50, "1", "acr_logo_demo_enUS_v01.png");
    assert_non_null(strstr(out, "\r\n    acr_logo_demo_enUS_v01.png"));
}

static void a_text_without_end_is_cut_and_that_is_said(void **state)
{
    char text[2001];
    (void)state;

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_non_null(strstr(screen(81, "1", text), "... and 1680 bytes more"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_stand_on_the_colour_of_their_surprise),
        cmocka_unit_test(without_colours_marks_stand_below),
        cmocka_unit_test(a_long_text_goes_on_in_the_next_line),
        cmocka_unit_test(a_text_without_end_is_cut_and_that_is_said),
    };

    if (argc < 2)
        return 64;
    kiri = argv[1];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
