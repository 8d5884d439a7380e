/* tests/screen/view_bytes_test.c mirrors host/screen/view_bytes.c. */
#include "screen/view_bytes.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define USUAL 0.1f
#define ODD   4.0f
#define WRONG 9.0f

/* What view_bytes makes of `text` on a line of `width` columns; marks[i] is '.', 'o' or
 * 'w' for byte i, the last the end's. */
static size_t draw(struct buf *out, unsigned width, int colour, const char *text,
                   const char *marks)
{
    struct canvas c = { .out = out,
                        .style = { .width = width, .colour = colour, .utf8 = 1 } };
    float nats[64];
    size_t len = strlen(text), drawn;

    assert_int_equal(strlen(marks), len + 1);
    for (size_t i = 0; i <= len; i++)
        nats[i] = marks[i] == 'w' ? WRONG : marks[i] == 'o' ? ODD : USUAL;
    buf_clear(out);
    drawn = view_bytes(&c, text, len, nats);
    if (!colour) {
        canvas_end(&c);
        view_marks(&c, 0, text, len, drawn, nats);
    }
    return drawn;
}

/* A blank has no colour of its own: it needs a background. */
static void a_blank_that_does_not_belong_is_seen(void **state)
{
    struct buf out = { 0 };
    (void)state;

    assert_int_equal(draw(&out, 40, 1, "a b ", ".w.o."), 5);
    assert_string_equal(buf_text(&out), "a\033[1;37;41m \033[0mb\033[30;43m \033[0m");
    buf_free(&out);
}

static void neighbours_of_one_colour_are_written_together(void **state)
{
    struct buf out = { 0 };
    (void)state;

    draw(&out, 40, 1, "abcd", ".ww.w");
    assert_string_equal(buf_text(&out),
                        "a\033[1;37;41mbc\033[0md \033[1;37;41m<end>\033[0m");
    buf_free(&out);
}

/* A wide character that has no room is not passed over for a narrow one behind it. */
static void what_has_no_room_is_left_for_the_next_line(void **state)
{
    static const struct {
        const char *text, *marks, *line;
        size_t drawn;
    } cases[] = {
        { "abcd", ".....", "abcd", 5 },
        { "abcde", "......", "abcd", 4 },
        { "abc\xe4\xb8\xad"
          "d",
          "........", "abc", 3 }, /* two columns wide */
        { "ab\xe4\xb8\xad", "......", "ab\xe4\xb8\xad", 6 },
        { "ab\x01", "....", "ab", 2 }, /* \x01 is four */
        { "ab", "..w", "ab", 2 },      /* nor has the end */
        { "", ".", "", 1 },
    };
    struct buf out = { 0 };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(draw(&out, 4, 1, cases[i].text, cases[i].marks), cases[i].drawn);
        assert_string_equal(buf_text(&out), cases[i].line);
    }
    buf_free(&out);
}

/* Control characters, what turns the direction, what takes no room: they would hide. */
static void what_cannot_be_seen_is_spelled(void **state)
{
    static const char turned[] = { 'a', '\xe2', '\x80', '\xae', 'g', 'p',
                                   'j', '.',    'e',    'x',    'e', '\0' };
    static const char *const cases[][3] = {
        { "a\033[2J", "......", "a\\x1b[2J" },
        { turned, "............", "a\\u202egpj.exe" },
        { "e\xcc\x81", "....", "e\\u0301" },
        { "a\xe2\x80\x8b"
          "b",
          "......", "a\\u200bb" },
        { "\xc2\x9b", "...", "\\u009b" },
        { "\xff\xc3", "...", "\\xff\\xc3" },
        { "\xc3\xa4", "...", "\xc3\xa4" },
    };
    struct buf out = { 0 };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        draw(&out, 40, 1, cases[i][0], cases[i][1]);
        assert_string_equal(buf_text(&out), cases[i][2]);
    }
    buf_free(&out);
}

static void marks_stand_below_what_was_drawn(void **state)
{
    static const struct {
        unsigned width;
        const char *text, *marks, *lines;
    } cases[] = {
        { 40, "ab c", "..w..", "ab c\n  ^\n" },
        { 40,
          "a\xe4\xb8\xad"
          "b",
          "..w.w.",
          "a\xe4\xb8\xad"
          "b\n ^^^\n" },
        { 40, "ab", ".ow", "ab <end>\n ^ ^^^^^\n" },
        { 40, "ab ", "..w.", "ab\n  ^\n" },
        { 2, "abcd", "..ww.", "ab\n" }, /* those are on the next line */
        { 40, "ab", "...", "ab\n" },
    };
    struct buf out = { 0 };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        draw(&out, cases[i].width, 0, cases[i].text, cases[i].marks);
        assert_string_equal(buf_text(&out), cases[i].lines);
    }
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_that_does_not_belong_is_seen),
        cmocka_unit_test(neighbours_of_one_colour_are_written_together),
        cmocka_unit_test(what_has_no_room_is_left_for_the_next_line),
        cmocka_unit_test(what_cannot_be_seen_is_spelled),
        cmocka_unit_test(marks_stand_below_what_was_drawn),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
