#include "cli/view_atom.h"

#include "base/units.h"
#include "cli/view.h"
#include "cli/view_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define INDENT   2u
#define BAR      22u /* columns of a progress bar                            */
#define NATS_BAR 6u  /* columns of a field's bar                             */
#define FULL_BAR 4.0 /* nats that fill it, unless a field of the row has more */
#define CELL     96u /* bytes of a table cell                                */

/* ---- how it is ------------------------------------------------------------------- */

static enum colour state_colour(const char *state)
{
    static const struct {
        const char *state;
        enum colour colour;
    } colours[] = { { "learning", CYAN }, { "normal", GREEN }, { "alarm", RED },
                    { "stuck", YELLOW },  { "error", YELLOW }, { "broken", RED } };

    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        if (strcmp(state, colours[i].state) == 0)
            return colours[i].colour;
    return PLAIN;
}

static void gap(struct canvas *c)
{
    canvas_text(c, FAINT, c->style.utf8 ? " · " : " - ");
}

/* "████▌       120 of 240 rows, 30 s left" */
static void progress(struct canvas *c, const json_t *atom)
{
    const json_t *training = json_object_get(atom, "training");
    double done = view_number(atom, "rows"), all = view_number(atom, "warmup");
    const char *what = "rows";
    char a[40], b[40];

    if (json_is_object(training)) {
        done = view_number(training, "done");
        all = view_number(training, "all");
        what = "training steps";
    }
    canvas_text(c, PLAIN, "  ");
    canvas_bar(c, CYAN, done / all, BAR);
    number_count(done, a, sizeof a);
    number_count(all, b, sizeof b);
    canvas_textf(c, PLAIN, "  %s of %s %s", a, b, what);
    double left = (all - done) * view_number(atom, "period_ms");
    if (!json_is_object(training) && left > 0 && left < 1e12) {
        units_duration_print((int64_t)(left / 1000 + 1) * 1000, a, sizeof a);
        canvas_textf(c, FAINT, ", %s left", a);
    }
}

static void state_line(struct canvas *c, const json_t *atom)
{
    const char *state = view_text(atom, "state");
    enum colour colour = state_colour(state);
    double period = view_number(atom, "period_ms");
    char text[40];

    canvas_text(c, colour, c->style.utf8 ? "● " : "* ");
    canvas_textf(c, BOLD, "%.32s", view_text(atom, "name"));
    canvas_text(c, PLAIN, "  ");
    canvas_textf(c, colour, "%.16s", state);
    if (strcmp(state, "learning") == 0) {
        progress(c, atom);
    } else {
        number_count(view_number(atom, "rows"), text, sizeof text);
        canvas_textf(c, FAINT, "  %s rows", text);
        if (period > 0 && period < 1e12) {
            units_duration_print((int64_t)period, text, sizeof text);
            canvas_textf(c, FAINT, ", one every %s", text);
        }
        number_count(view_number(atom, "gen"), text, sizeof text);
        canvas_textf(c, FAINT, ", model %s", text);
    }
    canvas_end(c);
    if (*view_text(atom, "note")) {
        canvas_to(c, INDENT);
        canvas_text(c, colour, view_text(atom, "note"));
        canvas_end(c);
    }
}

/* ---- lately ---------------------------------------------------------------------- */

/* The newest surprises between their least and most, as many as fit. */
static void spark_line(struct canvas *c, const json_t *atom)
{
    const json_t *recent = json_object_get(atom, "recent");
    const json_t *alarms = json_object_get(atom, "recent_alarm");
    size_t n = json_array_size(recent), room = canvas_room(c);
    double least = INFINITY, most = -INFINITY;
    char low[32], high[32], legend[96];

    if (!n || room < 40)
        return;
    size_t first = n > room - 28 ? n - (room - 28) : 0;
    for (size_t i = first; i < n; i++) {
        double x = json_number_value(json_array_get(recent, i));
        least = x < least ? x : least;
        most = x > most ? x : most;
    }
    number_plain(least, low, sizeof low);
    number_plain(most, high, sizeof high);
    snprintf(legend, sizeof legend, "  %s to %s nats", low, high);
    canvas_to(c, INDENT);
    for (size_t i = first; i < n; i++) {
        double x = json_number_value(json_array_get(recent, i));
        int alarm = json_number_value(json_array_get(alarms, i)) > 0;
        if (alarm && !c->style.colour)
            canvas_text(c, PLAIN, "!");
        else
            canvas_spark(c, alarm ? RED : PLAIN,
                         most > least ? (x - least) / (most - least) : 0);
    }
    canvas_text(c, FAINT, legend);
    canvas_end(c);
}

static void surprise_line(struct canvas *c, const json_t *atom, const json_t *last)
{
    char text[64];

    canvas_to(c, INDENT);
    number_plain(view_number(last, "surprise"), text, sizeof text);
    canvas_text(c, PLAIN, "surprise ");
    canvas_text(c, BOLD, text);
    canvas_text(c, PLAIN, " nats");
    if (view_number(atom, "gen") > 0) {
        gap(c);
        number_plain(view_number(last, "score"), text, sizeof text);
        canvas_textf(c, PLAIN, "score %s", text);
        gap(c);
        number_tail(view_number(last, "tail"), text, sizeof text);
        canvas_text(c, view_number(last, "tail") <= VIEW_ODD_TAIL ? YELLOW : PLAIN, text);
    }
    canvas_end(c);
}

static void alarm_line(struct canvas *c, const json_t *atom)
{
    char alarms[40], scored[40], seen[32], promised[32];

    if (!(view_number(atom, "gen") > 0))
        return;
    number_count(view_number(atom, "alarms"), alarms, sizeof alarms);
    number_count(view_number(atom, "scored"), scored, sizeof scored);
    number_plain(view_number(atom, "seen_per_day"), seen, sizeof seen);
    number_plain(view_number(atom, "budget_per_day"), promised, sizeof promised);
    canvas_to(c, INDENT);
    canvas_textf(c, PLAIN, "%s alarm%s in %s rows", alarms,
                 strcmp(alarms, "1") == 0 ? "" : "s", scored);
    gap(c);
    canvas_textf(c, FAINT, "promised %s a day, seen %s a day", promised, seen);
    canvas_end(c);
}

/* ---- the last row ---------------------------------------------------------------- */

struct table {
    unsigned name, value, word; /* columns where they end */
    double full;                /* nats of a full bar     */
};

static void show_value(const json_t *field, char *out, size_t cap)
{
    const json_t *value = json_object_get(field, "value");

    if (json_is_number(value))
        number_unit(json_number_value(value), view_text(field, "unit"), out, cap);
    else if (json_is_string(value))
        snprintf(out, cap, "%.60s", json_string_value(value));
    else
        snprintf(out, cap, "missing");
}

static unsigned widest(unsigned now, unsigned width, unsigned most)
{
    width = width > most ? most : width;
    return width > now ? width : now;
}

static struct table measure(const struct canvas *c, const json_t *fields)
{
    struct table t = { 5, 5, 4, FULL_BAR };
    const json_t *field;
    char text[CELL];
    size_t i;

    json_array_foreach(fields, i, field)
    {
        show_value(field, text, sizeof text);
        t.name = widest(t.name, canvas_width(c, view_text(field, "name")), 16);
        t.value = widest(t.value, canvas_width(c, text), 14);
        t.word = widest(t.word, canvas_width(c, view_text(field, "word")), 10);
        if (view_number(field, "nats") > t.full)
            t.full = view_number(field, "nats");
    }
    t.name += INDENT;
    t.value += t.name + 2;
    t.word += t.value + 2;
    return t;
}

/* Text from outside in a column that ends before `end`; what is too long is cut. */
static void cell(struct canvas *c, enum colour colour, unsigned end, const char *text)
{
    struct canvas narrow = *c;

    if (narrow.style.width > end)
        narrow.style.width = end;
    canvas_text(&narrow, colour, text);
    c->col = narrow.col;
    canvas_to(c, end);
}

/* "C2 20-30 % .81": one thing that was expected, and its range where it has one. */
static void show_expected(const json_t *field, size_t i, char *out, size_t cap)
{
    const json_t *pair = json_array_get(json_object_get(field, "expected"), i);
    const json_t *range = json_array_get(json_object_get(field, "expected_ranges"), i);
    const char *word = json_string_value(json_array_get(pair, 0));
    char p[16], covers[CELL] = "";

    number_share(json_number_value(json_array_get(pair, 1)), p, sizeof p);
    if (json_array_size(range) == 2) {
        covers[0] = ' ';
        number_range(json_number_value(json_array_get(range, 0)),
                     json_number_value(json_array_get(range, 1)),
                     view_text(field, "unit"), covers + 1, sizeof covers - 1);
    }
    snprintf(out, cap, "%.40s%s %s", word ? word : "?", covers, p);
}

static void expected(struct canvas *c, const json_t *field)
{
    const json_t *all = json_object_get(field, "expected");
    const char *top = json_string_value(json_array_get(json_array_get(all, 0), 0));
    char text[2 * CELL];

    if (top && strcmp(top, view_text(field, "word")) == 0) {
        number_share(json_number_value(json_array_get(json_array_get(all, 0), 1)), text,
                     sizeof text);
        canvas_textf(c, FAINT, "as expected %s", text);
        return;
    }
    for (size_t i = 0; i < json_array_size(all); i++) {
        show_expected(field, i, text, sizeof text);
        /* The first may be cut, the others stand whole or not at all. */
        if (i && canvas_width(c, text) + 2 > canvas_room(c))
            return;
        if (i)
            canvas_text(c, FAINT, ", ");
        canvas_text(c, PLAIN, text);
    }
}

static void field_line(struct canvas *c, const json_t *field, const struct table *t,
                       int culprit)
{
    double nats = view_number(field, "nats");
    char text[CELL];

    canvas_text(c, RED, culprit ? (c->style.utf8 ? "▶" : ">") : "");
    canvas_to(c, INDENT);
    cell(c, culprit ? RED : PLAIN, t->name, view_text(field, "name"));
    show_value(field, text, sizeof text);
    if (json_is_number(json_object_get(field, "value"))) {
        canvas_right(c, PLAIN, t->value, text);
    } else {
        canvas_to(c, t->name + 2);
        enum colour colour =
            json_is_string(json_object_get(field, "value")) ? PLAIN : FAINT;
        cell(c, colour, t->value, text);
    }
    canvas_to(c, t->value + 2);
    cell(c, CYAN, t->word, view_text(field, "word"));
    snprintf(text, sizeof text, "%.1f", isfinite(nats) ? nats : 0);
    canvas_right(c, PLAIN, t->word + 6, text);
    canvas_to(c, t->word + 7);
    canvas_bar(c,
               culprit                ? RED
               : nats >= FULL_BAR / 2 ? YELLOW
                                      : GREEN,
               nats / t->full, NATS_BAR);
    canvas_to(c, t->word + 7 + NATS_BAR + 1);
    expected(c, field);
    canvas_end(c);
}

static void last_row(struct canvas *c, const json_t *last)
{
    const json_t *fields = json_object_get(last, "fields"), *field;
    struct table t = measure(c, fields);
    int odd = view_odd(last);
    size_t i;

    if (!json_array_size(fields))
        return;
    canvas_to(c, INDENT);
    canvas_text(c, FAINT, "field");
    canvas_right(c, FAINT, t.value, "value");
    canvas_to(c, t.value + 2);
    canvas_text(c, FAINT, "word");
    canvas_right(c, FAINT, t.word + 6, "nats");
    canvas_to(c, t.word + 7 + NATS_BAR + 1);
    canvas_text(c, FAINT, "expected instead");
    canvas_end(c);
    json_array_foreach(fields, i, field)
        field_line(c, field, &t,
                   odd && *view_text(last, "blame") &&
                       strcmp(view_text(last, "blame"), view_text(field, "name")) == 0);
}

void view_atom(struct canvas *c, const json_t *atom)
{
    const json_t *last = json_object_get(atom, "last");

    state_line(c, atom);
    spark_line(c, atom);
    if (json_is_object(last))
        surprise_line(c, atom, last);
    alarm_line(c, atom);
    if (json_is_object(last))
        last_row(c, last);
}
