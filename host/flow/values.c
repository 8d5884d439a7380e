#include "flow/values.h"

#include "base/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* jansson is the judge of what UTF-8 is; it also must survive the way back. */
static int is_utf8(const char *s, size_t n)
{
    json_t *text = json_stringn(s, n);

    json_decref(text);
    return text != NULL && !memchr(s, '\0', n);
}

static void write_text(const struct kiri_field *f, const char *s, size_t n,
                       struct jsonw *j)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * KIRI_MAX_LEN];

    if (n > f->max_len)
        n = f->max_len;
    if (is_utf8(s, n)) {
        jsonw_bytes(j, s, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[(unsigned char)s[i] >> 4];
        hex[2 * i + 1] = digits[(unsigned char)s[i] & 15];
    }
    jsonw_object(j);
    jsonw_key(j, "hex");
    jsonw_bytes(j, hex, 2 * n);
    jsonw_end(j);
}

/* A CHOICE beyond its words is read as missing (kiri_tokenize), and so it is written. */
static int is_absent(const struct kiri_field *f, const union kiri_value *v)
{
    if (f->kind == KIRI_CHOICE)
        for (int32_t c = 0; c <= v->choice; c++)
            if (!f->choices[c])
                return 1;
    return kiri_is_missing(f, v) || (f->kind == KIRI_CHOICE && v->choice < 0);
}

double value_finite(double x)
{
    return isinf(x) ? copysign(1e308, x) : x;
}

static void write_number(double x, struct jsonw *j)
{
    if (x == 0 && signbit(x))
        jsonw_raw(j, "-0.0", 4); /* "-0" is a whole number, which has no sign */
    else
        jsonw_exact(j, value_finite(x));
}

void value_write(const struct kiri_field *f, const union kiri_value *v, struct jsonw *j)
{
    if (is_absent(f, v))
        jsonw_null(j);
    else if (f->kind == KIRI_NUMBER)
        write_number(v->num, j);
    else if (f->kind == KIRI_CHOICE)
        jsonw_string(j, f->choices[v->choice]);
    else if (f->kind == KIRI_TEXT)
        write_text(f, v->text.ptr, v->text.len, j);
    else
        jsonw_int(j, v->choice);
}

void values_write(const struct kiri_schema *s, const union kiri_value *v, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    jsonw_object(&j);
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];
        if (f->kind == KIRI_HOUR || f->kind == KIRI_WEEKDAY || is_absent(f, &v[i]))
            continue;
        jsonw_key(&j, f->name);
        value_write(f, &v[i], &j);
    }
    jsonw_end(&j);
}

void values_clock(const struct kiri_schema *s, int64_t ts, union kiri_value *v)
{
    int hour, weekday;

    clock_local(ts, &hour, &weekday);
    for (uint32_t i = 0; i < s->n_fields; i++) {
        if (s->fields[i].kind == KIRI_HOUR)
            v[i].choice = hour;
        if (s->fields[i].kind == KIRI_WEEKDAY)
            v[i].choice = weekday;
    }
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends the bytes of a text to *texts; their offset, or SIZE_MAX when it is no text. */
static size_t read_text(const json_t *value, struct buf *texts, size_t *n)
{
    const json_t *hex = json_object_get(value, "hex");
    const char *s = json_string_value(hex ? hex : value);
    size_t at = texts->len, len = json_string_length(hex ? hex : value);

    if (!s || (hex && len % 2))
        return SIZE_MAX;
    if (!hex) {
        buf_put(texts, s, len);
    } else {
        for (size_t i = 0; i < len; i += 2) {
            int hi = nibble(s[i]), lo = nibble(s[i + 1]);
            if (hi < 0 || lo < 0)
                return SIZE_MAX;
            buf_put(texts, &(char){ (char)(hi * 16 + lo) }, 1);
        }
    }
    *n = texts->len - at;
    return buf_failed(texts) ? SIZE_MAX : at;
}

const char *values_takes(const struct kiri_field *f, const json_t *value)
{
    if (json_is_null(value))
        return NULL;
    switch (f->kind) {
    case KIRI_NUMBER: return json_is_number(value) ? NULL : "a number or null";
    case KIRI_CHOICE: return json_is_string(value) ? NULL : "one of its words or null";
    case KIRI_TEXT:
        return json_is_string(value) || json_is_object(value)
                   ? NULL
                   : "a text, {\"hex\":\"..\"} or null";
    default: return NULL; /* the clock follows from ts, whatever stands here */
    }
}

int values_from(const struct kiri_schema *s, const json_t *object, int64_t ts,
                union kiri_value *v, struct buf *texts)
{
    size_t at[KIRI_MAX_FIELDS];

    kiri_missing(s, v);
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];
        const json_t *value = json_object_get(object, f->name);
        size_t n = 0;
        at[i] = SIZE_MAX;
        if (f->kind == KIRI_NUMBER && json_is_number(value))
            v[i].num = json_number_value(value);
        if (f->kind == KIRI_CHOICE && json_is_string(value))
            for (int32_t c = 0; f->choices[c]; c++)
                if (strcmp(f->choices[c], json_string_value(value)) == 0)
                    v[i].choice = c;
        if (f->kind == KIRI_TEXT && value &&
            (at[i] = read_text(value, texts, &n)) != SIZE_MAX)
            v[i].text.len = (uint32_t)n;
    }
    for (uint32_t i = 0; i < s->n_fields; i++) /* the buffer has stopped moving */
        if (at[i] != SIZE_MAX)
            v[i].text.ptr = buf_text(texts) + at[i];
    values_clock(s, ts, v);
    return buf_failed(texts) ? -1 : 0;
}

int values_read(const struct kiri_schema *s, const char *json, int64_t ts,
                union kiri_value *v, struct buf *texts)
{
    json_t *root = json_loads(json, 0, NULL);
    int rc = -1;

    kiri_missing(s, v);
    if (json_is_object(root))
        rc = values_from(s, root, ts, v, texts);
    json_decref(root);
    return rc;
}
