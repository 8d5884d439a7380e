#include "load/schema_json.h"

#include "base/units.h"
#include "base/value.h"
#include "load/json_keys.h"
#include "load/plugin.h"

#include <jansson.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CHOICES  256u
#define LEAST_PERIOD  10       /* ms, as `every` in the YAML */
#define MOST_PERIOD   86400000 /* ms: a day */
#define USUAL_BUCKETS 10u

static const char *const kinds[] = { "number", "choice", "text",
                                     "words",  "hour",   "weekday" };
static const char *const scales[] = { "linear", "log", "learned" };
static const char *const aggregates[] = { "schema", "excess", "row", "worst", "sum" };
static const struct {
    const char *name;
    uint32_t bit;
} flags[] = { { "context", KIRI_CONTEXT },
              { "always", KIRI_ALWAYS },
              { "spoken", KIRI_SPOKEN } };
#define N(array) (sizeof(array) / sizeof *(array))

/* ---- reading --------------------------------------------------------------------- */

/* Where a sentence is about; field NULL: the schema itself. */
struct place {
    char field[40];
    struct kiri_error *err;
};

static int wrong(const struct place *at, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int wrong(const struct place *at, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return kiri_fail(at->err, KIRI_BAD_DATA, "schema: %s%s%s", at->field,
                     *at->field ? ": " : "", text);
}

/* Every key must be among known[n]. */
static int keys_ok(const struct place *at, json_t *object, const char *const *known,
                   size_t n)
{
    char text[128];

    if (json_keys_known(object, known, n, "; docs/remote.md lists what there is", text,
                        sizeof text))
        return 0;
    return wrong(at, "nothing is called %s", text);
}

/* A text, or NULL when it is absent or null. */
static int read_text(const struct place *at, const json_t *from, const char *key,
                     const char **out)
{
    const json_t *value = json_object_get(from, key);

    *out = json_string_value(value);
    return *out || !value || json_is_null(value)
               ? 0
               : wrong(at, "\"%s\" is a text in quotes", key);
}

/* One of words[n], by its index; absent: out is left as it was. */
static int read_word(const struct place *at, const json_t *from, const char *key,
                     const char *const *words, size_t n, uint32_t *out)
{
    const char *word;
    char shown[48], list[128] = "";

    if (read_text(at, from, key, &word))
        return -1;
    if (!word)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0) {
            *out = i;
            return 0;
        }
        size_t len = strlen(list);
        snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "", words[i]);
    }
    return wrong(at, "\"%s\" is one of %s, not \"%s\"", key, list,
                 value_show(word, shown, sizeof shown));
}

static int read_count(const struct place *at, const json_t *from, const char *key,
                      uint32_t *out)
{
    const json_t *value = json_object_get(from, key);

    if (!value || json_is_null(value))
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > UINT16_MAX)
        return wrong(at, "\"%s\" is a whole number from 0 to %u", key, UINT16_MAX);
    *out = (uint32_t)json_integer_value(value);
    return 0;
}

static int read_number(const struct place *at, const json_t *from, const char *key,
                       double *out)
{
    const json_t *value = json_object_get(from, key);

    if (!json_is_number(value))
        return wrong(at,
                     "\"%s\" is %s: a number has \"lo\" and \"hi\", the ends of its "
                     "usual range",
                     key, value ? "no number" : "missing");
    *out = json_number_value(value) + 0.0; /* -0 is 0 */
    return 0;
}

static int read_flags(const struct place *at, const json_t *from, uint32_t *out)
{
    const json_t *list = json_object_get(from, "flags"), *one;
    size_t i;

    if (list && !json_is_null(list) && !json_is_array(list))
        return wrong(at, "\"flags\" is a list such as [\"always\"]");
    json_array_foreach(list, i, one)
    {
        const char *word = json_string_value(one);
        size_t k = 0;
        while (word && k < N(flags) && strcmp(flags[k].name, word) != 0)
            k++;
        if (!word || k == N(flags))
            return wrong(at, "\"flags\" lists context, always and spoken, nothing else");
        *out |= flags[k].bit;
    }
    return 0;
}

/* words[]: room for MOST_CHOICES and an end. */
static int read_choices(const struct place *at, const json_t *from, const char **words)
{
    const json_t *list = json_object_get(from, "choices"), *one;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) > MOST_CHOICES)
        return wrong(at, "\"choices\" is a list of 2 to %u words", MOST_CHOICES);
    json_array_foreach(list, i, one)
    {
        words[i] = json_string_value(one);
        if (!words[i])
            return wrong(at, "\"choices\" is a list of texts in quotes");
    }
    words[i] = NULL;
    return 0;
}

/* What only a NUMBER has. */
static int read_range(const struct place *at, const json_t *from, struct kiri_field *f)
{
    int ends = json_object_get(from, "lo") || json_object_get(from, "hi");

    f->scale = ends ? KIRI_LINEAR : KIRI_LEARNED;
    if (read_word(at, from, "scale", scales, N(scales), &f->scale))
        return -1;
    if (f->scale == KIRI_LEARNED)
        return ends ? wrong(at, "scale learned has no \"lo\" and \"hi\"") : 0;
    f->buckets = USUAL_BUCKETS;
    return read_number(at, from, "lo", &f->lo) || read_number(at, from, "hi", &f->hi) ||
           read_count(at, from, "buckets", &f->buckets);
}

static int read_field(struct place *at, json_t *from, struct kiri_field *f,
                      const char **words)
{
    static const char *const known[] = { "name", "kind",    "symbol",  "unit",
                                         "help", "flags",   "scale",   "lo",
                                         "hi",   "buckets", "max_len", "choices" };
    char shown[40];

    if (!json_is_object(from))
        return wrong(at, "\"fields\" lists objects such as "
                         "{\"name\":\"moisture\",\"lo\":0,\"hi\":100}");
    if (read_text(at, from, "name", &f->name))
        return -1;
    if (!f->name)
        return wrong(at, "a field has no \"name\"");
    snprintf(at->field, sizeof at->field, "%s", value_show(f->name, shown, sizeof shown));
    if (keys_ok(at, from, known, N(known)) ||
        read_word(at, from, "kind", kinds, N(kinds), &f->kind) ||
        read_text(at, from, "symbol", &f->symbol) ||
        read_text(at, from, "unit", &f->unit) || read_text(at, from, "help", &f->help) ||
        read_flags(at, from, &f->flags))
        return -1;
    switch (f->kind) {
    case KIRI_NUMBER: return read_range(at, from, f);
    case KIRI_CHOICE: f->choices = words; return read_choices(at, from, words);
    case KIRI_TEXT:
    case KIRI_WORDS: return read_count(at, from, "max_len", &f->max_len);
    default: return read_count(at, from, "buckets", &f->buckets);
    }
}

static int read_period(const struct place *at, const json_t *root, uint32_t *out)
{
    const char *period;
    char shown[48];
    int64_t ms;

    if (read_text(at, root, "period", &period))
        return -1;
    if (!period)
        return 0;
    if (units_duration_ms(period, &ms) || ms < LEAST_PERIOD || ms > MOST_PERIOD)
        return wrong(at,
                     "\"period\" is a duration from 10ms to 1d such as \"10s\", not "
                     "\"%s\"",
                     value_show(period, shown, sizeof shown));
    *out = (uint32_t)ms;
    return 0;
}

struct reading { /* points into the JSON */
    struct kiri_field field[KIRI_MAX_FIELDS];
    const char *words[KIRI_MAX_FIELDS][MOST_CHOICES + 1];
};

static int read_all(json_t *root, struct kiri_schema *s, struct reading *r,
                    struct kiri_error *err)
{
    static const char *const known[] = { "fields", "period", "context", "aggregate" };
    struct place at = { .err = err };
    json_t *fields = json_object_get(root, "fields");

    if (!json_is_object(root) || !json_is_array(fields))
        return wrong(&at, "it is an object with a list of \"fields\"");
    if (json_array_size(fields) < 1 || json_array_size(fields) > KIRI_MAX_FIELDS)
        return wrong(&at, "it has %zu fields: 1..%u are possible",
                     json_array_size(fields), KIRI_MAX_FIELDS);
    if (keys_ok(&at, root, known, N(known)) || read_period(&at, root, &s->period_ms) ||
        read_count(&at, root, "context", &s->context) ||
        read_word(&at, root, "aggregate", aggregates, N(aggregates), &s->aggregate))
        return -1;
    s->fields = r->field;
    s->n_fields = (uint32_t)json_array_size(fields);
    for (uint32_t i = 0; i < s->n_fields; i++) {
        at.field[0] = '\0';
        if (read_field(&at, json_array_get(fields, i), &r->field[i], r->words[i]))
            return -1;
    }
    return 0;
}

struct kiri_schema *schema_json_read(json_t *root, struct kiri_error *err)
{
    struct kiri_schema s = { .size = sizeof s }, *copy = NULL;
    struct reading *r = calloc(1, sizeof *r);

    if (!r)
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    else if (read_all(root, &s, r, err) == 0)
        copy = plugin_schema_copy(&s, err);
    free(r);
    return copy;
}

struct kiri_schema *schema_json_parse(const char *text, size_t len,
                                      struct kiri_error *err)
{
    char shown[160];
    json_error_t why;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    struct kiri_schema *s = NULL;

    if (root)
        s = schema_json_read(root, err);
    else
        kiri_fail(err, KIRI_BAD_DATA, "schema: line %d, column %d: it is no JSON: %s",
                  why.line, why.column, value_show(why.text, shown, sizeof shown));
    json_decref(root);
    return s;
}

/* ---- writing --------------------------------------------------------------------- */

static void write_count(struct jsonw *j, const char *key, uint32_t n)
{
    if (n)
        jsonw_kint(j, key, n);
}

static void write_text(struct jsonw *j, const char *key, const char *text)
{
    if (text)
        jsonw_kstr(j, key, text);
}

static void write_flags(struct jsonw *j, uint32_t set)
{
    if (!set)
        return;
    jsonw_key(j, "flags");
    jsonw_array(j);
    for (size_t i = 0; i < N(flags); i++)
        if (set & flags[i].bit)
            jsonw_string(j, flags[i].name);
    jsonw_end(j);
}

static void write_range(struct jsonw *j, const struct kiri_field *f)
{
    jsonw_kstr(j, "scale", scales[f->scale]);
    if (f->scale == KIRI_LEARNED)
        return;
    jsonw_key(j, "lo");
    jsonw_exact(j, f->lo);
    jsonw_key(j, "hi");
    jsonw_exact(j, f->hi);
    jsonw_kint(j, "buckets", f->buckets);
}

static void write_field(struct jsonw *j, const struct kiri_field *f)
{
    jsonw_object(j);
    jsonw_kstr(j, "name", f->name);
    jsonw_kstr(j, "kind", kinds[f->kind]);
    write_text(j, "symbol", f->symbol);
    write_text(j, "unit", f->unit);
    write_text(j, "help", f->help);
    write_flags(j, f->flags);
    if (f->kind == KIRI_NUMBER) {
        write_range(j, f);
    } else if (f->kind == KIRI_CHOICE) {
        jsonw_key(j, "choices");
        jsonw_array(j);
        for (uint32_t i = 0; f->choices[i]; i++)
            jsonw_string(j, f->choices[i]);
        jsonw_end(j);
    } else if (f->kind == KIRI_TEXT || f->kind == KIRI_WORDS) {
        jsonw_kint(j, "max_len", f->max_len);
    } else {
        write_count(j, "buckets", f->buckets);
    }
    jsonw_end(j);
}

void schema_json_write(const struct kiri_schema *s, struct jsonw *j)
{
    char period[32];

    jsonw_object(j);
    if (s->period_ms) {
        snprintf(period, sizeof period, "%ums", s->period_ms);
        jsonw_kstr(j, "period", period);
    }
    write_count(j, "context", s->context);
    if (s->aggregate)
        jsonw_kstr(j, "aggregate", aggregates[s->aggregate]);
    jsonw_key(j, "fields");
    jsonw_array(j);
    for (uint32_t i = 0; i < s->n_fields; i++)
        write_field(j, &s->fields[i]);
    jsonw_end(j);
    jsonw_end(j);
}
