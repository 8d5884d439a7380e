#include "screen/event.h"

#include "base/value.h"
#include "screen/view.h"
#include "screen/view_number.h"

#include <kiri/wire.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void events_say(struct events *e, int64_t ts, enum colour colour, const char *fmt, ...)
{
    struct event *event = &e->ring[e->at];
    va_list ap;

    event->ts = ts;
    event->colour = colour;
    va_start(ap, fmt);
    vsnprintf(event->text, sizeof event->text, fmt, ap);
    va_end(ap);
    e->at = (e->at + 1) % EVENTS;
    if (e->n < EVENTS)
        e->n++;
}

const struct event *events_newest(const struct events *e, unsigned i)
{
    return i < e->n ? &e->ring[(e->at + EVENTS - 1 - i) % EVENTS] : NULL;
}

/* Where the alarm of this atom is remembered; NULL: there are too many. */
static int *alarm_of(struct events *e, const char *name)
{
    for (unsigned i = 0; i < e->n_atoms; i++)
        if (strcmp(e->atom[i].name, name) == 0)
            return &e->atom[i].alarm;
    if (e->n_atoms == EVENT_ATOMS)
        return NULL;
    snprintf(e->atom[e->n_atoms].name, sizeof e->atom->name, "%s", name);
    return &e->atom[e->n_atoms++].alarm;
}

/* A text as it is written; of one that is not UTF-8 its bytes in hex. */
static const char *text_of(const json_t *field)
{
    const json_t *value = json_object_get(field, "value");

    return json_is_object(value) ? view_text(value, "hex") : view_text(field, "value");
}

/* "cpu C15 where C0 was expected (.91)", of a text "name a b.png: ' ' where '_' was
 * expected (.98)": what a message says of its blamed field. */
static void blame(const json_t *score, char *out, size_t cap)
{
    const char *name = view_text(score, "blame");
    const json_t *field;
    char shown[61];
    size_t i;

    snprintf(out, cap, "%.32s", name);
    json_array_foreach(json_object_get(score, "fields"), i, field)
    {
        const json_t *best = json_array_get(json_object_get(field, "expected"), 0);
        const char *word = json_string_value(json_array_get(best, 0));
        char p[16];
        if (strcmp(view_text(field, "name"), name) != 0 || !word)
            continue;
        number_share(json_number_value(json_array_get(best, 1)), p, sizeof p);
        if (json_is_array(json_object_get(field, "each")))
            snprintf(out, cap, "%.32s %.60s: '%.32s' where '%.32s' was expected (%s)",
                     name, value_show(text_of(field), shown, sizeof shown),
                     view_text(field, "word"), word, p);
        else if (strcmp(word, view_text(field, "word")) == 0) /* it was odd before */
            snprintf(out, cap, "%.32s, over several rows", name);
        else
            snprintf(out, cap, "%.32s %.32s where %.32s was expected (%s)", name,
                     view_text(field, "word"), word, p);
    }
}

/* Texts stand alone: each of them is an alarm by itself. */
static int stands_alone(const json_t *score)
{
    const json_t *field;
    size_t i;

    json_array_foreach(json_object_get(score, "fields"), i,
                       field) if (json_is_array(json_object_get(field, "each"))) return 1;
    return 0;
}

static int take_score(struct events *e, int64_t ts, const char *atom, const json_t *m)
{
    int alarm = strcmp(view_text(m, "state"), "alarm") == 0, *was = alarm_of(e, atom);
    char why[220], rare[64];

    if (!was || (*was == alarm && !(alarm && stands_alone(m))))
        return 0;
    *was = alarm;
    if (!alarm) {
        events_say(e, ts, GREEN, "%s  alarm over", atom);
        return 1;
    }
    blame(m, why, sizeof why);
    number_tail(view_number(m, "tail"), rare, sizeof rare);
    events_say(e, ts, RED, "%s  alarm: %s; %s", atom, why, rare);
    return 1;
}

static int take_model(struct events *e, int64_t ts, const char *atom, const json_t *m)
{
    double before = view_number(m, "before"), after = view_number(m, "after");

    if (*view_text(m, "said")) /* of a retraining */
        events_say(e, ts, CYAN, "%s  %.200s", atom, view_text(m, "said"));
    else if (strcmp(view_text(m, "result"), "trained") != 0)
        events_say(e, ts, YELLOW, "%s  learning: %.80s", atom, view_text(m, "result"));
    else
        events_say(e, ts, CYAN,
                   "%s  learned: model %.0f, %.2f to %.2f nats a word in %.0f ms", atom,
                   view_number(m, "gen"), isfinite(before) ? before : 0,
                   isfinite(after) ? after : 0, view_number(m, "ms"));
    return 1;
}

static int take_health(struct events *e, int64_t ts, const char *atom, const json_t *m)
{
    const char *state = view_text(m, "state"), *note = view_text(m, "note");
    int well = strcmp(state, "normal") == 0 || strcmp(state, "learning") == 0;

    events_say(e, ts, well ? PLAIN : YELLOW, "%s  %.16s%s%.180s", atom, state,
               *note ? ": " : "", note);
    return 1;
}

static int take_log(struct events *e, int64_t ts, const char *level, const json_t *m)
{
    if (strcmp(level, "debug") == 0)
        return 0;
    events_say(e, ts,
               strcmp(level, "error") == 0  ? RED
               : strcmp(level, "warn") == 0 ? YELLOW
                                            : FAINT,
               "%.200s", view_text(m, "line"));
    return 1;
}

static int take_alert(struct events *e, int64_t ts, const json_t *m)
{
    events_say(e, ts, RED, "alert  %.200s", view_text(m, "why"));
    return 1;
}

int events_take(struct events *e, const char *bytes, size_t len)
{
    struct kiri_message message;
    char topic[KIRI_TOPIC_MAX + 1];
    int taken = 0;

    if (kiri_message_split(bytes, len, &message))
        return 0;
    snprintf(topic, sizeof topic, "%.*s", (int)message.topic_len, message.topic);
    char *name = strchr(topic, '/');
    if (name)
        *name++ = '\0';
    if (name && strlen(name) > 32)
        return 0;
    json_t *m = json_loadb(message.json, message.json_len, 0, NULL);
    int64_t ts = json_integer_value(json_object_get(m, "ts"));
    if (!json_is_object(m))
        taken = 0;
    else if (!name)
        taken = strcmp(topic, "alert") == 0 ? take_alert(e, ts, m) : 0;
    else if (strcmp(topic, "score") == 0)
        taken = take_score(e, ts, name, m);
    else if (strcmp(topic, "model") == 0)
        taken = take_model(e, ts, name, m);
    else if (strcmp(topic, "atom") == 0)
        taken = take_health(e, ts, name, m);
    else if (strcmp(topic, "log") == 0)
        taken = take_log(e, ts, name, m);
    json_decref(m);
    return taken;
}
