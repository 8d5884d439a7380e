/*
 * drift/json.h - the texts in a list of flat JSON objects, without recursion or memory.
 *
 * Reads "[{...},{...}]" and also "{...}\n{...}": objects one after the other. Members
 * whose value is a text are told; all others are passed over, however deep.
 */
#ifndef KIRI_DRIFT_JSON_H
#define KIRI_DRIFT_JSON_H

#include <stddef.h>

struct json {
    const char *at, *end, *begin;
    int inside; /* an object has begun */
};

/* A text as it stands in the file, escapes and all; its NUL is not its end. */
struct json_text {
    const char *s;
    size_t n;
};

enum json_step {
    JSON_WRONG = -1, /* this is not JSON; json_line() says where      */
    JSON_END,        /* no more objects                               */
    JSON_OBJECT,     /* an object began                               */
    JSON_MEMBER,     /* *key and *value: a member that is a text      */
    JSON_CLOSED      /* the object ended                              */
};

void json_begin(struct json *j, const char *bytes, size_t n);
enum json_step json_next(struct json *j, struct json_text *key, struct json_text *value);
/* The line, from 1, where reading stands. */
unsigned json_line(const struct json *j);
int json_is(const struct json_text *t, const char *word);

#endif
