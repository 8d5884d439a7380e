#include "screen/view.h"

#include "base/units.h"
#include "screen/view_atom.h"
#include "screen/view_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *view_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

double view_number(const json_t *object, const char *key)
{
    const json_t *x = json_object_get(object, key);

    return json_is_number(x) ? json_number_value(x) : NAN;
}

int view_odd(const json_t *last)
{
    return strcmp(view_text(last, "state"), "alarm") == 0 ||
           view_number(last, "tail") <= VIEW_ODD_TAIL;
}

static void gap(struct canvas *c)
{
    canvas_text(c, FAINT, c->style.utf8 ? " · " : " - ");
}

/* "first  up 1m 2s · pid 123 on mini · 9.0 MB · 0.4 % cpu" */
static void host_line(struct canvas *c, const json_t *status)
{
    char text[64];
    double up = view_number(status, "uptime_ms"), cpu = view_number(status, "cpu_ms");

    canvas_textf(c, BOLD, "%.40s", view_text(status, "molecule"));
    if (up >= 0) {
        units_duration_print((int64_t)up / 1000 * 1000, text, sizeof text);
        canvas_textf(c, PLAIN, "  up %s", up < 1000 ? "0 s" : text);
    }
    gap(c);
    canvas_textf(c, PLAIN, "pid %.0f on %.24s", view_number(status, "pid"),
                 view_text(status, "host"));
    gap(c);
    number_unit(view_number(status, "rss_bytes"), "B", text, sizeof text);
    canvas_text(c, PLAIN, text);
    if (up > 0 && cpu >= 0) {
        gap(c);
        number_plain(100 * cpu / up, text, sizeof text);
        canvas_textf(c, PLAIN, "%s %% cpu", text);
    }
    gap(c);
    canvas_textf(c, FAINT, "kiri %.16s", view_text(status, "version"));
    canvas_end(c);
}

/* A store that was damaged, and what became of it. */
static void recovery(struct canvas *c, const json_t *store)
{
    const json_t *r = json_object_get(store, "recovered");
    char rows[40], lost[40];

    if (!json_is_object(r))
        return;
    canvas_to(c, 7);
    number_count(view_number(r, "rows"), rows, sizeof rows);
    number_count(view_number(r, "lost"), lost, sizeof lost);
    canvas_textf(c, YELLOW, "was damaged: %s rows %s, %s lost; the old file is %.200s",
                 rows,
                 json_is_true(json_object_get(r, "going")) ? "saved so far" : "saved",
                 lost, view_text(r, "kept_as"));
    canvas_end(c);
}

static void store_line(struct canvas *c, const json_t *store)
{
    char text[64];

    canvas_text(c, FAINT, "store  ");
    if (json_is_true(json_object_get(store, "degraded"))) {
        canvas_textf(c, RED, "not writing: %.200s", view_text(store, "why"));
        canvas_end(c);
        canvas_to(c, 7);
    }
    number_count(view_number(store, "committed"), text, sizeof text);
    canvas_textf(c, PLAIN, "%s kept", text);
    gap(c);
    number_count(view_number(store, "queued"), text, sizeof text);
    canvas_textf(c, PLAIN, "%s waiting", text);
    if (view_number(store, "dropped") > 0) {
        gap(c);
        number_count(view_number(store, "dropped"), text, sizeof text);
        canvas_textf(c, RED, "%s lost", text);
    }
    gap(c);
    number_unit(view_number(store, "bytes"), "B", text, sizeof text);
    canvas_text(c, PLAIN, text);
    canvas_end(c);
    recovery(c, store);
}

static void bus_line(struct canvas *c, const json_t *status)
{
    const json_t *traffic = json_object_get(status, "traffic");
    double peers = view_number(traffic, "peers");
    char text[64];

    canvas_text(c, FAINT, "bus    ");
    number_count(view_number(traffic, "published"), text, sizeof text);
    canvas_textf(c, PLAIN, "%s sent to %.0f subscriber%s", text, peers,
                 peers == 1 ? "" : "s");
    if (view_number(traffic, "refused") > 0) {
        gap(c);
        number_count(view_number(traffic, "refused"), text, sizeof text);
        canvas_textf(c, YELLOW, "%s refused", text);
    }
    gap(c);
    canvas_text(c, FAINT, view_text(status, "bus"));
    canvas_end(c);
}

/* What all atoms say at once, when there are several. */
static void together_line(struct canvas *c, const json_t *together)
{
    double tail = view_number(together, "tail");
    int open = strcmp(view_text(together, "state"), "alarm") == 0;
    char text[64];

    if (!json_is_object(together))
        return;
    canvas_text(c, FAINT, "all    ");
    number_tail(tail, text, sizeof text);
    canvas_textf(c, open ? RED : PLAIN, "at once%s: score %.1f", open ? ", alarm" : "",
                 view_number(together, "score"));
    gap(c);
    canvas_text(c, open || tail <= VIEW_ODD_TAIL ? YELLOW : PLAIN, text);
    if (open) {
        gap(c);
        canvas_textf(c, PLAIN, "%.32s first", view_text(together, "blame"));
    }
    canvas_end(c);
}

/* Only when there is something to say: a file on disk that is not what runs. */
static void config_line(struct canvas *c, const json_t *status)
{
    const char *rejected = view_text(status, "config_rejected");

    if (!*rejected)
        return;
    canvas_text(c, FAINT, "config ");
    canvas_textf(c, YELLOW, "rejected, the former one runs: %.300s", rejected);
    canvas_end(c);
}

/* Atoms that were loaded by hand and could not be started. */
static void left_out_lines(struct canvas *c, const json_t *status)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(status, "left_out"), i, one)
    {
        canvas_text(c, FAINT, "absent ");
        canvas_textf(c, YELLOW, "%.32s, loaded by hand: %.300s", view_text(one, "name"),
                     view_text(one, "why"));
        canvas_end(c);
    }
}

void view_status(const json_t *status, const struct style *style, struct buf *out)
{
    struct canvas c = { .out = out, .style = *style };
    const json_t *atom;
    size_t i;

    host_line(&c, status);
    store_line(&c, json_object_get(status, "store"));
    bus_line(&c, status);
    together_line(&c, json_object_get(status, "together"));
    config_line(&c, status);
    left_out_lines(&c, status);
    json_array_foreach(json_object_get(status, "atoms"), i, atom)
    {
        canvas_end(&c);
        view_atom(&c, atom);
    }
}

static void atom_line(const json_t *atom, const char *clock, struct buf *out)
{
    const json_t *last = json_object_get(atom, "last");
    struct canvas c = { .out = out, .style = { .width = 512 } };
    const char *state = view_text(atom, "state"), *blame = view_text(last, "blame");
    const json_t *training = json_object_get(atom, "training");
    double rows = view_number(atom, "rows"), warmup = view_number(atom, "warmup");

    canvas_textf(&c, PLAIN, "%s %.32s %.16s", clock, view_text(atom, "name"), state);
    if (strcmp(state, "learning") == 0 && json_is_object(training))
        canvas_textf(&c, PLAIN, " training %.0f of %.0f steps",
                     view_number(training, "done"), view_number(training, "all"));
    else if (strcmp(state, "learning") == 0)
        canvas_textf(&c, PLAIN, " %.0f of %.0f rows", rows, warmup);
    if (json_is_object(last))
        canvas_textf(&c, PLAIN, " surprise %.2f nats score %.1f blame %.32s",
                     view_number(last, "surprise"), view_number(last, "score"),
                     *blame && view_odd(last) ? blame : "-");
    if (*view_text(atom, "note"))
        canvas_textf(&c, PLAIN, " (%.300s)", view_text(atom, "note"));
    canvas_end(&c);
}

void view_lines(const json_t *status, const char *clock, struct buf *out)
{
    const json_t *atom;
    size_t i;

    json_array_foreach(json_object_get(status, "atoms"), i, atom)
        atom_line(atom, clock, out);
}
