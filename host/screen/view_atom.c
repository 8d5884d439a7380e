#include "screen/view_atom.h"

#include "base/units.h"
#include "screen/view.h"
#include "screen/view_fields.h"
#include "screen/view_number.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define INDENT 2u
#define BAR    22u /* columns of a progress bar                            */

/* ---- how it is ------------------------------------------------------------------- */

enum colour view_state_colour(const char *state)
{
    static const struct {
        const char *state;
        enum colour colour;
    } colours[] = { { "learning", CYAN }, { "normal", GREEN }, { "alarm", RED },
                    { "stuck", YELLOW },  { "error", YELLOW }, { "broken", RED },
                    { "stale", YELLOW } };

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
void view_progress(struct canvas *c, const json_t *atom)
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

/* What it has not learned: of an open alarm, or for want of its share of a core. */
static void unlearned(struct canvas *c, const json_t *atom)
{
    double turns = view_number(atom, "turns_skipped");
    double held = view_number(atom, "held_back");
    char text[64];

    if (held > 0) {
        canvas_to(c, INDENT);
        number_count(held, text, sizeof text);
        canvas_textf(c, FAINT, "%s row%s not learned while the alarm is open", text,
                     held == 1 ? "" : "s");
        canvas_end(c);
    }
    if (turns > 0) {
        canvas_to(c, INDENT);
        number_count(turns, text, sizeof text);
        canvas_textf(c, YELLOW,
                     "%s turn%s of learning skipped: %.3g %% of a core is used up", text,
                     turns == 1 ? "" : "s", view_number(atom, "share") * 100);
        canvas_end(c);
    }
}

/* What a row of an atom that is well has not: lateness, rows lost, an unsaved model. */
static void trouble(struct canvas *c, const json_t *atom)
{
    double late = view_number(atom, "late_ms"), period = view_number(atom, "period_ms");
    double lost = view_number(atom, "dropped"), skipped = view_number(atom, "skipped");
    char text[64];

    if (late > 100 && late > period / 4) {
        units_duration_print((int64_t)late, text, sizeof text);
        canvas_to(c, INDENT);
        canvas_textf(c, YELLOW, "its last look came %s late", text);
        canvas_end(c);
    }
    if (lost > 0 || skipped > 0) {
        canvas_to(c, INDENT);
        number_count(skipped, text, sizeof text);
        canvas_textf(c, FAINT, "%s look%s skipped", text, skipped == 1 ? "" : "s");
        number_count(lost, text, sizeof text);
        if (lost > 0)
            canvas_textf(c, RED, ", %s row%s lost", text, lost == 1 ? "" : "s");
        canvas_end(c);
    }
    unlearned(c, atom);
    if (*view_text(atom, "rejected")) {
        canvas_to(c, INDENT);
        canvas_textf(c, YELLOW, "another version was rejected: %.300s",
                     view_text(atom, "rejected"));
        canvas_end(c);
    }
    if (*view_text(atom, "unsaved")) {
        canvas_to(c, INDENT);
        canvas_textf(c, YELLOW, "model not saved: %.300s", view_text(atom, "unsaved"));
        canvas_end(c);
    }
}

/* What came of the last retraining since the start, or how far it is. */
static void retraining(struct canvas *c, const json_t *atom)
{
    const json_t *r = json_object_get(atom, "retrain");
    char done[40], all[40];

    if (!json_is_object(r))
        return;
    canvas_to(c, INDENT);
    if (strcmp(view_text(r, "result"), "going") == 0) {
        number_count(view_number(r, "done"), done, sizeof done);
        number_count(view_number(r, "all"), all, sizeof all);
        canvas_textf(c, CYAN, "retraining, %.16s: %s of %s steps", view_text(r, "step"),
                     done, all);
    } else {
        canvas_textf(c, FAINT, "%.300s", view_text(r, "said"));
    }
    canvas_end(c);
}

const char *view_cell(const json_t *atom, char *out, size_t cap)
{
    const json_t *cell = json_object_get(atom, "cell");
    double pid = view_number(cell, "pid");

    if (!json_is_object(cell))
        out[0] = '\0';
    else if (pid > 0)
        snprintf(out, cap, ", cell pid %.0f", pid);
    else
        snprintf(out, cap, ", no cell");
    return out;
}

/* ", such" on this line, or "such" on the next. */
static void aside(struct canvas *c, const char *text)
{
    if (!*text)
        return;
    if (strlen(text) > canvas_room(c)) {
        canvas_end(c);
        canvas_to(c, INDENT);
        text += 2;
    }
    canvas_text(c, FAINT, text);
}

static void state_line(struct canvas *c, const json_t *atom)
{
    const char *state = view_text(atom, "state");
    enum colour colour = view_state_colour(state);
    double period = view_number(atom, "period_ms");
    char text[40];

    canvas_text(c, colour, c->style.utf8 ? "● " : "* ");
    canvas_textf(c, BOLD, "%.32s", view_text(atom, "name"));
    canvas_text(c, PLAIN, "  ");
    canvas_textf(c, colour, "%.16s", state);
    if (strcmp(state, "learning") == 0) {
        canvas_text(c, PLAIN, "  ");
        view_progress(c, atom);
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
    aside(c, view_cell(atom, text, sizeof text));
    if (json_is_true(json_object_get(atom, "by_hand")))
        aside(c, ", loaded by hand");
    canvas_end(c);
    trouble(c, atom);
    retraining(c, atom);
    if (*view_text(atom, "note")) {
        canvas_to(c, INDENT);
        canvas_text(c, colour, view_text(atom, "note"));
        canvas_end(c);
    }
}

/* ---- lately ---------------------------------------------------------------------- */

int view_spark(struct canvas *c, const json_t *atom, unsigned columns, double *least,
               double *most)
{
    const json_t *recent = json_object_get(atom, "recent");
    const json_t *alarms = json_object_get(atom, "recent_alarm");
    size_t n = json_array_size(recent), first = n > columns ? n - columns : 0;

    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = first; i < n; i++) {
        double x = json_number_value(json_array_get(recent, i));
        *least = x < *least ? x : *least;
        *most = x > *most ? x : *most;
    }
    for (size_t i = first; i < n; i++) {
        double x = json_number_value(json_array_get(recent, i));
        int alarm = json_number_value(json_array_get(alarms, i)) > 0;
        if (alarm && !c->style.colour)
            canvas_text(c, PLAIN, "!");
        else
            canvas_spark(c, alarm ? RED : PLAIN,
                         *most > *least ? (x - *least) / (*most - *least) : 0);
    }
    return n > first;
}

static void spark_line(struct canvas *c, const json_t *atom)
{
    double least, most;
    char low[32], high[32];

    if (!json_array_size(json_object_get(atom, "recent")) || canvas_room(c) < 40)
        return;
    canvas_to(c, INDENT);
    view_spark(c, atom, canvas_room(c) - 26, &least, &most);
    number_plain(least, low, sizeof low);
    number_plain(most, high, sizeof high);
    canvas_textf(c, FAINT, "  %s to %s nats", low, high);
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

const char *view_rate(const json_t *atom, char *out, size_t cap)
{
    double seen = view_number(atom, "seen_per_day"), scored = view_number(atom, "scored");
    double budget = view_number(atom, "budget_per_day");
    char rate[32], promised[32];

    *out = '\0';
    if (!(scored > 0) || isnan(budget))
        return out;
    number_plain(budget, promised, sizeof promised);
    if (!isnan(seen)) {
        number_plain(seen, rate, sizeof rate);
        snprintf(out, cap, "%s/day of %s/day promised", rate, promised);
    } else { /* it has no period, and a day is taken to have 1,000 rows */
        number_plain(view_number(atom, "alarms") * 1000 / scored, rate, sizeof rate);
        snprintf(out, cap, "%s of %s in 1,000 rows promised", rate, promised);
    }
    return out;
}

/* How long alarms were counted: "2.1 days", "1h 26m", "812 rows". */
static void counted_during(const json_t *atom, char *out, size_t cap)
{
    double days = view_number(atom, "seen_days");
    char rows[40];

    if (days >= 1) {
        snprintf(out, cap, "%.1f days", days);
    } else if (days < 1) {
        units_duration_print((int64_t)(days * 86400) * 1000, out, cap);
    } else {
        number_count(view_number(atom, "scored"), rows, sizeof rows);
        snprintf(out, cap, "%s rows", rows);
    }
}

static void alarm_line(struct canvas *c, const json_t *atom)
{
    char alarms[40], during[64], rate[96];

    if (!(view_number(atom, "gen") > 0))
        return;
    number_count(view_number(atom, "alarms"), alarms, sizeof alarms);
    counted_during(atom, during, sizeof during);
    canvas_to(c, INDENT);
    canvas_textf(c, PLAIN, "alarms %s in %s", alarms, during);
    if (*view_rate(atom, rate, sizeof rate))
        canvas_textf(c, FAINT, ", %s", rate);
    canvas_end(c);
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
        view_fields(c, last, UINT_MAX);
}
