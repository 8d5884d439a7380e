/*
 * Text models: training on drawn names, scoring, files.
 */
#include "flow/lines.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"

/* n file names of one kind, such as acr_logo_bf24_deDE_v03.svg, a line each. */
static struct buf names(unsigned n)
{
    static const char *const kinds[] = { "banner", "email", "video", "logo", "report" };
    static const char *const ends[] = { "png", "jpg", "mp4", "svg", "pdf" };
    static const char *const waves[] = { "spring25", "bf24", "demo" };
    struct gpt_rng rng;
    struct buf out = { 0 };

    gpt_rng_seed(&rng, 5);
    for (unsigned i = 0; i < n; i++) {
        uint32_t k = gpt_rng_below(&rng, 5);
        buf_putf(&out, "acr_%s_%s_v%02u.%s\n", kinds[k], waves[gpt_rng_below(&rng, 3)],
                 gpt_rng_below(&rng, 9) + 1, ends[k]);
    }
    return out;
}

static struct lines *train(const struct buf *text, uint64_t seed, uint32_t steps,
                           struct lines_report *report)
{
    struct lines_plan plan = { .seed = seed, .steps = steps };
    struct kiri_error err;
    struct lines *m = lines_train(buf_text(text), text->len, &plan, report, &err);

    if (!m)
        fail_msg("%s", err.text);
    return m;
}

/* The model that most tests share: 88 names, as the filename detector had. */
static int train_shared(void **state)
{
    struct buf text = names(88);
    struct lines_report report;

    *state = train(&text, 1, 80, &report);
    buf_free(&text);
    return 0;
}

static int free_shared(void **state)
{
    lines_free(*state);
    return 0;
}

static struct lines_verdict score(struct lines *m, const char *text)
{
    struct lines_verdict v;

    assert_int_equal(lines_score(m, text, strlen(text), &v), 0);
    return v;
}

static void what_is_odd_stands_out_from_what_is_usual(void **state)
{
    struct lines_verdict usual = score(*state, "acr_banner_bf24_v03.png");
    struct lines_verdict odd = score(*state, "DELETE_THIS_NOW.exe");

    assert_true(lines_calibrated(*state));
    assert_true(usual.tail > LINES_ODD);
    assert_true(odd.tail <= LINES_ODD);
    assert_true(odd.total > 5 * usual.total);
    assert_true(odd.score > usual.score);
}

static void the_worst_token_is_the_one_that_does_not_belong(void **state)
{
    struct lines_verdict v = score(*state, "acr_b#nner_bf24_v03.png");
    uint32_t worst = 0;

    for (uint32_t i = 0; i < v.n; i++)
        if (v.tokens[i].nats > v.tokens[worst].nats)
            worst = i;
    assert_int_equal(v.tokens[worst].at, 5);
    assert_true(v.worst > 8);
    assert_true(v.tail <= LINES_ODD);
}

/* Where a row becomes anomalous can be said in nats, and it is there that it does. */
static void the_levels_are_where_anomalous_begins(void **state)
{
    static const char *const texts[] = { "acr_banner_bf24_v03.png",
                                         "acr_logo_demo_v05.svg",
                                         "acr_b#nner_bf24_v03.png", "acr_logo",
                                         "acr_logo_demo_v05.svg.exe" };
    double level[LINES_STATISTICS], further[LINES_STATISTICS];

    lines_levels(*state, LINES_ODD, level);
    lines_levels(*state, LINES_ODD / 10, further);
    for (int i = 0; i < LINES_STATISTICS; i++)
        assert_true(isfinite(level[i]) && level[i] < further[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct lines_verdict v = score(*state, texts[i]);
        assert_int_equal(v.tail <= LINES_ODD, v.total >= level[LINES_SUM] ||
                                                  v.surprise >= level[LINES_MEAN] ||
                                                  v.worst >= level[LINES_WORST]);
    }
    assert_int_equal(score(*state, "acr_b#nner_bf24_v03.png").by, LINES_WORST);
}

static void the_sum_is_of_all_tokens_and_the_end(void **state)
{
    struct lines_verdict v = score(*state, "acr_x");
    double sum = 0;

    assert_int_equal(v.n, 6);
    for (uint32_t i = 0; i < v.n; i++) {
        assert_int_equal(v.tokens[i].at, i);
        assert_int_equal(v.tokens[i].len, i < 5);
        sum += (double)v.tokens[i].nats;
    }
    assert_true(fabs(sum - v.total) < 1e-9);
    assert_true(fabs(sum / 6 - v.surprise) < 1e-9);
}

static void an_empty_text_has_one_token(void **state)
{
    struct lines_verdict v = score(*state, "");

    assert_int_equal(v.n, 1);
    assert_int_equal(v.tokens[0].len, 0);
    assert_true(v.total > 0);
}

static void a_text_beyond_the_context_is_scored_to_its_end(void **state)
{
    enum { LONG = 3000 };
    char text[LONG + 1];
    struct lines_verdict v;

    for (int i = 0; i < LONG; i++)
        text[i] = "acr_logo_"[i % 9];
    assert_int_equal(lines_score(*state, text, LONG, &v), 0);
    assert_int_equal(v.n, LONG + 1);
    for (uint32_t i = 0; i < v.n; i++)
        assert_true(v.tokens[i].nats > 0 && v.tokens[i].nats <= GPT_FLOOR_NATS);
    /* What stands before the first step of the window does not know of it. */
    float first = v.tokens[7].nats;
    assert_true(score(*state, "acr_logo_acr").tokens[7].nats == first);
}

static void every_byte_is_a_token(void **state)
{
    char all[256];
    struct lines_verdict v;

    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    assert_int_equal(lines_score(*state, all, sizeof all, &v), 0);
    assert_int_equal(v.n, 257);
    assert_true(isfinite(v.total));
}

static void the_same_seed_gives_the_same_model(void **state)
{
    struct buf text = names(40);
    struct lines_report r[3];
    struct lines *a = train(&text, 9, 15, &r[0]), *b = train(&text, 9, 15, &r[1]),
                 *c = train(&text, 10, 15, &r[2]);
    double first = score(a, "acr_logo_demo_v05.svg").total;

    (void)state;
    assert_true(score(b, "acr_logo_demo_v05.svg").total == first);
    assert_true(score(c, "acr_logo_demo_v05.svg").total != first);
    assert_true(r[0].held_back_loss == r[1].held_back_loss);
    lines_free(a);
    lines_free(b);
    lines_free(c);
    buf_free(&text);
}

static void few_lines_calibrate_all_and_many_a_tenth(void **state)
{
    static const struct {
        unsigned rows, held;
    } cases[] = { { 1, 0 }, { 9, 0 }, { 10, 10 }, { 88, 88 }, { 1000, 100 } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = names(cases[i].rows);
        struct lines_report report;
        struct lines *m = train(&text, 1, 10, &report);
        assert_int_equal(report.rows, cases[i].rows);
        assert_int_equal(report.held_back, cases[i].held);
        assert_int_equal(lines_calibrated(m), cases[i].held >= PAST_ENOUGH);
        assert_int_equal(isfinite(report.held_back_loss), cases[i].held > 0);
        lines_free(m);
        buf_free(&text);
    }
}

static void empty_and_long_lines_are_counted(void **state)
{
    struct buf text = { 0 };
    struct lines_report report;

    (void)state;
    buf_puts(&text, "\r\n\nab\r\n");
    for (int i = 0; i < 300; i++)
        buf_puts(&text, "x");
    buf_puts(&text, "\n\nlast");
    struct lines *m = train(&text, 1, 5, &report);
    assert_int_equal(report.rows, 3);
    assert_int_equal(report.empty, 3);
    assert_int_equal(report.cut, 1);
    assert_int_equal(gpt_shape_of(lines_gpt(m))->context, LINES_TAUGHT + 1);
    lines_free(m);
    buf_free(&text);
}

static void a_text_without_lines_teaches_nothing(void **state)
{
    static const char *const empty[] = { "", "\n", "\r\n\n\n" };
    struct lines_plan plan = { .seed = 1 };
    struct lines_report report;
    struct kiri_error err;

    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        assert_null(lines_train(empty[i], strlen(empty[i]), &plan, &report, &err));
        assert_int_equal(err.code, KIRI_BAD_DATA);
        assert_false(report.gave_up);
    }
}

static int enough_after_ten(void *ctx, const struct school_progress *p)
{
    unsigned *calls = ctx;

    assert_int_equal(p->parts, 6);
    return ++*calls == 10;
}

static void training_can_be_given_up(void **state)
{
    struct buf text = names(40);
    unsigned calls = 0;
    struct lines_plan plan = { .seed = 1, .progress = enough_after_ten, .ctx = &calls };
    struct lines_report report;
    struct kiri_error err;

    (void)state;
    assert_null(lines_train(buf_text(&text), text.len, &plan, &report, &err));
    assert_true(report.gave_up);
    assert_int_equal(calls, 10);
    buf_free(&text);
}

/* ---- files ----------------------------------------------------------------------- */

/* A fresh directory's file "m", in path[64]. */
static void temp_path(char path[64])
{
    strcpy(path, "/tmp/kiri-lines-XXXXXX");
    assert_non_null(mkdtemp(path));
    strcat(path, "/m");
}

static void remove_path(char *path)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    assert_int_equal(rmdir(path), 0);
}

static void a_saved_model_scores_the_same(void **state)
{
    char path[64];
    struct kiri_error err;
    double total = score(*state, "acr_logo_demo_v05.exe").total;
    double tail = score(*state, "acr_logo_demo_v05.exe").tail;

    temp_path(path);
    assert_int_equal(lines_save(*state, path, &err), 0);
    struct lines *m = lines_open(path, &err);
    assert_non_null(m);
    assert_int_equal(lines_kind(m), LINES_TEXT);
    assert_true(score(m, "acr_logo_demo_v05.exe").total == total);
    assert_true(score(m, "acr_logo_demo_v05.exe").tail == tail);
    assert_int_equal(lines_facts(m)->rows, 88);
    assert_int_equal(lines_facts(m)->seed, 1);
    assert_int_equal(lines_facts(m)->held_back, 88);
    lines_free(m);
    remove_path(path);
}

static void a_damaged_model_is_refused_with_its_name(void **state)
{
    char path[64];
    struct kiri_error err;
    size_t len;

    temp_path(path);
    assert_int_equal(lines_save(*state, path, &err), 0);
    char *bytes = path_read(path, LINES_FILE_MOST, &len, &err);
    assert_non_null(bytes);
    for (size_t at = 0; at < len; at += len / 61) {
        bytes[at] = (char)(bytes[at] ^ 0x10);
        err.code = KIRI_FINE;
        assert_null(lines_parse(bytes, len, &err));
        assert_int_equal(err.code, KIRI_BAD_DATA);
        bytes[at] = (char)(bytes[at] ^ 0x10);
        assert_null(lines_parse(bytes, at, &err)); /* cut there */
    }
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "\xff\xff", 2, (off_t)len / 2), 2);
    close(fd);
    assert_null(lines_open(path, &err));
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_non_null(strstr(err.text, path));
    free(bytes);
    remove_path(path);
}

static void a_model_goes_nowhere_it_cannot(void **state)
{
    struct kiri_error err;

    assert_int_equal(lines_save(*state, "/nonexistent/directory/m", &err), -1);
    assert_int_equal(err.code, KIRI_NO_WRITE);
    assert_int_equal(lines_save(*state, "/tmp/", &err), -1);
    assert_null(lines_open("/nonexistent", &err));
    assert_int_equal(err.code, KIRI_NO_INPUT);
}

static struct lines *golden(void)
{
    struct kiri_error err;
    size_t len;
    char *json = path_read(KIRI_SOURCE_DIR "/tests/golden/filename.model.json",
                           LINES_FILE_MOST, &len, &err);

    assert_non_null(json);
    struct lines *m = lines_import(json, len, &err);
    assert_non_null(m);
    free(json);
    return m;
}

static void an_unknown_symbol_costs_most_and_is_no_context(void **state)
{
    struct lines *m = golden();
    struct lines_verdict v;
    float known[4];

    (void)state;
    v = score(m, "acr");
    assert_int_equal(v.n, 4);
    for (uint32_t i = 0; i < 4; i++)
        known[i] = v.tokens[i].nats;
    v = score(m, "a\xc3\xa4"
                 "c\xff"
                 "r");
    assert_int_equal(v.n, 6);
    assert_true(v.tokens[0].nats == known[0]);
    assert_true(v.tokens[1].nats == GPT_FLOOR_NATS && v.tokens[1].len == 2);
    assert_true(v.tokens[2].nats == known[1]);
    assert_true(v.tokens[3].nats == GPT_FLOOR_NATS && v.tokens[3].len == 1);
    assert_true(v.tokens[4].nats == known[2]);
    assert_true(v.tokens[5].nats == known[3]);
    assert_false(lines_calibrated(m));
    lines_free(m);
}

/* The published nll of texts whose unknown symbols were left out. */
static void an_imported_model_scores_as_published(void **state)
{
    json_t *file = json_load_file(KIRI_SOURCE_DIR "/tests/golden/filename.json", 0, NULL);
    const json_t *vocab = json_object_get(file, "vocab");
    const json_t *texts = json_object_get(file, "test_sequences"), *ids, *x;
    struct lines *m = golden();
    size_t i, k;

    (void)state;
    assert_int_equal(json_array_size(texts), 7);
    json_array_foreach(texts, i, ids)
    {
        struct buf text = { 0 };
        double want = 0;
        json_array_foreach(ids, k, x)
        {
            const json_t *symbol = json_array_get(vocab, (size_t)json_integer_value(x));
            if (symbol) /* BOS is none */
                buf_puts(&text, json_string_value(symbol));
        }
        json_array_foreach(json_array_get(json_object_get(file, "nll_after"), i), k, x)
            want += json_real_value(x);
        struct lines_verdict v = score(m, buf_text(&text));
        assert_int_equal(v.n, k);
        assert_true(fabs(v.total - want) < 1e-3 * want);
        buf_free(&text);
    }
    lines_free(m);
    json_decref(file);
}

static void an_imported_model_survives_its_file(void **state)
{
    struct lines *m = golden();
    struct kiri_error err;
    char path[64];
    double total = score(m, "acr_logo_demo_enUS_v01.svg!").total;

    (void)state;
    temp_path(path);
    assert_int_equal(lines_save(m, path, &err), 0);
    lines_free(m);
    m = lines_open(path, &err);
    assert_non_null(m);
    assert_int_equal(lines_kind(m), LINES_SYMBOLS);
    assert_true(score(m, "acr_logo_demo_enUS_v01.svg!").total == total);
    lines_free(m);
    remove_path(path);
}

/* ---- reading lines --------------------------------------------------------------- */

static void every_row_of_a_file_is_a_line(void **state)
{
    static const char text[] = "one\r\n\nt\0wo\n1234567\nabcdefghij\r\n\r\nlast";
    static const struct {
        const char *bytes;
        size_t len, missing;
    } want[] = { { "one", 3, 0 },     { "", 0, 0 },         { "t\0wo", 4, 0 },
                 { "1234567", 7, 0 }, { "abcdefgh", 8, 3 }, { "", 0, 0 },
                 { "last", 4, 0 } };
    FILE *file = fmemopen((void *)(uintptr_t)text, sizeof text - 1, "r");
    struct buf line = { 0 };
    uint64_t missing;

    (void)state;
    assert_non_null(file);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(lines_next(file, 8, &line, &missing), 1);
        assert_int_equal(line.len, want[i].len);
        assert_memory_equal(buf_text(&line), want[i].bytes, line.len);
        assert_int_equal(missing, want[i].missing);
    }
    assert_int_equal(lines_next(file, 8, &line, &missing), 0);
    fclose(file);
    buf_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_odd_stands_out_from_what_is_usual),
        cmocka_unit_test(the_worst_token_is_the_one_that_does_not_belong),
        cmocka_unit_test(the_levels_are_where_anomalous_begins),
        cmocka_unit_test(the_sum_is_of_all_tokens_and_the_end),
        cmocka_unit_test(an_empty_text_has_one_token),
        cmocka_unit_test(a_text_beyond_the_context_is_scored_to_its_end),
        cmocka_unit_test(every_byte_is_a_token),
        cmocka_unit_test(the_same_seed_gives_the_same_model),
        cmocka_unit_test(few_lines_calibrate_all_and_many_a_tenth),
        cmocka_unit_test(empty_and_long_lines_are_counted),
        cmocka_unit_test(a_text_without_lines_teaches_nothing),
        cmocka_unit_test(training_can_be_given_up),
        cmocka_unit_test(a_saved_model_scores_the_same),
        cmocka_unit_test(a_damaged_model_is_refused_with_its_name),
        cmocka_unit_test(a_model_goes_nowhere_it_cannot),
        cmocka_unit_test(an_unknown_symbol_costs_most_and_is_no_context),
        cmocka_unit_test(an_imported_model_scores_as_published),
        cmocka_unit_test(an_imported_model_survives_its_file),
        cmocka_unit_test(every_row_of_a_file_is_a_line),
    };

    return cmocka_run_group_tests(tests, train_shared, free_shared);
}
