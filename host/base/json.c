#include "base/json.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct jsonw jsonw_into(struct buf *out)
{
    return (struct jsonw){ .out = out };
}

/* Writes the comma that stands before this value, if any. */
static void before(struct jsonw *j)
{
    uint64_t bit = UINT64_C(1) << j->depth;

    if (j->after_key) {
        j->after_key = 0;
        return;
    }
    if (j->begun & bit)
        buf_put(j->out, ",", 1);
    j->begun |= bit;
}

static void open(struct jsonw *j, char c, int array)
{
    before(j);
    buf_put(j->out, &c, 1);
    if (j->depth < 63)
        j->depth++;
    uint64_t bit = UINT64_C(1) << j->depth;
    j->begun &= ~bit;
    j->array = array ? j->array | bit : j->array & ~bit;
}

void jsonw_object(struct jsonw *j)
{
    open(j, '{', 0);
}

void jsonw_array(struct jsonw *j)
{
    open(j, '[', 1);
}

void jsonw_end(struct jsonw *j)
{
    uint64_t bit = UINT64_C(1) << j->depth;

    buf_put(j->out, j->array & bit ? "]" : "}", 1);
    if (j->depth)
        j->depth--;
}

/* Bytes of the valid UTF-8 sequence at s (RFC 3629), or 0. */
static size_t utf8(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        return n >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
    if (s[0] >= 0xe0 && s[0] <= 0xef) {
        if (n < 3 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
            return 0;
        if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
            return 0;
        return 3;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        if (n < 4 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 ||
            (s[3] & 0xc0) != 0x80)
            return 0;
        if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

static void quoted(struct jsonw *j, const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t from = 0, k;

    buf_put(j->out, "\"", 1);
    for (size_t i = 0; i < n; i += k) {
        k = utf8(s + i, n - i);
        if (k > 0 && s[i] >= 0x20 && s[i] != '"' && s[i] != '\\' && s[i] != 0x7f)
            continue;
        buf_put(j->out, text + from, i - from);
        if (k == 0)
            buf_puts(j->out, "\xef\xbf\xbd");
        else if (s[i] == '\n')
            buf_puts(j->out, "\\n");
        else if (s[i] == '\t')
            buf_puts(j->out, "\\t");
        else if (s[i] == '"' || s[i] == '\\')
            buf_putf(j->out, "\\%c", s[i]);
        else
            buf_putf(j->out, "\\u%04x", s[i]);
        k = 1;
        from = i + 1;
    }
    buf_put(j->out, text + from, n - from);
    buf_put(j->out, "\"", 1);
}

void jsonw_key(struct jsonw *j, const char *key)
{
    before(j);
    quoted(j, key, strlen(key));
    buf_put(j->out, ":", 1);
    j->after_key = 1;
}

void jsonw_bytes(struct jsonw *j, const char *s, size_t n)
{
    before(j);
    quoted(j, s, n);
}

void jsonw_string(struct jsonw *j, const char *s)
{
    if (s)
        jsonw_bytes(j, s, strlen(s));
    else
        jsonw_null(j);
}

void jsonw_int(struct jsonw *j, int64_t x)
{
    before(j);
    buf_putf(j->out, "%lld", (long long)x);
}

void jsonw_bool(struct jsonw *j, int x)
{
    before(j);
    buf_puts(j->out, x ? "true" : "false");
}

void jsonw_null(struct jsonw *j)
{
    before(j);
    buf_puts(j->out, "null");
}

void jsonw_num(struct jsonw *j, double x, int digits)
{
    if (!isfinite(x)) {
        jsonw_null(j);
        return;
    }
    before(j);
    buf_putg(j->out, x + 0.0 == 0 ? 0.0 : x, digits); /* no "-0" */
}

void jsonw_exact(struct jsonw *j, double x)
{
    char text[NUMBER_CAP];

    if (!isfinite(x)) {
        jsonw_null(j);
        return;
    }
    before(j);
    buf_put(j->out, text, number_write_exact(text, x));
}

void jsonw_raw(struct jsonw *j, const char *json, size_t n)
{
    before(j);
    buf_put(j->out, json, n);
}

void jsonw_kstr(struct jsonw *j, const char *key, const char *s)
{
    jsonw_key(j, key);
    jsonw_string(j, s);
}

void jsonw_kint(struct jsonw *j, const char *key, int64_t x)
{
    jsonw_key(j, key);
    jsonw_int(j, x);
}

void jsonw_knum(struct jsonw *j, const char *key, double x, int digits)
{
    jsonw_key(j, key);
    jsonw_num(j, x, digits);
}

void jsonw_kbool(struct jsonw *j, const char *key, int x)
{
    jsonw_key(j, key);
    jsonw_bool(j, x);
}
