#include "inbox/row.h"

#include "base/units.h"
#include "base/value.h"
#include "flow/values.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 48u

/* The words of a CHOICE, as many as fit. */
static void list_words(const struct kiri_field *f, char *out, size_t cap)
{
    size_t len = 0;

    *out = '\0';
    for (uint32_t i = 0; f->choices[i] && len + 40 < cap; i++)
        len +=
            (size_t)snprintf(out + len, cap - len, "%s%s", i ? ", " : "", f->choices[i]);
}

static int unknown(const struct kiri_schema *s, const char *name, struct kiri_error *err)
{
    const char *names[KIRI_MAX_FIELDS], *near;
    char shown[SHOWN];

    for (uint32_t i = 0; i < s->n_fields; i++)
        names[i] = s->fields[i].name;
    near = units_nearest(name, names, s->n_fields);
    return kiri_fail(err, KIRI_BAD_DATA, "the schema has no field \"%s\"%s%s%s",
                     value_show(name, shown, sizeof shown),
                     near ? ", did you mean \"" : "", near ? near : "",
                     near ? "\"?" : ": leave it out, or send a new schema");
}

/* The value is there, but nothing came of it. */
static int not_taken(const struct kiri_field *f, const json_t *value,
                     struct kiri_error *err)
{
    const char *takes = values_takes(f, value);
    char list[400], shown[SHOWN];

    if (takes)
        return kiri_fail(err, KIRI_BAD_DATA, "%s takes %s", f->name, takes);
    if (f->kind != KIRI_CHOICE)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s: {\"hex\":\"..\"} has two of 0-9a-f for each byte", f->name);
    list_words(f, list, sizeof list);
    return kiri_fail(err, KIRI_BAD_DATA, "%s is none of its words: \"%s\" is not in %s",
                     f->name, value_show(json_string_value(value), shown, sizeof shown),
                     list);
}

static int check_field(const struct kiri_field *f, const json_t *value,
                       const union kiri_value *v, struct kiri_error *err)
{
    int given = value && !json_is_null(value);

    if (f->kind == KIRI_HOUR || f->kind == KIRI_WEEKDAY)
        return given ? kiri_fail(err, KIRI_BAD_DATA,
                                 "%s follows from the time: leave it out", f->name)
                     : 0;
    if (!kiri_is_missing(f, v))
        return 0;
    if (given)
        return not_taken(f, value, err);
    return f->flags & KIRI_ALWAYS
               ? kiri_fail(err, KIRI_BAD_DATA,
                           "%s is missing, and the schema says that it always is there",
                           f->name)
               : 0;
}

int row_read(const struct kiri_schema *s, json_t *values, int64_t ts, union kiri_value *v,
             struct buf *texts, struct kiri_error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach(values, name, value)
    {
        uint32_t i = 0;
        while (i < s->n_fields && strcmp(s->fields[i].name, name) != 0)
            i++;
        if (i == s->n_fields)
            return unknown(s, name, err);
    }
    if (values_from(s, values, ts, v, texts))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];
        if (check_field(f, json_object_get(values, f->name), &v[i], err))
            return -1;
        if (f->kind == KIRI_TEXT && v[i].text.ptr && v[i].text.len > f->max_len)
            v[i].text.len = f->max_len + 1; /* still too long: counted as clamped */
    }
    return 0;
}
