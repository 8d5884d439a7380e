/* cell_wire_test.c - frames between a host and its cell: they come through, however they
 * are cut, and nothing that is said is believed. */
#include "room.h"

#include "base/clock.h"
#include "load/cell_wire.h"

#include <float.h>
#include <math.h>
#include <sys/socket.h>

static const char *const words[] = { "up", "down", "\xc3\xa4", NULL };
static const struct kiri_field fields[] = {
    { .name = "load",
      .symbol = "L",
      .unit = "%",
      .help = "How much.",
      .kind = KIRI_NUMBER,
      .flags = KIRI_ALWAYS,
      .scale = KIRI_LOG,
      .buckets = 7,
      .lo = 0.1,
      .hi = 1e9 },
    { .name = "net", .kind = KIRI_CHOICE, .flags = KIRI_CONTEXT, .choices = words },
    { .name = "name", .kind = KIRI_TEXT, .max_len = 6 },
    { .name = "hour", .kind = KIRI_HOUR },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = COUNT(fields),
                                           .fields = fields,
                                           .period_ms = 250,
                                           .context = 3,
                                           .aggregate = KIRI_ROW };

static void same_text(const char *a, const char *b)
{
    if (a && b)
        assert_string_equal(a, b);
    else
        assert_ptr_equal(a, b);
}

static struct cell_frame frame_of(const struct buf *b)
{
    return (struct cell_frame){ .kind = (unsigned char)b->data[4],
                                .at = b->data + 5,
                                .left = b->len - 5 };
}

static void a_schema_comes_through_whole(void **state)
{
    struct buf b = { 0 };
    (void)state;

    cell_begin(&b, CELL_OPENED);
    cell_put_schema(&b, &schema);
    assert_int_equal(cell_finish(&b), 0);
    struct cell_frame f = frame_of(&b);
    struct kiri_schema *s = cell_take_schema(&f);
    assert_non_null(s);
    assert_int_equal(s->n_fields, schema.n_fields);
    assert_int_equal(s->period_ms, 250);
    assert_int_equal(kiri_schema_hash(s), kiri_schema_hash(&schema));
    for (uint32_t i = 0; i < s->n_fields; i++) {
        same_text(s->fields[i].name, fields[i].name);
        same_text(s->fields[i].symbol, fields[i].symbol);
        same_text(s->fields[i].unit, fields[i].unit);
        same_text(s->fields[i].help, fields[i].help);
        assert_int_equal(!s->fields[i].choices, !fields[i].choices);
    }
    const char *const *choices = s->fields[1].choices;
    assert_non_null(choices);
    for (int i = 0; choices && i < 4; i++)
        same_text(choices[i], words[i]);
    free(s);
    buf_free(&b);
}

static void a_schema_that_is_cut_anywhere_is_none(void **state)
{
    struct buf b = { 0 };
    (void)state;

    cell_begin(&b, CELL_OPENED);
    cell_put_schema(&b, &schema);
    for (size_t cut = 5; cut < b.len; cut++) {
        char *exact = malloc(cut); /* so that a byte beyond it is seen */
        struct cell_frame f = { .at = exact + 5, .left = cut - 5 };

        assert_non_null(exact);
        memcpy(exact, b.data, cut);
        assert_null(cell_take_schema(&f));
        free(exact);
    }
    buf_put(&b, "x", 1); /* nor is one with more */
    struct cell_frame f = frame_of(&b);
    assert_null(cell_take_schema(&f));
    buf_free(&b);
}

static void a_schema_with_impossible_counts_is_none(void **state)
{
    static const uint32_t counts[] = { 0, 65, UINT32_MAX };
    (void)state;

    for (size_t i = 0; i < COUNT(counts); i++) {
        struct buf b = { 0 };
        cell_begin(&b, CELL_OPENED);
        cell_put_schema(&b, &schema);
        memcpy(b.data + 5, &counts[i], sizeof counts[i]);
        struct cell_frame f = frame_of(&b);
        assert_null(cell_take_schema(&f));
        buf_free(&b);
    }
}

static void a_row_comes_through_bit_by_bit(void **state)
{
    static const double numbers[] = { 0, -0.0, 1.5, NAN, INFINITY, -INFINITY, DBL_MIN };
    static char label[CELL_MOST_LABEL];
    (void)state;

    for (size_t i = 0; i < COUNT(numbers); i++) {
        union kiri_value in[] = { { .num = numbers[i] },
                                  { .choice = -1 },
                                  { .text = { "a\0b", 3 } },
                                  { .choice = 23 } };
        union kiri_value out[COUNT(fields)];
        struct kiri_obs sent = { .time_ms = -5, .label = "about", .v = in };
        struct kiri_obs got = { .v = out };
        struct buf b = { 0 };

        cell_begin(&b, CELL_ROW);
        cell_put_row(&b, &schema, &sent);
        struct cell_frame f = frame_of(&b);
        assert_int_equal(cell_take_row(&f, &schema, label, &got), 0);
        assert_int_equal(got.time_ms, -5);
        assert_string_equal(got.label, "about");
        assert_memory_equal(&out[0].num, &numbers[i], sizeof numbers[i]);
        assert_int_equal(out[1].choice, -1);
        assert_int_equal(out[2].text.len, 3);
        assert_memory_equal(out[2].text.ptr, "a\0b", 3);
        assert_int_equal(out[3].choice, 23);
        for (size_t cut = 5; cut < b.len; cut++) {
            f = (struct cell_frame){ .at = b.data + 5, .left = cut - 5 };
            assert_int_equal(cell_take_row(&f, &schema, label, &got), -1);
        }
        buf_free(&b);
    }
}

static void what_is_missing_stays_so_and_too_long_is_cut(void **state)
{
    static char label[CELL_MOST_LABEL], long_label[2 * CELL_MOST_LABEL];
    union kiri_value in[COUNT(fields)], out[COUNT(fields)];
    struct kiri_obs sent = { .v = in, .label = long_label }, got = { .v = out };
    struct buf b = { 0 };
    (void)state;

    memset(long_label, 'x', sizeof long_label - 1);
    kiri_missing(&schema, in);
    cell_begin(&b, CELL_ROW);
    cell_put_row(&b, &schema, &sent);
    struct cell_frame f = frame_of(&b);
    assert_int_equal(cell_take_row(&f, &schema, label, &got), 0);
    assert_int_equal(strlen(got.label), CELL_MOST_LABEL - 1);
    for (uint32_t i = 0; i < COUNT(fields); i++)
        assert_true(kiri_is_missing(&fields[i], &out[i]));

    in[2].text.ptr = long_label;
    in[2].text.len = 1000;
    sent.label = NULL;
    cell_begin(&b, CELL_ROW);
    cell_put_row(&b, &schema, &sent);
    f = frame_of(&b);
    assert_int_equal(cell_take_row(&f, &schema, label, &got), 0);
    assert_null(got.label);
    assert_int_equal(out[2].text.len, 7); /* one too many: it is counted as too long */
    buf_free(&b);
}

static void frames_come_through_however_they_are_cut(void **state)
{
    struct cell_link link;
    struct cell_frame f;
    struct buf b = { 0 }, two = { 0 };
    int ends[2];
    (void)state;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(cell_link_init(&link, ends[0]), 0);
    for (int i = 0; i < 2; i++) {
        cell_begin(&b, CELL_LOG);
        cell_u32(&b, (uint32_t)i);
        cell_string(&b, "text");
        assert_int_equal(cell_finish(&b), 0);
        buf_put(&two, b.data, b.len);
    }
    for (size_t cut = 0; cut < two.len; cut++) {
        assert_int_equal(write(ends[1], two.data, cut), cut);
        uint32_t whole = cut >= b.len;
        if (whole)
            assert_int_equal(cell_receive(&link, 0, &f), CELL_GOT_FRAME);
        assert_int_equal(cell_receive(&link, 0, &f), CELL_GOT_NOTHING);
        assert_int_equal(write(ends[1], two.data + cut, two.len - cut), two.len - cut);
        for (uint32_t i = whole; i < 2; i++) {
            char text[8];
            assert_int_equal(cell_receive(&link, 0, &f), CELL_GOT_FRAME);
            assert_int_equal(f.kind, CELL_LOG);
            assert_int_equal(cell_take_u32(&f), i);
            assert_string_equal(cell_take_string(&f, text, sizeof text), "text");
            assert_true(cell_all_read(&f));
        }
    }
    close(ends[1]);
    assert_int_equal(cell_receive(&link, INT64_MAX, &f), CELL_GOT_END);
    cell_link_fini(&link);
    buf_free(&b);
    buf_free(&two);
}

static void a_large_frame_gives_its_memory_back(void **state)
{
    struct cell_link link, other;
    struct cell_frame f;
    struct buf b = { 0 };
    int ends[2];
    char *large = calloc(1, CELL_MOST_FRAME);
    (void)state;

    assert_non_null(large);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(cell_link_init(&link, ends[0]), 0);
    assert_int_equal(cell_link_init(&other, ends[1]), 0);
    cell_begin(&b, CELL_NOTE);
    cell_text(&b, large, CELL_MOST_FRAME);
    assert_int_equal(cell_send(&other, &b, INT64_MAX), -1); /* too large */
    cell_begin(&b, CELL_NOTE);
    cell_text(&b, large, 100000); /* fits a socket's buffer */
    assert_int_equal(cell_send(&other, &b, INT64_MAX), 0);
    assert_int_equal(cell_receive(&link, INT64_MAX, &f), CELL_GOT_FRAME);
    assert_int_equal(f.left, 100004);
    assert_int_equal(cell_receive(&link, 0, &f), CELL_GOT_NOTHING);
    assert_null(link.in.data);
    cell_link_fini(&link);
    cell_link_fini(&other);
    buf_free(&b);
    free(large);
}

static void who_does_not_read_is_not_waited_for(void **state)
{
    struct cell_link link;
    struct buf b = { 0 };
    char bytes[60000] = "";
    int ends[2], sent = 0;
    (void)state;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(cell_link_init(&link, ends[0]), 0);
    do {
        cell_begin(&b, CELL_VALUE);
        cell_text(&b, bytes, sizeof bytes);
    } while (cell_send(&link, &b, clock_mono(&clock_system) + 20) == 0 && ++sent < 1000);
    assert_in_range(sent, 1, 999);
    cell_link_fini(&link);
    close(ends[1]);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_comes_through_whole),
        cmocka_unit_test(a_schema_that_is_cut_anywhere_is_none),
        cmocka_unit_test(a_schema_with_impossible_counts_is_none),
        cmocka_unit_test(a_row_comes_through_bit_by_bit),
        cmocka_unit_test(what_is_missing_stays_so_and_too_long_is_cut),
        cmocka_unit_test(frames_come_through_however_they_are_cut),
        cmocka_unit_test(a_large_frame_gives_its_memory_back),
        cmocka_unit_test(who_does_not_read_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
