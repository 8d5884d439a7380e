/* tests/detect/plan_test.c mirrors host/detect/plan.c and plan_time.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/plan.h"
#include "load/schema_json.h"
#include "paper.h"

#include <string.h>
#include <unistd.h>

struct made {
    struct source *source;
    struct sample sample;
    struct plan plan;
    struct kiri_error err;
    int rc;
};

static void make(struct made *m, const char *text, const char *time, const char *schema)
{
    const struct source_options o = { .format = SOURCE_CSV };
    struct plan_wish wish = { .time = time, .format = SOURCE_CSV };
    struct record row;
    char path[PAPER_PATH];
    int fd = paper_text(text, path);

    *m = (struct made){ 0 };
    if (schema) {
        wish.schema = schema_json_parse(schema, strlen(schema), &m->err);
        assert_non_null(wish.schema);
    }
    m->source = source_open(path, &o, &m->err);
    close(fd);
    assert_non_null(m->source);
    while (source_next(m->source, &row, &m->err) == 1)
        assert_int_equal(sample_add(&m->sample, &row), 0);
    m->rc = plan_make(&m->plan, m->source, &m->sample, wish, &m->err);
}

static void end(struct made *m)
{
    plan_free(&m->plan);
    sample_free(&m->sample);
    source_close(m->source);
}

/* "t cpu:number! mode:choice(day,night)": the time's column, then the fields. */
static void describe(const struct plan *p, struct buf *out)
{
    buf_puts(out, p->time ? p->time : "-");
    for (uint32_t i = 0; i < p->schema->n_fields; i++) {
        const struct kiri_field *f = &p->schema->fields[i];
        buf_putf(out, " %s:", f->name);
        if (f->kind == KIRI_NUMBER && f->scale == KIRI_LEARNED)
            buf_puts(out, "number");
        for (uint32_t k = 0; f->kind == KIRI_CHOICE && f->choices[k]; k++)
            buf_putf(out, "%s%s", k ? "," : "", f->choices[k]);
        if (f->flags & KIRI_ALWAYS)
            buf_puts(out, "!");
    }
}

static void columns_become_fields(void **state)
{
    static const struct {
        const char *text, *plan;
    } cases[] = {
        { "v\n1\n2\n3\n", "- v:number!" },
        { "v\n1\n\n3\n", "- v:number" }, /* one is missing                  */
        { "v\n1\nnan\n3\n", "- v:number" },
        { "v\n1\nbroken\n3\n", "- v:number" }, /* text among the numbers          */
        { "v,w\n1,2\n3,4\n", "- v:number w:number" },
        { "v,s\n1,on\n2,off\n3,on\n4,off\n", "- v:number s:on,off" },
        { "v,s\n1,ok\n2,ok\n3,ok\n", "- v:number s:ok,other" },
        { "v,s\n1,a\n2,b\n3,c\n", "- v:number!" }, /* every word once: an identifier */
        { "v,s\n1,\n2,\n", "- v:number!" },        /* nothing                        */
        { "CPU %,2nd\n1,2\n3,4\n", "- cpu__:number c2nd:number" },
        { "a b,a_b\n1,2\n3,4\n", "- a_b:number a_b_1:number" },
        { "v\n7\n7\n7\n", "- v:number!" }, /* constant                       */
        { "timestamp,v\n2014-04-01 00:00:00,1\n2014-04-01 00:05:00,2\n",
          "timestamp v:number!" },
        { "v,Time\n1,2014-04-01\n2,2014-04-02\n", "Time v:number!" },
        { "x,v\n2014-04-01,1\n2014-04-02,2\n", "x v:number!" },
        { "x,v\n1396310700,1\n1396310760,2\n1396310820,3\n", "x v:number!" },
        { "x,v\n1396310700,1\n1396310600,2\n1396310800,3\n", "- x:number v:number" },
        { "x,v\n1,1\n2,2\n3,3\n", "- x:number v:number" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m;
        struct buf seen = { 0 };
        make(&m, cases[i].text, NULL, NULL);
        if (m.rc)
            fail_msg("%s: %s", cases[i].text, m.err.text);
        describe(&m.plan, &seen);
        assert_string_equal(buf_text(&seen), cases[i].plan);
        buf_free(&seen);
        end(&m);
    }
}

static void the_period_is_the_median_step(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        { "ts,v\n100,1\n160,2\n220,3\n9000,4\n9060,5\n", 60000 },
        { "ts,v\n100,1\n160,2\n90,3\n150,4\n210,4\n", 60000 }, /* back once */
        { "ts,v\n100,1\n100,2\n100,3\n", 0 },
        { "ts,v\n100,1\n", 0 },
        { "v\n100\n160\n220\n", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m;
        make(&m, cases[i].text, NULL, NULL);
        assert_int_equal(m.rc, 0);
        assert_int_equal(m.plan.period_ms, cases[i].ms);
        end(&m);
    }
}

static void the_times_are_where_the_user_says(void **state)
{
    struct made m;

    (void)state;
    make(&m, "timestamp,x,v\n100,5,1\n200,6,2\n", "x", NULL);
    assert_int_equal(m.rc, 0);
    assert_string_equal(m.plan.time, "x");
    assert_int_equal(m.plan.schema->n_fields, 2);
    end(&m);
    make(&m, "timestamp,v\n100,1\n200,2\n", "-", NULL);
    assert_int_equal(m.rc, 0);
    assert_null(m.plan.time);
    end(&m);
    make(&m, "timestamp,v\n100,1\n200,2\n", "timestemp", NULL);
    assert_int_equal(m.rc, -1);
    assert_non_null(strstr(m.err.text, "did you mean 'timestamp'"));
    end(&m);
    make(&m, "w,v\nsoon,1\nlater,2\n", "w", NULL);
    assert_int_equal(m.rc, -1);
    assert_non_null(strstr(m.err.text, ":2: column w is 'soon', which is no time"));
    end(&m);
}

static void a_file_without_a_column_to_score_is_refused(void **state)
{
    struct made m;

    (void)state;
    make(&m, "id,name\na,b\nc,d\ne,f\n", NULL, NULL);
    assert_int_equal(m.rc, -1);
    assert_int_equal(m.err.code, KIRI_BAD_DATA);
    assert_non_null(strstr(m.err.text, "no column has numbers"));
    end(&m);
}

static void a_schema_of_the_users_is_matched_by_name(void **state)
{
    static const char schema[] =
        "{\"period\":\"10s\",\"fields\":[{\"name\":\"cpu\",\"lo\":0,\"hi\":100}]}";
    struct made m;

    (void)state;
    make(&m, "mem,CPU\n1,2\n3,4\n", NULL, schema);
    assert_int_equal(m.rc, 0);
    assert_string_equal(m.plan.column[0], "CPU");
    assert_int_equal(m.plan.period_ms, 10000);
    end(&m);
    make(&m, "mem,load\n1,2\n3,4\n", NULL, schema);
    assert_int_equal(m.rc, -1);
    assert_non_null(strstr(m.err.text, "no column for the schema's field cpu"));
    end(&m);
}

static void more_columns_than_fields_are_left_out_and_said_so(void **state)
{
    struct buf text = { 0 };
    struct made m;

    (void)state;
    for (int row = 0; row < 3; row++)
        for (int i = 0; i < 66; i++)
            buf_putf(&text, row ? "%d%s" : "v%d%s", i + row, i < 65 ? "," : "\n");
    make(&m, buf_text(&text), NULL, NULL);
    assert_int_equal(m.rc, 0);
    assert_int_equal(m.plan.schema->n_fields, KIRI_MAX_FIELDS);
    assert_non_null(strstr(buf_text(&m.plan.remarks), "column v64 is left out"));
    end(&m);
    buf_free(&text);
}

static void another_file_has_its_columns_where_it_likes(void **state)
{
    const struct source_options o = { .format = SOURCE_CSV };
    struct made m;
    struct binding b;
    char path[PAPER_PATH];

    (void)state;
    make(&m, "ts,v,w\n100,1,2\n200,3,4\n", NULL, NULL);
    assert_int_equal(m.rc, 0);
    int fd = paper_text("w,more,v,ts\n2,x,1,300\n", path);
    struct source *other = source_open(path, &o, &m.err);
    assert_non_null(other);
    assert_int_equal(plan_bind(&m.plan, other, &b, &m.err), 0);
    assert_int_equal(b.at[0], 2);
    assert_int_equal(b.at[1], 0);
    assert_int_equal(b.time, 3);
    source_close(other);
    close(fd);
    fd = paper_text("ts,v\n300,1\n", path);
    other = source_open(path, &o, &m.err);
    assert_non_null(other);
    assert_int_equal(plan_bind(&m.plan, other, &b, &m.err), -1);
    assert_non_null(strstr(m.err.text, "has no column w"));
    source_close(other);
    close(fd);
    end(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_become_fields),
        cmocka_unit_test(the_period_is_the_median_step),
        cmocka_unit_test(the_times_are_where_the_user_says),
        cmocka_unit_test(a_file_without_a_column_to_score_is_refused),
        cmocka_unit_test(a_schema_of_the_users_is_matched_by_name),
        cmocka_unit_test(more_columns_than_fields_are_left_out_and_said_so),
        cmocka_unit_test(another_file_has_its_columns_where_it_likes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
