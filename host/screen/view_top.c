#include "screen/view_top.h"

#include "base/units.h"
#include "screen/view.h"
#include "screen/view_atom.h"
#include "screen/view_fields.h"
#include "screen/view_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Columns where the parts of an atom's line begin. */
enum { NAME = 2, STATUS = 20, NATS = 35, SCORE = 42, RARE = 54, BLAME = 56, SPARK = 68 };

/* How the lines are shared out. */
struct plan {
    unsigned atoms, first; /* lines of atoms, and the first of them that is shown */
    unsigned fields;       /* of the selected atom; 0: nothing of it is shown */
    unsigned events;
};

static size_t count_atoms(const struct top *top)
{
    return json_array_size(json_object_get(top->status, "atoms"));
}

static unsigned chosen(const struct top *top)
{
    size_t n = count_atoms(top);

    return top->selected < n ? top->selected : n ? (unsigned)n - 1 : 0;
}

static const json_t *chosen_atom(const struct top *top)
{
    return json_array_get(json_object_get(top->status, "atoms"), chosen(top));
}

/* Head, its second line, heading of the atoms, title of the fields, their heading, title
 * of the events, keys: seven lines are always there. */
static struct plan share_out(const struct top *top, unsigned height)
{
    unsigned body = height - 7, n = (unsigned)count_atoms(top), at = chosen(top);
    const json_t *last = json_object_get(chosen_atom(top), "last");
    unsigned fields = (unsigned)json_array_size(json_object_get(last, "fields"));
    struct plan p = { .atoms = n ? n : 1 };

    unsigned most = body / 4 > 3 ? body / 4 : 3;
    if (p.atoms > most)
        p.atoms = most;
    p.first = at >= p.atoms ? at - p.atoms + 1 : 0;
    p.fields = body - p.atoms - 4 < fields ? body - p.atoms - 4 : fields;
    p.events = body - p.atoms - p.fields;
    return p;
}

static void gap(struct canvas *c)
{
    canvas_text(c, FAINT, c->style.utf8 ? " · " : " - ");
}

static void head(struct canvas *c, const struct top *top)
{
    const json_t *store = json_object_get(top->status, "store");
    double up = view_number(top->status, "uptime_ms");
    double cpu = view_number(top->status, "cpu_ms");
    char text[64];

    canvas_text(c, BOLD, "kiri top");
    if (top->status) {
        canvas_textf(c, PLAIN, "  %.32s", view_text(top->status, "molecule"));
        units_duration_print(up >= 1000 ? (int64_t)up / 1000 * 1000 : 1000, text,
                             sizeof text);
        canvas_textf(c, PLAIN, " up %s", text);
        gap(c);
        number_unit(view_number(top->status, "rss_bytes"), "B", text, sizeof text);
        canvas_text(c, PLAIN, text);
        gap(c);
        number_plain(up > 0 ? 100 * cpu / up : NAN, text, sizeof text);
        canvas_textf(c, PLAIN, "%s %% cpu", text);
        gap(c);
        number_count(view_number(store, "committed"), text, sizeof text);
        canvas_textf(c, PLAIN, "%s kept", text);
    }
    if (top->paused)
        canvas_right(c, YELLOW, c->style.width, "  PAUSED");
    canvas_end(c);
    if (*top->trouble)
        canvas_text(c, RED, top->trouble);
    else if (json_is_true(json_object_get(store, "degraded")))
        canvas_textf(c, RED, "store not writing: %.200s", view_text(store, "why"));
    else if (*view_text(top->status, "config_rejected"))
        canvas_textf(c, YELLOW, "config rejected: %.300s",
                     view_text(top->status, "config_rejected"));
    else
        canvas_text(c, FAINT, view_text(top->status, "bus"));
    canvas_end(c);
}

/* ---- atoms ------------------------------------------------------------------------ */

static void atoms_heading(struct canvas *c)
{
    canvas_to(c, NAME);
    canvas_text(c, FAINT, "atom");
    canvas_to(c, STATUS);
    canvas_text(c, FAINT, "state");
    canvas_right(c, FAINT, NATS + 6, "surprise");
    canvas_right(c, FAINT, SCORE + 5, "score");
    canvas_right(c, FAINT, RARE + 1, "1 in");
    canvas_to(c, BLAME + 1);
    canvas_text(c, FAINT, "blame");
    canvas_to(c, SPARK);
    canvas_text(c, FAINT, "lately");
    canvas_end(c);
}

/* "1,200": one row in so many is this odd; "-" when it is nothing unusual. */
static void rare(double tail, char *out, size_t cap)
{
    if (!(tail > 0) || tail > 0.66)
        snprintf(out, cap, "-");
    else if (tail < 1e-5)
        snprintf(out, cap, ">99,999");
    else
        number_count(round(1 / tail), out, cap);
}

static void last_numbers(struct canvas *c, const json_t *atom, const json_t *last)
{
    int odd = view_odd(last);
    char text[64];

    if (json_is_object(last)) {
        snprintf(text, sizeof text, "%.2f", view_number(last, "surprise"));
        canvas_right(c, PLAIN, NATS + 6, text);
        if (view_number(atom, "gen") > 0) {
            snprintf(text, sizeof text, "%.1f", view_number(last, "score"));
            canvas_right(c, PLAIN, SCORE + 5, text);
            rare(view_number(last, "tail"), text, sizeof text);
            canvas_right(c, odd ? YELLOW : PLAIN, RARE + 1, text);
        }
        canvas_to(c, BLAME + 1);
        canvas_cell(c, RED, SPARK - 1, odd ? view_text(last, "blame") : "");
    }
    canvas_to(c, SPARK);
}

static void atom_line(struct canvas *c, const json_t *atom, int selected)
{
    const char *state = view_text(atom, "state");
    double least, most;

    canvas_text(c, BOLD, selected ? (c->style.utf8 ? "▶" : ">") : "");
    canvas_to(c, NAME);
    canvas_cell(c, selected ? BOLD : PLAIN, STATUS - 1, view_text(atom, "name"));
    canvas_to(c, STATUS);
    canvas_textf(c, view_state_colour(state), "%.10s", state);
    if (strcmp(state, "learning") == 0) {
        canvas_to(c, STATUS + 10);
        view_progress(c, atom);
    } else {
        last_numbers(c, atom, json_object_get(atom, "last"));
        view_spark(c, atom, canvas_room(c), &least, &most);
    }
    canvas_end(c);
}

static void atoms(struct canvas *c, const struct top *top, const struct plan *p)
{
    const json_t *all = json_object_get(top->status, "atoms");

    atoms_heading(c);
    for (unsigned i = p->first; i < p->first + p->atoms; i++) {
        if (i < json_array_size(all)) {
            atom_line(c, json_array_get(all, i), i == chosen(top));
        } else {
            canvas_to(c, NAME);
            canvas_text(c, FAINT, top->status ? "no atoms" : "waiting for a host ...");
            canvas_end(c);
        }
    }
}

/* ---- the selected atom, events, keys ------------------------------------------------
 */

static void title(struct canvas *c, const char *text, const char *more)
{
    struct buf rule = { 0 };

    canvas_text(c, FAINT, c->style.utf8 ? "── " : "-- ");
    canvas_text(c, BOLD, text);
    canvas_textf(c, FAINT, *more ? " %.200s " : " ", more);
    for (unsigned i = canvas_room(c); i > 0; i--)
        buf_puts(&rule, c->style.utf8 ? "─" : "-");
    canvas_text(c, FAINT, buf_text(&rule));
    canvas_end(c);
    buf_free(&rule);
}

static void selected(struct canvas *c, const struct top *top, const struct plan *p)
{
    const json_t *atom = chosen_atom(top), *last = json_object_get(atom, "last");
    char more[360], rows[40], alarms[40], rate[96], cell[40];

    number_count(view_number(atom, "rows"), rows, sizeof rows);
    number_count(view_number(atom, "alarms"), alarms, sizeof alarms);
    if (*view_text(atom, "note"))
        snprintf(more, sizeof more, "%.200s", view_text(atom, "note"));
    else if (atom)
        snprintf(more, sizeof more, "%s rows, model %.0f, %s alarm%s%s%s%s", rows,
                 view_number(atom, "gen"), alarms, strcmp(alarms, "1") == 0 ? "" : "s",
                 *view_rate(atom, rate, sizeof rate) ? ", " : "", rate,
                 view_cell(atom, cell, sizeof cell));
    else
        more[0] = '\0';
    title(c, atom ? view_text(atom, "name") : "no atom", more);
    if (p->fields)
        view_fields(c, last, p->fields);
    else
        canvas_end(c);
}

static void event_line(struct canvas *c, const struct event *event, int utc)
{
    time_t seconds = (time_t)(event->ts / 1000);
    struct tm at;
    char clock[16] = "";

    if (utc ? gmtime_r(&seconds, &at) : localtime_r(&seconds, &at))
        strftime(clock, sizeof clock, "%H:%M:%S", &at);
    canvas_textf(c, FAINT, "%s ", clock);
    canvas_text(c, event->colour, event->text);
    canvas_end(c);
}

/* Oldest first, so that what is new comes at the bottom. */
static void events(struct canvas *c, const struct top *top, unsigned lines)
{
    unsigned held = top->events->n, back = top->back;

    title(c, "events", back ? "(scrolled back; End for the newest)" : "");
    if (held > lines && back > held - lines)
        back = held - lines;
    if (held <= lines)
        back = 0;
    for (unsigned i = 0; i < lines; i++) {
        unsigned age = lines - 1 - i + back;
        const struct event *event = NULL;
        if (held >= lines)
            event = events_newest(top->events, age);
        else if (i < held)
            event = events_newest(top->events, held - 1 - i);
        if (event)
            event_line(c, event, top->utc);
        else
            canvas_end(c);
    }
}

static void keys(struct canvas *c, const struct top *top)
{
    canvas_text(c, FAINT,
                top->paused ? "q quit  p go on  arrows atom  PgUp/PgDn events  ? help"
                            : "q quit  p pause  arrows atom  PgUp/PgDn events  ? help");
    canvas_end(c);
}

static void help(struct canvas *c, unsigned height)
{
    static const char *const said[] = {
        "",
        "  surprise  mean nats (-ln p) a word of the last row: what the model did",
        "            not expect. 0 is of course, 5 is one in 150.",
        "  score     how far out that is for this atom, in decades: 0 usual, 10 odd",
        "  1 in      one row in so many of the atom's own past is this odd",
        "  blame     the field that was most surprising",
        "  lately    surprise of the last rows; alarms are red, or !",
        "  word      what the value was read as, such as C5, the sixth bucket of cpu",
        "  expected instead   the words that were likelier, and their probability",
        "",
        "  up, down, k, j     select an atom",
        "  PgUp, PgDn, End    events further back, the newest again",
        "  p, space           pause the picture; the host goes on",
        "  q, Esc, Ctrl-C     quit; the host goes on",
        "",
        "  any key            back",
    };
    unsigned n = sizeof said / sizeof *said;

    for (unsigned i = 1; i < height; i++) {
        canvas_text(c, i == 1 ? BOLD : PLAIN,
                    i == 1       ? "kiri top"
                    : i < n + 1u ? said[i - 1]
                                 : "");
        canvas_end(c);
    }
}

static void too_small(struct canvas *c, unsigned height)
{
    canvas_textf(c, PLAIN, "kiri top needs %ux%u;", TOP_WIDTH, TOP_HEIGHT);
    canvas_end(c);
    canvas_textf(c, PLAIN, "this terminal has %ux%u.", c->style.width, height);
    canvas_end(c);
    canvas_text(c, PLAIN, "Make it larger, or q.");
    canvas_end(c);
}

void view_top(const struct top *top, const struct style *style, unsigned height,
              struct buf *out)
{
    struct canvas c = { .out = out, .style = *style };
    size_t from = out->len;

    if (style->width < TOP_WIDTH || height < TOP_HEIGHT) {
        too_small(&c, height);
    } else if (top->help) {
        help(&c, height);
        keys(&c, top);
    } else {
        struct plan p = share_out(top, height);
        head(&c, top);
        atoms(&c, top, &p);
        selected(&c, top, &p);
        events(&c, top, p.events);
        keys(&c, top);
    }
    canvas_fit(out, from, height);
}
