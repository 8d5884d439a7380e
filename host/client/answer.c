#include "client/answer.h"

#include <stdlib.h>
#include <string.h>

static char *skip_space(char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
        at++;
    return at;
}

static int hex4(const char *at, unsigned *out)
{
    unsigned x = 0;

    for (int i = 0; i < 4; i++) {
        char c = at[i];

        if (c >= '0' && c <= '9')
            x = x << 4 | (unsigned)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            x = x << 4 | (unsigned)((c | 32) - 'a' + 10);
        else
            return -1;
    }
    *out = x;
    return 0;
}

static char *put_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 63));
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    }
    return to;
}

/* \uXXXX, *at at its first digit; two of them for what is beyond 16 bits. */
static int take_unicode(char **at, char **to)
{
    unsigned c, low;

    if (hex4(*at, &c))
        return -1;
    *at += 4;
    if (c >= 0xd800 && c < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u' &&
        hex4(*at + 2, &low) == 0 && low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        *at += 6;
    }
    *to = put_utf8(*to, c);
    return 0;
}

/* Unescapes the string whose opening quote is at `at`, in place, and ends it with a NUL.
 * Returns what follows its closing quote; NULL: it is no string. */
static char *take_string(char *at, char **string, size_t *len)
{
    static const char escapes[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    char *to;

    if (*at != '"')
        return NULL;
    *string = to = ++at;
    while (*at != '"') {
        const char *escape;

        if (*at == '\0')
            return NULL;
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        at++;
        if (*at == 'u') {
            at++;
            if (take_unicode(&at, &to))
                return NULL;
        } else if (*at && (escape = strchr(escapes, *at))) {
            *to++ = means[escape - escapes];
            at++;
        } else {
            return NULL;
        }
    }
    *len = (size_t)(to - *string);
    *to = '\0';
    return at + 1;
}

/* What follows any value; NULL: it has no end. */
static char *skip_value(char *at)
{
    int depth = 0, quoted = 0;

    for (; *at; at++) {
        if (quoted) {
            if (*at == '\\' && at[1])
                at++;
            else if (*at == '"')
                quoted = 0;
        } else if (*at == '"') {
            quoted = 1;
        } else if (*at == '[' || *at == '{') {
            depth++;
        } else if (depth && (*at == ']' || *at == '}')) {
            depth--;
        } else if (!depth && (*at == ',' || *at == '}' || *at == ']')) {
            return at;
        }
    }
    return NULL;
}

struct place_text {
    char **boot;
    uint64_t *seq;
};

/* "boot" and "seq", of the answer or of its "oldest". */
static char *take_place(struct place_text p, const char *key, char *at)
{
    size_t len;

    if (strcmp(key, "boot") == 0 && *at == '"')
        return take_string(at, p.boot, &len);
    if (strcmp(key, "seq") == 0 && *at >= '0' && *at <= '9')
        *p.seq = strtoull(at, NULL, 10);
    return skip_value(at);
}

static char *take_oldest(struct answer *a, const char *key, char *at)
{
    return take_place((struct place_text){ &a->oldest_boot, &a->oldest_seq }, key, at);
}

/* One member; returns what follows its value, NULL: not JSON. */
static char *take_member(struct answer *a, const char *key, char *at)
{
    const struct {
        const char *key;
        int *flag;
    } flags[] = { { "ok", &a->ok }, { "gone", &a->gone }, { "more", &a->more } };
    size_t len;

    if (strcmp(key, "error") == 0 && *at == '"')
        return take_string(at, &a->error, &len);
    if (strcmp(key, "after") == 0 && *at == '"')
        return take_string(at, &a->after, &len);
    if (strcmp(key, "oldest") == 0 && *at == '{')
        a->oldest = at;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(key, flags[i].key) == 0)
            *flags[i].flag = strncmp(at, "true", 4) == 0;
    if (strcmp(key, "messages") == 0 && *at == '[') {
        a->next = skip_space(at + 1);
        if (*a->next != '"')
            a->next = NULL;
    }
    return take_place((struct place_text){ &a->boot, &a->seq }, key, at);
}

/* An object's members, at its opening brace; returns what follows the closing one. */
static char *take_members(struct answer *a, char *at,
                          char *(*take)(struct answer *a, const char *key, char *at))
{
    char *key;
    size_t len;

    if (*at++ != '{')
        return NULL;
    for (at = skip_space(at); *at != '}'; at = skip_space(at)) {
        at = take_string(at, &key, &len);
        at = at ? skip_space(at) : NULL;
        if (!at || *at != ':')
            return NULL;
        at = take(a, key, skip_space(at + 1));
        at = at ? skip_space(at) : NULL;
        if (!at || (*at != ',' && *at != '}'))
            return NULL;
        if (*at == ',')
            at++;
    }
    return at + 1;
}

int answer_read(struct answer *a, char *text, size_t len)
{
    *a = (struct answer){ .text = text };
    if (strlen(text) == len && take_members(a, skip_space(text), take_member) &&
        (!a->oldest || take_members(a, a->oldest, take_oldest)))
        return 0;
    answer_free(a);
    return -1;
}

int answer_next(struct answer *a, const char **bytes, size_t *len)
{
    char *string, *at = a->next ? take_string(a->next, &string, len) : NULL;

    a->next = NULL;
    if (!at)
        return 0;
    *bytes = string;
    at = skip_space(at);
    if (*at == ',') {
        at = skip_space(at + 1);
        a->next = *at == '"' ? at : NULL;
    }
    return 1;
}

void answer_free(struct answer *a)
{
    free(a->text);
    *a = (struct answer){ 0 };
}
