/* The picture of `kiri top`: a status, events and a size in, lines out. */
#include "said.h"

#include "screen/screen.h"
#include "screen/view_top.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ATOM(name, state, more)                                                          \
    "{'name':'" name "','state':'" state "','note':'','period_ms':250,'rows':1841,"      \
    "'warmup':240,'training':null,'gen':4,'alarms':1,'scored':1601,"                     \
    "'budget_per_day':1,'seen_per_day':2.5,'seen_days':0.0046,"                          \
    "'recent':[1,2,3,9],'recent_alarm':[0,0,0,1]," more "}"
#define TEXT                                                                             \
    "[{'name':'name','word':' ','value':'a b','nats':3,'expected':[['_',0.98]],"         \
    "'each':[0.1,9,0.2,0.1]}"
#define LAST                                                                             \
    "'last':{'surprise':2.72,'score':9.1,'tail':0.00083,'state':'alarm','alarm':true,'"  \
    "blame':'cpu',"                                                                      \
    "'fields':[{'name':'cpu','unit':'%','value':95,'word':'C19','nats':9.4,"             \
    "'expected':[['C0',0.81],['C1',0.1]],'range':[95,100],"                              \
    "'expected_ranges':[[0,5],[5,10]]},{'name':'net','value':'up','word':'net=up',"      \
    "'nats':0.1,'expected':[['net=up',0.98]],'expected_ranges':[null]}]}"
#define NO_LAST "'last':null"
#define FIELD(name)                                                                      \
    "{'name':'" name "','unit':'%','value':5,'word':'X1','nats':0.5,'expected':[]}"
#define FIELD8(n)                                                                        \
    FIELD(n "1")                                                                         \
    "," FIELD(n "2") "," FIELD(n "3") "," FIELD(n "4") "," FIELD(n "5") "," FIELD(       \
        n "6") "," FIELD(n "7") "," FIELD(n "8")
#define MANY                                                                             \
    "'last':{'surprise':1,'score':1,'tail':0.5,'alarm':false,'blame':'','fields':"       \
    "[" FIELD8("a") "," FIELD8("b") "," FIELD8("c") "," FIELD8(                          \
        "d") ",{'name':'loudest','value':1,'word':'Y','nats':7,'expected':[]}]}"

static const struct size sizes[] = { { 80, 24 }, { 120, 40 }, { 40, 10 }, { 300, 80 },
                                     { 79, 24 }, { 80, 23 },  { 1, 1 },   { 10, 300 } };

static json_t *status_of(const char *atoms)
{
    char text[32768];

    snprintf(text, sizeof text,
             "{'molecule':'first','uptime_ms':61234,'rss_bytes':9000000,'cpu_ms':523,"
             "'bus':'ipc:///run/kiri/bus','store':{'committed':812},'atoms':[%s]}",
             atoms);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *status = json_loads(text, 0, NULL);
    assert_non_null(status);
    return status;
}

static struct buf picture(struct top *top, const char *atoms, struct size size,
                          int colour)
{
    static const struct events none;
    struct style style = { .width = size.width, .utf8 = 1, .colour = colour };
    struct buf out = { 0 };
    json_t *status = atoms ? status_of(atoms) : NULL;

    top->status = status;
    if (!top->events)
        top->events = &none;
    if (!top->trouble)
        top->trouble = "";
    top->utc = 1;
    view_top(top, &style, size.height, &out);
    json_decref(status);
    return out;
}

/* So many lines, none wider than the width: colours not counted. */
static void fits(const struct buf *out, struct size size)
{
    unsigned lines = 0, width = 0;

    for (const char *s = buf_text(out); *s; s++) {
        if (*s == '\033') {
            s += strcspn(s, "m");
            continue;
        }
        width = *s == '\n' ? 0 : width + ((*s & 0xc0) != 0x80);
        lines += *s == '\n';
        if (width > size.width)
            fail_msg("%u columns in\n%s", width, buf_text(out));
    }
    assert_int_equal(lines, size.height);
}

static void every_size_is_filled_and_never_overflown(void **state)
{
    static const char *const statuses[] = {
        NULL,
        "",
        ATOM("pulse", "normal", LAST),
        ATOM("pulse", "learning", NO_LAST),
        ATOM("pulse", "normal", MANY) "," ATOM("b", "stuck", LAST),
        ATOM("a", "normal", LAST) "," ATOM("b", "normal", LAST) "," ATOM(
            "c", "normal",
            LAST) "," ATOM("d", "normal",
                           LAST) "," ATOM("e", "normal",
                                          LAST) "," ATOM("f", "normal",
                                                         LAST) "," ATOM("g", "normal",
                                                                        LAST) "," ATOM("h",
                                                                                       "n"
                                                                                       "o"
                                                                                       "r"
                                                                                       "m"
                                                                                       "a"
                                                                                       "l",
                                                                                       MANY),
        "1,{},[],null,{'name':7,'state':[],'last':'x','recent':{}}",
    };
    (void)state;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof statuses / sizeof *statuses; k++)
            for (int look = 0; look < 4; look++) {
                struct events events = { .n = 0 };
                struct top top = {
                    .events = &events, .help = look & 1, .selected = 7, .back = 3
                };
                for (int e = 0; e < look * 70; e++)
                    events_say(&events, e, RED, "%d %0300d", e, e);
                struct buf out = picture(&top, statuses[k], sizes[i], look >> 1);
                fits(&out, sizes[i]);
                buf_free(&out);
            }
}

static void it_shows_state_words_and_what_was_expected(void **state)
{
    struct top top = { 0 };
    struct buf out =
        picture(&top, ATOM("pulse", "alarm", LAST), (struct size){ 80, 24 }, 0);
    (void)state;

    has(&out, "kiri top  first up 1m 1s · 9 MB · 0.85 % cpu · 812 kept\n");
    has(&out,
        "▶ pulse             alarm            2.72   9.1   1,205  cpu        ▁▂▃!\n");
    has(&out, "── pulse 1,841 rows, model 4, 1 alarm, 2.5/day of 1/day promised ");
    has(&out, "C0 0-5 % .81, C1 5-10 % .10");
    has(&out, "q quit  p pause");
    buf_free(&out);
}

static void a_small_terminal_is_told_what_is_needed(void **state)
{
    struct top top = { 0 };
    struct buf out = picture(&top, "", (struct size){ 40, 10 }, 0);
    (void)state;

    has(&out, "kiri top needs 80x24;\nthis terminal has 40x10.\n");
    buf_free(&out);
}

static void where_room_is_short_the_most_surprising_words_are_shown(void **state)
{
    struct top top = { 0 };
    struct buf out =
        picture(&top, ATOM("pulse", "normal", MANY), (struct size){ 80, 24 }, 0);
    (void)state;

    has(&out, "loudest");
    has_not(&out, "d8 ");
    buf_free(&out);
    out = picture(&top, ATOM("pulse", "normal", MANY), (struct size){ 80, 60 }, 0);
    has(&out, "d8 ");
    buf_free(&out);
}

static void the_selected_atom_is_on_the_screen(void **state)
{
    struct top top = { .selected = 5 };
    struct buf out =
        picture(&top,
                ATOM("a1", "normal", LAST) "," ATOM("a2", "normal", LAST) "," ATOM(
                    "a3", "normal",
                    LAST) "," ATOM("a4", "normal",
                                   LAST) "," ATOM("a5", "normal",
                                                  LAST) "," ATOM("a6", "normal", LAST),
                (struct size){ 80, 24 }, 0);
    (void)state;

    has(&out, "▶ a6");
    has(&out, "── a6 ");
    has_not(&out, "  a1 ");
    buf_free(&out);
}

static void trouble_and_a_pause_are_said(void **state)
{
    struct top top = { .trouble = "no host answers; trying again ...", .paused = 1 };
    struct buf out = picture(&top, NULL, (struct size){ 80, 24 }, 0);
    (void)state;

    has(&out, "\nno host answers; trying again ...\n");
    has(&out, "PAUSED\n");
    has(&out, "waiting for a host");
    buf_free(&out);
}

static void the_newest_events_are_at_the_bottom_and_older_ones_can_be_seen(void **state)
{
    struct events events = { .n = 0 };
    struct top top = { .events = &events };
    (void)state;

    for (int i = 1; i <= 300; i++)
        events_say(&events, i * 1000, PLAIN, "event %d", i);
    struct buf out = picture(&top, "", (struct size){ 80, 24 }, 0);
    has(&out, "00:05:00 event 300\nq quit");
    has_not(&out, "event 100\n");
    buf_free(&out);
    top.back = 10000;
    out = picture(&top, "", (struct size){ 80, 24 }, 0);
    has(&out, "event 101\n");
    has_not(&out, "event 300\n");
    has(&out, "scrolled back");
    buf_free(&out);
}

/* ---- events ------------------------------------------------------------------------ */

static int take(struct events *e, const char *message)
{
    char text[2048];

    snprintf(text, sizeof text, "%s", message);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    return events_take(e, text, strlen(text));
}

static void messages_become_lines(void **state)
{
    static const struct {
        const char *message, *line; /* NULL: no event */
    } cases[] = {
        { "heartbeat {'ts':1}", NULL },
        { "score/pulse {'ts':1,'alarm':false}", NULL },
        { "score/pulse "
          "{'ts':2,'state':'alarm','alarm':true,'tail':0.001,'blame':'cpu','fields':"
          "[{'name':'cpu','word':'C15','expected':[['C0',0.91]]}]}",
          "pulse  alarm: cpu C15 where C0 was expected (.91); 1 row in 1,000 is this "
          "odd" },
        { "score/pulse {'ts':3,'state':'alarm','alarm':false}", NULL }, /* the same one */
        { "score/other {'ts':3,'alarm':false}", NULL },
        { "score/pulse {'ts':4,'alarm':false}", "pulse  alarm over" },
        { "score/pulse "
          "{'ts':5,'state':'alarm','alarm':true,'tail':0.001,'blame':'cpu','fields':"
          "[{'name':'cpu','word':'C1','expected':[['C1',0.4]]}]}", /* odd before */
          "pulse  alarm: cpu, over several rows; 1 row in 1,000 is this odd" },
        { "score/names "
          "{'ts':5,'state':'alarm','alarm':true,'tail':0.001,'blame':'name','fields'"
          ":" TEXT "]}",
          "names  alarm: name a b: ' ' where '_' was expected (.98); 1 row in 1,000 is "
          "this odd" },
        { "score/names "
          "{'ts':6,'state':'alarm','alarm':true,'tail':0.001,'blame':'name','fields'"
          ":" TEXT "]}", /* another text, another alarm */
          "names  alarm: name a b: ' ' where '_' was expected (.98); 1 row in 1,000 is "
          "this odd" },
        { "model/pulse {'gen':3,'before':0.9,'after':0.5,'ms':12,'result':'trained'}",
          "pulse  learned: model 3, 0.90 to 0.50 nats a word in 12 ms" },
        { "model/pulse {'result':'rejected'}", "pulse  learning: rejected" },
        { "atom/pulse {'state':'error','note':'no /proc'}", "pulse  error: no /proc" },
        { "log/warn {'line':'slow disk'}", "slow disk" },
        { "log/debug {'line':'x'}", NULL },
        { "alert {'why':'cpu'}", "alert  cpu" },
        { "note/pulse/x {'body':'y'}", NULL },
        { "score/pulse [1]", NULL },
        { "score/pulse {'alarm':tru}", NULL },
        { "nonsense", NULL },
    };
    struct events e = { .n = 0 };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned before = e.n;
        assert_int_equal(take(&e, cases[i].message), cases[i].line != NULL);
        assert_int_equal(e.n, before + (cases[i].line != NULL));
        if (cases[i].line)
            assert_string_equal(events_newest(&e, 0)->text, cases[i].line);
    }
}

/* ---- the screen ----------------------------------------------------------------------
 */

static void only_lines_that_changed_are_written(void **state)
{
    static const struct {
        const char *before, *now, *written;
    } cases[] = {
        { "", "a\nb\n", "\033[1;1Ha\033[K\033[2;1Hb\033[K" },
        { "a\nb\n", "a\nb\n", "" },
        { "a\nb\n", "a\nc\n", "\033[2;1Hc\033[K" },
        { "a\nb\n", "a\n", "\033[2;1H\033[K" },
        { "a\n", "a\n\n", "\033[2;1H\033[K" },
        { "a\nbb\n", "a\nb\n", "\033[2;1Hb\033[K" },
        { "", "a\nb\nc\nd\n", "\033[1;1Ha\033[K\033[2;1Hb\033[K\033[3;1Hc\033[K" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };
        screen_difference(cases[i].before, cases[i].now, 3, &out);
        assert_string_equal(buf_text(&out), cases[i].written);
        buf_free(&out);
    }
}

static void bytes_become_keys(void **state)
{
    static const struct {
        const char *bytes;
        size_t used;
        int key;
    } cases[] = {
        { "q", 1, 'q' },
        { "qq", 1, 'q' },
        { "\033", 1, KEY_ESCAPE },
        { "\033q", 1, KEY_ESCAPE },
        { "\033[A", 3, KEY_UP },
        { "\033OB", 3, KEY_DOWN },
        { "\033[1;5C", 6, KEY_RIGHT },
        { "\033[5~x", 4, KEY_PAGE_UP },
        { "\033[6~", 4, KEY_PAGE_DOWN },
        { "\033[H", 3, KEY_HOME },
        { "\033[4~", 4, KEY_END },
        { "\033[99~", 5, KEY_NONE },
        { "\033[", 2, KEY_NONE },
        { "\303\244", 1, 0xc3 },
        { "", 0, KEY_NONE },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t used = 99;
        assert_int_equal(screen_decode(cases[i].bytes, strlen(cases[i].bytes), &used),
                         cases[i].key);
        assert_int_equal(used, cases[i].used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_filled_and_never_overflown),
        cmocka_unit_test(it_shows_state_words_and_what_was_expected),
        cmocka_unit_test(a_small_terminal_is_told_what_is_needed),
        cmocka_unit_test(where_room_is_short_the_most_surprising_words_are_shown),
        cmocka_unit_test(the_selected_atom_is_on_the_screen),
        cmocka_unit_test(trouble_and_a_pause_are_said),
        cmocka_unit_test(the_newest_events_are_at_the_bottom_and_older_ones_can_be_seen),
        cmocka_unit_test(messages_become_lines),
        cmocka_unit_test(only_lines_that_changed_are_written),
        cmocka_unit_test(bytes_become_keys),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
