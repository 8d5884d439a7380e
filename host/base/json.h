/*
 * base/json.h - writes JSON into a buf, commas and escapes included. (Parsing what comes
 * from outside is jansson's work.) Numbers are written short: enough digits for their
 * purpose, never NaN or Inf (null instead).
 *
 *     struct jsonw j = jsonw_into(&buf);
 *     jsonw_object(&j);  jsonw_key(&j, "n"); jsonw_int(&j, 3);  jsonw_end(&j);
 */
#ifndef KIRI_BASE_JSON_H
#define KIRI_BASE_JSON_H

#include "base/buf.h"

#include <stdint.h>

struct jsonw {
    struct buf *out;
    unsigned depth;
    uint64_t array; /* bit d: depth d is an array */
    uint64_t begun; /* bit d: depth d has a member already */
    int after_key;
};

struct jsonw jsonw_into(struct buf *out);
void jsonw_object(struct jsonw *j);
void jsonw_array(struct jsonw *j);
void jsonw_end(struct jsonw *j); /* closes the innermost object or array */
void jsonw_key(struct jsonw *j, const char *key);
void jsonw_string(struct jsonw *j, const char *s); /* NULL: null */
void jsonw_bytes(struct jsonw *j, const char *s,
                 size_t n); /* bytes that are not UTF-8: U+FFFD */
void jsonw_int(struct jsonw *j, int64_t x);
void jsonw_bool(struct jsonw *j, int x);
void jsonw_null(struct jsonw *j);
void jsonw_num(struct jsonw *j, double x, int digits); /* significant digits, 1..17 */
void jsonw_exact(struct jsonw *j, double x); /* shortest that reads back the same */
void jsonw_raw(struct jsonw *j, const char *json, size_t n); /* a finished value */

/* key and value at once */
void jsonw_kstr(struct jsonw *j, const char *key, const char *s);
void jsonw_kint(struct jsonw *j, const char *key, int64_t x);
void jsonw_knum(struct jsonw *j, const char *key, double x, int digits);
void jsonw_kbool(struct jsonw *j, const char *key, int x);

#endif
