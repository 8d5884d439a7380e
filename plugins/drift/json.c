#include "json.h"

#include <string.h>

#define DEEPEST 64

void json_begin(struct json *j, const char *bytes, size_t n)
{
    *j = (struct json){ .at = bytes, .begin = bytes, .end = bytes + n };
}

unsigned json_line(const struct json *j)
{
    unsigned line = 1;

    for (const char *s = j->begin; s < j->at && s < j->end; s++)
        line += *s == '\n';
    return line;
}

int json_is(const struct json_text *t, const char *word)
{
    return t->n == strlen(word) && memcmp(t->s, word, t->n) == 0;
}

/* Passes over any of these characters; what stands there then, 0 at the end. */
static char after(struct json *j, const char *set)
{
    while (j->at < j->end && *j->at && strchr(set, *j->at))
        j->at++;
    return j->at < j->end ? *j->at : '\0';
}

static int take_text(struct json *j, struct json_text *out)
{
    if (after(j, " \t\r\n") != '"')
        return -1;
    const char *s = ++j->at;
    while (j->at < j->end && *j->at != '"')
        j->at += *j->at == '\\' ? 2 : 1;
    if (j->at >= j->end)
        return -1;
    *out = (struct json_text){ .s = s, .n = (size_t)(j->at - s) };
    j->at++;
    return 0;
}

/* A value that is no text: brackets are matched in number, what is between them is not
 * looked at. */
static int pass_over(struct json *j)
{
    struct json_text text;
    int depth = 0;

    for (char c = after(j, " \t\r\n"); c; c = after(j, " \t\r\n")) {
        if (depth == 0 && (c == ',' || c == '}'))
            return 0;
        if (c == '"') {
            if (take_text(j, &text))
                return -1;
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (depth < 0 || depth > DEEPEST)
            return -1;
        j->at++;
    }
    return -1;
}

static enum json_step next_object(struct json *j)
{
    char c = after(j, " \t\r\n,[]");

    if (c == '{') {
        j->at++;
        j->inside = 1;
        return JSON_OBJECT;
    }
    return j->at == j->end ? JSON_END : JSON_WRONG;
}

enum json_step json_next(struct json *j, struct json_text *key, struct json_text *value)
{
    while (j->inside) {
        if (after(j, " \t\r\n,") == '}') {
            j->at++;
            j->inside = 0;
            return JSON_CLOSED;
        }
        if (take_text(j, key) || after(j, " \t\r\n") != ':')
            return JSON_WRONG;
        j->at++;
        if (after(j, " \t\r\n") == '"')
            return take_text(j, value) ? JSON_WRONG : JSON_MEMBER;
        if (pass_over(j))
            return JSON_WRONG;
    }
    return next_object(j);
}
