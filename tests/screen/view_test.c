/*
 * The status view: canned answers of a host, in 80 columns.
 */
#include "said.h"

#include "screen/view.h"
#include "screen/view_number.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                             \
    "'version':'0.1.0','molecule':'first','pid':123,'host':'mini','uptime_ms':61234,"    \
    "'bus':'ipc:///run/user/1000/kiri/first/bus','rss_bytes':9000000,'cpu_ms':523,"      \
    "'store':{'degraded':false,'why':'','committed':812,'queued':3,'dropped':0,"         \
    "'bytes':123456},'traffic':{'published':900,'refused':0,'peers':1,'turned_away':0},"

#define NORMAL                                                                           \
    "{'name':'pulse','state':'normal','note':'','period_ms':250,'rows':1841,"            \
    "'warmup':240,'training':null,'gen':4,'alarms':1,'scored':1601,"                     \
    "'budget_per_day':1,'seen_per_day':2.5,'seen_days':0.0046325,'recent':[1,2,3,9],"    \
    "'recent_alarm':[0,0,0,0],'last':{'id':88,'state':'normal','surprise':0.72,"         \
    "'score':0.4,'tail':0.31,'alarm':false,'blame':'cpu','fields':["                     \
    "{'name':'cpu','unit':'%','value':53.1,'word':'C10','nats':0.4,"                     \
    "'expected':[['C10',0.66],['C9',0.2]],'range':[50,55],"                              \
    "'expected_ranges':[[50,55],[45,50]]},"                                              \
    "{'name':'swap','unit':'%','value':null,'word':'S?','nats':0.1,'expected':[],"       \
    "'range':null,'expected_ranges':[]}]}}"

#define LEARNING                                                                         \
    "{'name':'pulse','state':'learning','note':'','period_ms':250,'rows':120,"           \
    "'warmup':240,'training':null,'gen':0,'alarms':0,'scored':0,'recent':[5.1],"         \
    "'recent_alarm':[0],'last':null}"

#define TRAINING                                                                         \
    "{'name':'pulse','state':'learning','note':'','period_ms':250,'rows':240,"           \
    "'warmup':240,'training':{'done':30,'all':200},'gen':0,'recent':[],'last':null}"

#define ALARM                                                                            \
    "{'name':'pulse','state':'alarm','note':'','period_ms':5000,'rows':9000,"            \
    "'warmup':750,'training':null,'gen':41,'alarms':2,'scored':8000,"                    \
    "'budget_per_day':1,'seen_per_day':0.933,'seen_days':2.143,'recent':[0.5,0.6,7.9],"  \
    "'recent_alarm':[0,0,1],'last':{'id':9000,'surprise':7.98,'score':9.1,"              \
    "'tail':0.0008333,'state':'alarm','alarm':true,'blame':'net','fields':["             \
    "{'name':'cpu','unit':'%','value':95,'word':'C9','nats':9.4,"                        \
    "'expected':[['C2',0.81],['C3',0.1]],'range':[90,100],"                              \
    "'expected_ranges':[[20,30],[30,40]]},"                                              \
    "{'name':'net','value':'down','word':'net=down','nats':12.1,"                        \
    "'expected':[['net=up',0.98]],'range':null,'expected_ranges':[null]},"               \
    "{'name':'rx','unit':'B/s','value':1234567,'word':'R13','nats':0.2,"                 \
    "'expected':[['R13',0.9]],'range':[1e6,2e6],'expected_ranges':[[1e6,2e6]]}]}}"

#define WELL80  ((struct style){ .width = 80, .utf8 = 1 })
#define ASCII80 ((struct style){ .width = 80 })

/* A status with these atoms; ' stands for ". */
static json_t *status_of(const char *atoms)
{
    char text[16384];

    snprintf(text, sizeof text, "{%s'atoms':[%s]}", HEAD, atoms);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_error_t why;
    json_t *status = json_loads(text, 0, &why);
    if (!status)
        fail_msg("%s at %d", why.text, why.position);
    return status;
}

static struct buf view_of(const char *atoms, struct style style)
{
    struct buf out = { 0 };
    json_t *status = status_of(atoms);

    view_status(status, &style, &out);
    json_decref(status);
    return out;
}

/* Characters of the longest line, colours not counted. */
static unsigned widest(const char *s)
{
    unsigned most = 0, width = 0;

    for (; *s; s++) {
        if (*s == '\033') {
            s += strcspn(s, "m");
            continue;
        }
        width = *s == '\n' ? 0 : width + ((*s & 0xc0) != 0x80);
        most = width > most ? width : most;
    }
    return most;
}

static void a_normal_atom_shows_all_that_it_knows(void **state)
{
    static const char *const said[] = {
        "first  up 1m 1s · pid 123 on mini · 9 MB · 0.85 % cpu · kiri 0.1.0\n",
        "store  812 kept · 3 waiting · 123 kB\n",
        "bus    900 sent to 1 subscriber · ipc:///run/user/1000/kiri/first/bus\n",
        "● pulse  normal  1,841 rows, one every 250 ms, model 4\n",
        "  ▁▂▃█  1 to 9 nats\n",
        "  surprise 0.72 nats · score 0.4 · 1 row in 3 is this odd\n",
        "  alarms 1 in 6m 40s, 2.5/day of 1/day promised\n",
        "  cpu     53.1 %  C10    0.4 ▋      as expected .66\n",
        "  swap   missing  S?     0.1 ▏\n",
    };
    struct buf out = view_of(NORMAL, WELL80);

    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        has(&out, said[i]);
    has_not(&out, "▶");
    buf_free(&out);
}

static void learning_shows_how_far_it_is_and_how_long_it_takes(void **state)
{
    struct buf out = view_of(LEARNING, ASCII80);

    (void)state;
    has(&out, "* pulse  learning  ###########             120 of 240 rows, 31 s left\n");
    has_not(&out, "alarms in");
    buf_free(&out);
    out = view_of(TRAINING, ASCII80);
    has(&out, "###                     30 of 200 training steps\n");
    buf_free(&out);
}

static void an_alarm_points_at_the_culprit_and_what_was_expected(void **state)
{
    struct buf out = view_of(ALARM, WELL80);

    (void)state;
    has(&out, "● pulse  alarm");
    has(&out, "1 row in 1,200 is this odd");
    has(&out, "▶ net");
    has(&out, "net=up .98");
    has(&out, "C2 20-30 % .81, C3 30-40 % .10");
    has(&out, "1.23 MB/s");
    has(&out, "  ▁▁!  0.5 to 7.9 nats\n"); /* without colour an alarm is a mark */
    buf_free(&out);
}

/* "a\\nb x" where "a_b" was usual: a newline, a space and the end do not belong. */
#define NAMES                                                                            \
    "{'name':'names','state':'alarm','note':'','period_ms':0,'rows':90,'warmup':88,"     \
    "'training':null,'gen':1,'alarms':1,'scored':2,'budget_per_day':1,"                  \
    "'seen_per_day':null,'recent':[0.5,7.9],'recent_alarm':[0,1],"                       \
    "'last':{'id':90,'label':'/new/a\\nb "                                               \
    "x','surprise':7.98,'score':9.1,'tail':0.0008333,"                                   \
    "'state':'alarm','alarm':true,'blame':'name','fields':[{'name':'name','value':'"     \
    "a\\nb x',"                                                                          \
    "'word':'\\\\x0a','nats':4.1,'expected':[['_',0.98]],"                               \
    "'each':[0.1,12.5,0.2,3.5,1,6.5],'range':null,'expected_ranges':[null]}]}}"

static void the_letters_that_do_not_belong_are_marked(void **state)
{
    struct buf out = view_of(NAMES, WELL80);

    (void)state;
    has(&out, "\n         a\\x0ab x <end>\n"
              "          ^^^^ ^  ^^^^^\n"
              "         /new/a?b x\n");
    has(&out, "alarms 1 in 2 rows, 500 of 1 in 1,000 rows promised\n");
    buf_free(&out);
    out = view_of(NAMES, (struct style){ .width = 80, .utf8 = 1, .colour = 1 });
    has(&out,
        "a\033[1;37;41m\\x0a\033[0mb\033[30;43m \033[0mx \033[1;37;41m<end>\033[0m\n");
    has_not(&out, "^");
    buf_free(&out);
}

static void bytes_that_are_no_text_are_shown_as_such(void **state)
{
    struct buf out = view_of(
        "{'name':'names','state':'alarm','gen':1,'last':{'tail':0.0001,'blame':'name',"
        "'fields':[{'name':'name','value':{'hex':'61ff'},'word':'\\\\xff','nats':9,"
        "'expected':[],'each':[0.1,23,0.5]}]}}",
        WELL80);

    (void)state;
    has(&out, "\n         a\\xff\n"
              "          ^^^^\n");
    buf_free(&out);
}

static void a_text_of_wrong_types_is_shown_without_them(void **state)
{
    static const char *const fields[] = {
        "{'name':'name','value':'ab','each':[1,2]}",
        "{'name':'name','value':'ab','each':[1,2,3,4]}",
        "{'name':'name','value':'ab','each':{'a':1}}",
        "{'name':'name','value':{'hex':'6'},'each':[1,2]}",
        "{'name':'name','value':{'hex':'6z'},'each':[1,2]}",
        "{'name':'name','value':{'hex':7},'each':[1,2]}",
        "{'name':'name','value':null,'each':[1]}",
        "{'name':'name','value':'a','each':['x',null]}",
    };
    char atom[300];

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        snprintf(
            atom, sizeof atom,
            "{'name':'n','gen':1,'last':{'tail':0.0001,'blame':'name','fields':[%s]}}",
            fields[i]);
        struct buf out = view_of(atom, WELL80);
        has(&out, "name");
        has_not(&out, "^");
        buf_free(&out);
    }
}

static void an_alarm_is_red_where_colours_are(void **state)
{
    struct buf out =
        view_of(ALARM, (struct style){ .width = 80, .utf8 = 1, .colour = 1 });

    (void)state;
    has(&out, "\033[31m█\033[0m");
    has(&out, "\033[31malarm\033[0m");
    has(&out, "\033[31m▶\033[0m");
    has(&out, "\033[31mnet\033[0m");
    buf_free(&out);
}

static void no_colour_means_no_escape(void **state)
{
    struct buf out = view_of(ALARM "," NORMAL "," LEARNING, WELL80);

    (void)state;
    has_not(&out, "\033");
    has(&out, "  alarms 2 in 2.1 days, 0.93/day of 1/day promised\n");
    buf_free(&out);
}

static void without_utf8_every_byte_is_ascii(void **state)
{
    struct buf out = view_of(ALARM "," NORMAL "," LEARNING, ASCII80);

    (void)state;
    for (size_t i = 0; i < out.len; i++)
        assert_true((unsigned char)out.data[i] < 0x80);
    has(&out, "> net");
    buf_free(&out);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    static const char *const lots =
        "{'name':'a-name-that-is-quite-as-long-as-can-be','state':'stuck',"
        "'note':'cannot read "
        "/a/very/long/path/that/goes/on/and/on/and/on/until/it/does/not/"
        "fit/on/a/line','period_ms':86400000,'rows':123456789,'gen':123456,"
        "'alarms':123456,'scored':123456789,'budget_per_day':123.456,"
        "'seen_per_day':123.4567,'recent':[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
        "19,"
        "20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,"
        "46,"
        "47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,"
        "73,"
        "74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90],'recent_alarm':[],"
        "'last':{'surprise':23.02585,'score':20,'tail':1e-12,'state':'alarm','alarm':"
        "true,'blame':"
        "'a_field_name_of_thirty_two_bytes','fields':[{'name':"
        "'a_field_name_of_thirty_two_bytes','unit':'furlongs/fortnight',"
        "'value':-123456.789,'word':'VERYLONG12','nats':23.02,'expected':[['VERYLONG1',0."
        "5],"
        "['VERYLONG2',0.4],['VERYLONG3',0.1]],'expected_ranges':[[-200000,-150000],"
        "[-150000,-100000],[-100000,0]]},{'name':'file','value':"
        "'ein sehr langer Name äöü mit vielen Zeichen die nicht hineinpassen.pdf',"
        "'word':'\\u001b[2J','nats':3,'expected':[]}]}}";

    (void)state;
    for (unsigned width = 40; width <= 132; width += 4)
        for (int look = 0; look < 4; look++) {
            struct style style = { .width = width,
                                   .colour = look & 1,
                                   .utf8 = look >> 1 };
            struct buf out = view_of(lots, style);
            assert_true(widest(buf_text(&out)) <= width);
            buf_free(&out);
        }
}

static void text_from_outside_cannot_move_the_cursor(void **state)
{
    struct buf out =
        view_of("{'name':'pulse','state':'error','note':'a\\u001b[2Jb\\nc'}", WELL80);

    (void)state;
    has(&out, "  a?[2Jb?c\n");
    buf_free(&out);
}

static void a_status_of_wrong_types_is_shown_without_them(void **state)
{
    static const char *const odd[] = {
        "",
        "1",
        "{}",
        "[]",
        "null",
        "{'name':7,'state':[],'last':'x','recent':{}}",
        "{'last':{'fields':[1,{},{'expected':[1,[],[2,'x']],'expected_ranges':[[1]]}]}}",
        "{'recent':['x',null],'recent_alarm':'y','training':{},'state':'learning'}",
        "{'rows':1e300,'warmup':-1,'period_ms':1e300,'state':'learning','gen':-5}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct buf out = view_of(odd[i], WELL80);
        assert_true(widest(buf_text(&out)) <= 80);
        buf_free(&out);
    }
    struct buf out = { 0 };
    view_status(NULL, &WELL80, &out);
    assert_false(buf_failed(&out));
    buf_free(&out);
}

static void a_degraded_store_is_said(void **state)
{
    struct buf out = { 0 };
    json_t *status = status_of(NORMAL), *store = json_object_get(status, "store");

    (void)state;
    json_object_set_new(store, "degraded", json_true());
    json_object_set_new(store, "why", json_string("database or disk is full"));
    json_object_set_new(store, "dropped", json_integer(1234));
    view_status(status, &WELL80, &out);
    has(&out, "store  not writing: database or disk is full\n");
    has(&out, "1,234 lost");
    json_decref(status);
    buf_free(&out);
}

static void what_is_not_as_it_should_be_is_said(void **state)
{
    static const struct {
        const char *atom, *said;
    } cases[] = {
        { "{'name':'a','state':'stale','note':'silent for 12 s','period_ms':5000}",
          "● a  stale  ? rows, one every 5 s, model ?\n  silent for 12 s\n" },
        { "{'name':'a','state':'normal','period_ms':1000,'late_ms':400}",
          "\n  its last look came 400 ms late\n" },
        { "{'name':'a','state':'normal','period_ms':5000,'late_ms':400}",
          "one every 5 s, model ?\n" }, /* a twelfth of a period is not late */
        { "{'name':'a','state':'normal','skipped':1,'dropped':0}",
          "\n  1 look skipped\n" },
        { "{'name':'a','state':'normal','skipped':3,'dropped':1200}",
          "\n  3 looks skipped, 1,200 rows lost\n" },
        { "{'name':'a','state':'alarm','held_back':1200}",
          "\n  1,200 rows not learned while the alarm is open\n" },
        { "{'name':'a','state':'normal','turns_skipped':1,'share':0.05}",
          "\n  1 turn of learning skipped: 5 % of a core is used up\n" },
        { "{'name':'a','state':'normal','cell':{'pid':4711}}",
          ", model ?, cell pid 4711\n" },
        { "{'name':'a','state':'error','cell':{'pid':null}}", ", model ?, no cell\n" },
        { "{'name':'a','state':'normal','unsaved':'no space left'}",
          "\n  model not saved: no space left\n" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = view_of(cases[i].atom, WELL80);
        has(&out, cases[i].said);
        buf_free(&out);
    }
}

static void a_rejected_config_and_a_recovered_store_are_said(void **state)
{
    struct buf out = { 0 };
    json_t *status = status_of(NORMAL), *store = json_object_get(status, "store");

    (void)state;
    view_status(status, &WELL80, &out);
    has_not(&out, "config");
    buf_clear(&out);
    json_object_set_new(status, "config_rejected",
                        json_string("m.yaml:3:5: unknown key 'evry'"));
    json_object_set_new(store, "recovered",
                        json_pack("{s:i,s:b,s:s,s:i,s:i}", "ts", 1, "going", 0, "kept_as",
                                  "store.db.bad-1", "rows", 1234, "lost", 5));
    view_status(status, &WELL80, &out);
    has(&out, "config rejected, the former one runs: m.yaml:3:5: unknown key 'evry'\n");
    has(&out, "was damaged: 1,234 rows saved, 5 lost; the old file is store.db.bad-1\n");
    json_decref(status);
    buf_free(&out);
}

static void a_pipe_gets_one_line_an_atom(void **state)
{
    struct buf out = { 0 };
    json_t *status = status_of(NORMAL "," ALARM "," LEARNING "," TRAINING);

    (void)state;
    view_lines(status, "12:00:01", &out);
    assert_string_equal(buf_text(&out),
                        "12:00:01 pulse normal surprise 0.72 nats score 0.4 blame -\n"
                        "12:00:01 pulse alarm surprise 7.98 nats score 9.1 blame net\n"
                        "12:00:01 pulse learning 120 of 240 rows\n"
                        "12:00:01 pulse learning training 30 of 200 steps\n");
    json_decref(status);
    buf_free(&out);
}

static void numbers_are_short_and_right(void **state)
{
    static const struct {
        double x;
        const char *plain, *count;
    } cases[] = {
        { 0, "0", "0" },
        { 0.724, "0.72", "1" },
        { 53.14, "53.1", "53" },
        { 99.96, "100", "100" },
        { 123.4, "123", "123" },
        { 1234567, "1234567", "1,234,567" },
        { -5, "-5", "-5" },
        { 0.0042, "0.0042", "0" },
        { -1234, "-1234", "-1,234" },
        { 1e12, "1e+12", "1,000,000,000,000" },
        { NAN, "?", "?" },
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        number_plain(cases[i].x, text, sizeof text);
        assert_string_equal(text, cases[i].plain);
        number_count(cases[i].x, text, sizeof text);
        assert_string_equal(text, cases[i].count);
    }
    number_range(-5, 5, "C", text, sizeof text);
    assert_string_equal(text, "-5..5 C");
    number_range(1200, 2400, "B/s", text, sizeof text);
    assert_string_equal(text, "1.2-2.4 kB/s");
    number_unit(999.9, "B", text, sizeof text);
    assert_string_equal(text, "1 kB");
}

static void what_was_loaded_by_hand_or_rejected_is_said(void **state)
{
    struct buf out = { 0 };
    json_t *status = status_of(NORMAL);
    json_t *atom = json_array_get(json_object_get(status, "atoms"), 0);

    (void)state;
    view_status(status, &WELL80, &out);
    has_not(&out, "by hand");
    has_not(&out, "version was rejected");
    buf_clear(&out);
    json_object_set_new(atom, "by_hand", json_true());
    json_object_set_new(atom, "rejected", json_string("/a/soil.so: it is cut short"));
    json_object_set_new(status, "left_out",
                        json_pack("[{s:s,s:s}]", "name", "bed2", "why",
                                  "/a/bed2.so: No such file"));
    view_status(status, &WELL80, &out);
    has(&out, ", loaded by hand\n");
    has(&out, "another version was rejected: /a/soil.so: it is cut short\n");
    has(&out, "absent bed2, loaded by hand: /a/bed2.so: No such file\n");
    json_decref(status);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_normal_atom_shows_all_that_it_knows),
        cmocka_unit_test(learning_shows_how_far_it_is_and_how_long_it_takes),
        cmocka_unit_test(an_alarm_points_at_the_culprit_and_what_was_expected),
        cmocka_unit_test(the_letters_that_do_not_belong_are_marked),
        cmocka_unit_test(bytes_that_are_no_text_are_shown_as_such),
        cmocka_unit_test(a_text_of_wrong_types_is_shown_without_them),
        cmocka_unit_test(an_alarm_is_red_where_colours_are),
        cmocka_unit_test(no_colour_means_no_escape),
        cmocka_unit_test(without_utf8_every_byte_is_ascii),
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(text_from_outside_cannot_move_the_cursor),
        cmocka_unit_test(a_status_of_wrong_types_is_shown_without_them),
        cmocka_unit_test(a_degraded_store_is_said),
        cmocka_unit_test(what_is_not_as_it_should_be_is_said),
        cmocka_unit_test(a_rejected_config_and_a_recovered_store_are_said),
        cmocka_unit_test(what_was_loaded_by_hand_or_rejected_is_said),
        cmocka_unit_test(a_pipe_gets_one_line_an_atom),
        cmocka_unit_test(numbers_are_short_and_right),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
