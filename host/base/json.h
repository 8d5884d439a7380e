/*
 * base/json.h - writes JSON into a buf, commas and escapes included. (Parsing what comes
 * from outside is jansson's work.) Numbers are written short: enough digits for their
 * purpose, never NaN or Inf (null instead).
 *
 *     struct json j = json_into(&buf);
 *     json_object(&j);  json_key(&j, "n"); json_int(&j, 3);  json_end(&j);
 */
#ifndef KIRI_BASE_JSON_H
#define KIRI_BASE_JSON_H

#include "base/buf.h"

#include <stdint.h>

struct json {
    struct buf *out;
    unsigned depth;
    uint64_t array; /* bit d: depth d is an array */
    uint64_t begun; /* bit d: depth d has a member already */
    int after_key;
};

struct json json_into(struct buf *out);
void json_object(struct json *j);
void json_array(struct json *j);
void json_end(struct json *j); /* closes the innermost object or array */
void json_key(struct json *j, const char *key);
void json_string(struct json *j, const char *s); /* NULL: null */
void json_bytes(struct json *j, const char *s,
                size_t n); /* bytes that are not UTF-8: U+FFFD */
void json_int(struct json *j, int64_t x);
void json_bool(struct json *j, int x);
void json_null(struct json *j);
void json_num(struct json *j, double x, int digits); /* significant digits, 1..17 */
void json_exact(struct json *j, double x); /* shortest that reads back the same */
void json_raw(struct json *j, const char *json, size_t n); /* a finished value */

/* key and value at once */
void json_kstr(struct json *j, const char *key, const char *s);
void json_kint(struct json *j, const char *key, int64_t x);
void json_knum(struct json *j, const char *key, double x, int digits);
void json_kbool(struct json *j, const char *key, int x);

#endif
