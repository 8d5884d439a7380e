/* tests/detect/row_test.c mirrors host/detect/row.c and flaws.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/row.h"
#include "paper.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const char learned[] = "ts,v,s\n100,1,on\n160,2,off\n220,3,on\n280,4,off\n";

/* Reads `rows` by what `header_and_rows` taught; each row's note, one a line. */
static void notes_of(const char *header_and_rows, const char *rows, struct buf *notes,
                     struct flaws *flaws)
{
    const struct source_options o = { .format = SOURCE_CSV };
    struct kiri_error err = { 0 };
    struct sample sample = { 0 };
    struct plan plan = { 0 };
    struct row_clock clock = { 0 };
    struct buf text = { 0 };
    struct binding b;
    struct record record;
    struct row row;
    char path[PAPER_PATH];
    int fd = paper_text(header_and_rows, path);
    struct source *s = source_open(path, &o, &err);

    assert_non_null(s);
    while (source_next(s, &record, &err) == 1)
        assert_int_equal(sample_add(&sample, &record), 0);
    assert_int_equal(plan_make(&plan, s, &sample,
                               (struct plan_wish){ .format = SOURCE_CSV }, &err),
                     0);
    source_close(s);
    close(fd);

    buf_put(&text, header_and_rows, strcspn(header_and_rows, "\n") + 1);
    buf_puts(&text, rows);
    fd = paper_text(buf_text(&text), path);
    s = source_open(path, &o, &err);
    assert_non_null(s);
    assert_int_equal(plan_bind(&plan, s, &b, &err), 0);
    while (source_next(s, &record, &err) == 1) {
        row_take(&plan, &b, &record, &clock, &row);
        flaws_note(row.flaws, notes);
        buf_puts(notes, "\n");
        if (flaws)
            flaws_count(flaws, row.flaws, record.line, row.column);
    }
    source_close(s);
    close(fd);
    buf_free(&text);
    plan_free(&plan);
    sample_free(&sample);
}

static void what_is_wrong_with_a_row_is_its_note(void **state)
{
    static const struct {
        const char *rows, *notes;
    } cases[] = {
        { "300,1,on\n360,2,off\n", "\n\n" },
        { "300,,on\n", "missing\n" },
        { "300,NaN,on\n", "missing\n" },
        { "300,1,\n", "missing\n" },
        { "300,soon,on\n", "no number\n" },
        { "300,-inf,on\n", "infinite\n" },
        { "300,1,broken\n", "unknown word\n" },
        { "300,1,on\n300,2,on\n", "\ntime repeats\n" },
        { "300,1,on\n240,2,on\n300,2,on\n", "\ntime runs backwards\n\n" },
        { "soon,1,on\n", "no time\n" },
        { ",x,what\n", "no number; unknown word; no time\n" },
        { "300,1\n", "width; missing\n" },
        { "300,1,on,more\n", "width\n" },
        { "300,1,on\n\n360,2,on\n", "\nempty line\n\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf notes = { 0 };
        notes_of(learned, cases[i].rows, &notes, NULL);
        assert_string_equal(buf_text(&notes), cases[i].notes);
        buf_free(&notes);
    }
}

static void one_number_that_is_missing_cannot_be_scored(void **state)
{
    struct buf notes = { 0 };

    (void)state;
    notes_of("v\n1\n2\n", "3\nx\n4\n\n5\n", &notes, NULL);
    assert_string_equal(buf_text(&notes),
                        "\nno number; not scored\n\nempty line; not scored\n\n");
    buf_free(&notes);
    notes_of("v\n1\n\n2\n", "3\nx\n4\n", &notes, NULL); /* missing is one of its words */
    assert_string_equal(buf_text(&notes), "\nno number\n\n");
    buf_free(&notes);
}

static void flaws_are_counted_with_the_first_place(void **state)
{
    struct flaws flaws = { 0 };
    struct buf notes = { 0 }, line = { 0 };

    (void)state;
    notes_of(learned, "300,1,on\n360,x,on\n420,y,on\n480,1,on\n480,1,on\n", &notes,
             &flaws);
    flaws_tell(&flaws, FLAW_TEXT, &line);
    assert_string_equal(buf_text(&line),
                        "2 rows have text where a number is expected, the "
                        "first in line 3, column v");
    buf_clear(&line);
    flaws_tell(&flaws, FLAW_REPEATS, &line);
    assert_string_equal(buf_text(&line),
                        "1 row repeats the time of the row before, line 6, column ts");
    buf_clear(&line);
    flaws_tell(&flaws, FLAW_WIDTH, &line);
    assert_int_equal(line.len, 0);
    buf_free(&notes);
    buf_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_with_a_row_is_its_note),
        cmocka_unit_test(one_number_that_is_missing_cannot_be_scored),
        cmocka_unit_test(flaws_are_counted_with_the_first_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
