#include "screen/view_fields.h"

#include "screen/view.h"
#include "screen/view_bytes.h"
#include "screen/view_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT   2u
#define NATS_BAR 6u  /* columns of a field's bar                             */
#define FULL_BAR 4.0 /* nats that fill it, unless a field of the row has more */
#define CELL     96u /* bytes of a table cell                                */
#define FIELDS   64u /* of a row, that are told apart by their nats */

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
    else if (json_is_object(value))
        snprintf(out, cap, "bytes"); /* that are not UTF-8 */
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
    canvas_cell(c, culprit ? RED : PLAIN, t->name, view_text(field, "name"));
    show_value(field, text, sizeof text);
    if (json_is_number(json_object_get(field, "value"))) {
        canvas_right(c, PLAIN, t->value, text);
    } else {
        canvas_to(c, t->name + 2);
        enum colour colour =
            json_is_string(json_object_get(field, "value")) ? PLAIN : FAINT;
        canvas_cell(c, colour, t->value, text);
    }
    canvas_to(c, t->value + 2);
    canvas_cell(c, CYAN, t->word, view_text(field, "word"));
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

/* A text in full, its letters marked by how surprising they were, and where it was seen.
 */
static void text_line(struct canvas *c, const json_t *field, const char *label,
                      const struct table *t)
{
    size_t len;
    float *nats;
    char *text = view_field_bytes(field, &len, &nats);

    if (!text)
        return;
    canvas_to(c, t->name + 2);
    size_t drawn = view_bytes(c, text, len, nats);
    canvas_end(c);
    if (!c->style.colour)
        view_marks(c, t->name + 2, text, len, drawn, nats);
    if (*label) {
        canvas_to(c, t->name + 2);
        canvas_text(c, FAINT, label);
        canvas_end(c);
    }
    free(text);
    free(nats);
}

static int by_nats(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

/* The nats that a field must have to be among the `most` most surprising, and how many of
 * those that have just these are. */
static double least_shown(const json_t *fields, unsigned most, unsigned *ties)
{
    double nats[FIELDS];
    unsigned n = 0;
    const json_t *field;
    size_t i;

    json_array_foreach(fields, i, field)
    {
        double x = view_number(field, "nats");
        if (n < FIELDS)
            nats[n++] = isfinite(x) ? x : 0;
    }
    *ties = n;
    if (n <= most || !most)
        return -INFINITY;
    qsort(nats, n, sizeof *nats, by_nats);
    for (*ties = 0; *ties < most && nats[most - 1 - *ties] <= nats[most - 1];)
        ++*ties;
    return nats[most - 1];
}

void view_fields(struct canvas *c, const json_t *last, unsigned most)
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
    unsigned ties;
    double least = least_shown(fields, most, &ties);
    json_array_foreach(fields, i, field)
    {
        double nats = view_number(field, "nats");
        nats = isfinite(nats) ? nats : 0;
        if (nats < least || (nats <= least && !ties))
            continue;
        ties -= nats <= least;
        field_line(c, field, &t,
                   odd && *view_text(last, "blame") &&
                       strcmp(view_text(last, "blame"), view_text(field, "name")) == 0);
        if (odd)
            text_line(c, field, view_text(last, "label"), &t);
    }
}
