/* tests/detect/source_test.c mirrors host/detect/source.c and its readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "detect/source.h"
#include "paper.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct source *open_bytes(const void *bytes, size_t len, enum source_format format,
                                 struct kiri_error *err)
{
    const struct source_options o = { .format = format };
    char path[PAPER_PATH];
    int fd = paper(bytes, len, path);
    struct source *s = source_open(path, &o, err);

    close(fd);
    return s;
}

static struct source *open_text(const char *text, enum source_format format,
                                struct kiri_error *err)
{
    return open_bytes(text, strlen(text), format, err);
}

/* "2:1|2 " is a row on line 2 with two cells; "w" another width, "b" an empty line, "j"
 * no JSON; a NUL shows as 0, a cell that is not there as "~" before one that is. */
static void write_row(const struct record *r, struct buf *out)
{
    buf_putf(out, "%u%s%s%s:", (unsigned)r->line, r->flaws & FLAW(FLAW_WIDTH) ? "w" : "",
             r->flaws & FLAW(FLAW_BLANK) ? "b" : "",
             r->flaws & FLAW(FLAW_JSON) ? "j" : "");
    uint32_t n = r->n;
    while (n && !r->cell[n - 1].text)
        n--;
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(out, i ? "|" : "");
        if (!r->cell[i].text)
            buf_puts(out, "~");
        for (uint32_t k = 0; r->cell[i].text && k < r->cell[i].len; k++) {
            char c = r->cell[i].text[k];
            buf_put(out, c ? &c : "0", 1);
        }
    }
    buf_puts(out, " ");
}

static void read_all(struct source *s, struct buf *out)
{
    struct kiri_error err = { 0 };
    struct record r;
    int got;

    buf_clear(out);
    while ((got = source_next(s, &r, &err)) == 1)
        write_row(&r, out);
    if (got < 0)
        buf_puts(out, err.text);
}

static void assert_rows(const char *text, size_t len, enum source_format format,
                        const char *rows)
{
    struct kiri_error err = { 0 };
    struct source *s = open_bytes(text, len, format, &err);
    struct buf seen = { 0 };

    if (!s)
        fail_msg("%s: %s", text, err.text);
    read_all(s, &seen);
    assert_string_equal(buf_text(&seen), rows);
    assert_int_equal(source_rewind(s, &err), 0);
    read_all(s, &seen);
    assert_string_equal(buf_text(&seen), rows);
    buf_free(&seen);
    source_close(s);
}

static void every_row_of_a_csv_comes_out_as_it_stands(void **state)
{
    static const struct {
        const char *text, *rows;
    } cases[] = {
        { "a,b\n1,2\n3,4\n", "2:1|2 3:3|4 " },
        { "a,b\n1,2\n3,4", "2:1|2 3:3|4 " },         /* no last line end   */
        { "a,b\r\n1,2\r\n3,4\r\n", "2:1|2 3:3|4 " }, /* CRLF               */
        { "\xef\xbb\xbf"
          "a,b\n1,2\n",
          "2:1|2 " },                   /* a byte order mark  */
        { "a;b\n1,5;2\n", "2:1,5|2 " }, /* other delimiters   */
        { "a\tb\n1\t2\n", "2:1|2 " },
        { "a,b\n\"1\",\"x,y\"\n", "2:1|x,y " }, /* quotes             */
        { "a,b\n\"say \"\"hi\"\"\",2\n", "2:say \"hi\"|2 " },
        { "a,b\n\"two\nlines\",2\n3,4\n", "2:two\nlines|2 4:3|4 " },
        { "a,b\n\"1\"x,2\n", "2:1x|2 " },
        { "a,b\n5\" pipe,2\n", "2:5\" pipe|2 " },
        { "a,b\n1\n1,2,3\n1,2\n", "2w:1 3w:1|2|3 4:1|2 " },    /* other widths       */
        { "a,b\n,\n", "2:| " },                                /* empty cells        */
        { "a,b\n1,2\n\n\n3,4\n\n\n", "2:1|2 3b: 4b: 5:3|4 " }, /* empty lines        */
        { "a\n1\n\n3\n", "2:1 3b: 4:3 " },
        { "a\n\"\"\n", "2: " },           /* empty, but said so */
        { "1,2\n3,4\n", "1:1|2 2:3|4 " }, /* no header          */
        { "2014-04-01 00:00:00,7\n", "1:2014-04-01 00:00:00|7 " },
        { "a,b\n", "" }, /* no rows            */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_rows(cases[i].text, strlen(cases[i].text), SOURCE_CSV, cases[i].rows);
    assert_rows("a,b\n1\0"
                "2,3\n",
                10, SOURCE_CSV, "2:102|3 ");
}

static void a_quote_that_is_never_closed_is_a_sentence_with_its_line(void **state)
{
    struct kiri_error err = { 0 };
    struct source *s = open_text("a,b\n1,2\n3,\"4\n5,6\n", SOURCE_CSV, &err);
    struct record r;

    (void)state;
    assert_non_null(s);
    assert_int_equal(source_next(s, &r, &err), 1);
    assert_int_equal(source_next(s, &r, &err), -1);
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_non_null(strstr(err.text, ":3: a quote of this row is never closed"));
    source_close(s);
}

static void what_cannot_be_a_csv_is_a_sentence(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *sentence;
    } cases[] = {
        { "", 0, "is empty" },
        { "\xef\xbb\xbf", 3, "is empty" },
        { "\nx\n", 3, "the first line is empty" },
        { "a\r1\r2\r", 6, "CR alone" },
        { "\xff\xfe"
          "a\0",
          4, "UTF-16" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kiri_error err = { 0 };
        assert_null(open_bytes(cases[i].text, cases[i].len, SOURCE_CSV, &err));
        assert_int_equal(err.code, KIRI_BAD_DATA);
        if (!strstr(err.text, cases[i].sentence))
            fail_msg("%s", err.text);
    }
}

static void columns_have_names_that_differ(void **state)
{
    struct kiri_error err = { 0 };
    struct source *s = open_text("time, cpu ,,cpu\n1,2,3,4\n", SOURCE_CSV, &err);

    (void)state;
    assert_non_null(s);
    assert_int_equal(source_columns(s), 4);
    assert_string_equal(source_column(s, 1), "cpu");
    assert_string_equal(source_column(s, 2), "column3");
    assert_string_equal(source_column(s, 3), "column4");
    assert_int_equal(source_find(s, "cpu"), 1);
    assert_int_equal(source_find(s, "mem"), -1);
    source_close(s);
}

static void a_line_of_ten_megabytes_is_a_row_of_which_the_beginning_is_kept(void **state)
{
    struct buf text = { 0 };
    struct kiri_error err = { 0 };
    struct record r;

    (void)state;
    buf_puts(&text, "a,b\n");
    while (text.len < 10u << 20)
        buf_puts(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    buf_puts(&text, ",7\n");
    struct source *s = open_bytes(text.data, text.len, SOURCE_CSV, &err);
    assert_non_null(s);
    assert_int_equal(source_next(s, &r, &err), 1);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.cell[0].len, SOURCE_CELL);
    assert_int_equal(r.cell[0].cut, 1);
    assert_string_equal(r.cell[1].text, "7");
    assert_int_equal(source_next(s, &r, &err), 0);
    source_close(s);
    s = open_bytes(text.data, text.len, SOURCE_JSONL, &err);
    assert_non_null(s);
    assert_int_equal(source_next(s, &r, &err), 1); /* "a,b" */
    assert_int_equal(source_next(s, &r, &err), 1);
    assert_int_equal(r.flaws, FLAW(FLAW_JSON));
    source_close(s);
    buf_free(&text);
}

static void a_row_of_too_many_cells_keeps_the_first(void **state)
{
    struct buf text = { 0 };
    struct kiri_error err = { 0 };
    struct record r;

    (void)state;
    buf_puts(&text, "a,b\n1");
    for (uint32_t i = 0; i < 2 * SOURCE_COLUMNS; i++)
        buf_puts(&text, ",2");
    buf_puts(&text, "\n3,4\n");
    struct source *s = open_bytes(text.data, text.len, SOURCE_CSV, &err);
    assert_non_null(s);
    assert_int_equal(source_next(s, &r, &err), 1);
    assert_int_equal(r.n, SOURCE_COLUMNS);
    assert_int_equal(r.flaws, FLAW(FLAW_WIDTH));
    assert_int_equal(source_next(s, &r, &err), 1);
    assert_int_equal(r.n, 2);
    source_close(s);
    s = open_bytes(text.data + 4, text.len - 4, SOURCE_CSV, &err);
    assert_null(s);
    assert_non_null(strstr(err.text, "more than 4096"));
    buf_free(&text);
}

static void every_line_of_json_is_a_row(void **state)
{
    static const struct {
        const char *text, *rows;
    } cases[] = {
        { "{\"a\":1,\"b\":2.5}\n{\"b\":\"x\",\"a\":true}\n", "1:1|2.5 2:true|x " },
        { "{\"a\":1}\n{\"b\":2}\n", "1:1 2:~|2 " },     /* a new member        */
        { "{\"a\":1,\"b\":null,\"c\":[1]}\n", "1:1 " }, /* nothing             */
        { "{\"v\":{\"a\":1,\"b\":2}}\n", "1:1|2 " },    /* nested              */
        { "{\"a\":1}\nwhat\n[1]\n7\n{\"a\":2}\n", "1:1 2j: 3j: 4j: 5:2 " },
        { "{\"a\":NaN}\n{\"a\":-Infinity}\n{\"a\":\"NaN\"}\n", "1: 2:-inf 3:NaN " },
        { "{\"a\":1}\n\n{\"a\":2}\r\n\n", "1:1 2b: 3:2 " },
        { "{\"a\":\"x\\u0000y\"}\n", "1:x0y " },
        { "{\"a\":1e999}\n", "1j: " },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_rows(cases[i].text, strlen(cases[i].text), SOURCE_JSONL, cases[i].rows);
}

static void a_member_that_comes_later_is_passed_over_and_counted(void **state)
{
    struct kiri_error err = { 0 };
    struct source *s = open_text("{\"a\":1}\n{\"a\":2,\"b\":3}\n", SOURCE_JSONL, &err);
    struct record r;

    (void)state;
    assert_non_null(s);
    assert_int_equal(source_next(s, &r, &err), 1);
    source_seal(s);
    assert_int_equal(source_next(s, &r, &err), 1);
    assert_int_equal(r.n, 1);
    assert_int_equal(source_unknown(s), 1);
    source_close(s);
}

static void every_line_of_text_is_a_row(void **state)
{
    (void)state;
    assert_rows("one\n\ntwo,\"x\r\n", 13, SOURCE_LINES, "1:one 2: 3:two,\"x ");
    assert_rows("a\0b\nlast", 8, SOURCE_LINES, "1:a0b 2:last ");
    assert_rows("\n\n", 2, SOURCE_LINES, "1: 2: ");
    assert_rows("", 0, SOURCE_LINES, "");
}

static int give_up(void *ctx)
{
    return ++*(int *)ctx > 1;
}

static void a_pipe_is_waited_for_until_nobody_wants_to(void **state)
{
    int waits = 0, end[2];
    const struct source_options o = { .format = SOURCE_LINES,
                                      .wait = give_up,
                                      .ctx = &waits };
    struct kiri_error err = { 0 };
    struct record r;
    char path[PAPER_PATH];

    (void)state;
    assert_int_equal(pipe(end), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", end[0]);
    assert_int_equal(write(end[1], "one\nhal", 7), 7);
    struct source *s = source_open(path, &o, &err);
    assert_non_null(s);
    assert_int_equal(source_next(s, &r, &err), 1);
    assert_int_equal(source_next(s, &r, &err), 2);
    assert_int_equal(source_regular(s), 0);
    source_close(s);
    close(end[0]);
    close(end[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_a_csv_comes_out_as_it_stands),
        cmocka_unit_test(a_quote_that_is_never_closed_is_a_sentence_with_its_line),
        cmocka_unit_test(what_cannot_be_a_csv_is_a_sentence),
        cmocka_unit_test(columns_have_names_that_differ),
        cmocka_unit_test(a_line_of_ten_megabytes_is_a_row_of_which_the_beginning_is_kept),
        cmocka_unit_test(a_row_of_too_many_cells_keeps_the_first),
        cmocka_unit_test(every_line_of_json_is_a_row),
        cmocka_unit_test(a_member_that_comes_later_is_passed_over_and_counted),
        cmocka_unit_test(every_line_of_text_is_a_row),
        cmocka_unit_test(a_pipe_is_waited_for_until_nobody_wants_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
