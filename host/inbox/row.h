/*
 * inbox/row.h - values by name, as a sender wrote them, held against a schema. Stricter
 * than flow/values.h: a sender is there to be told what is wrong. Pure.
 */
#ifndef KIRI_INBOX_ROW_H
#define KIRI_INBOX_ROW_H

#include "base/buf.h"
#include "base/error.h"

#include <kiri/schema.h>

struct json_t; /* jansson's */

/* v[n_fields] with hour and weekday of ts filled in; texts as values_from has them. 0, or
 * -1 and one sentence that names the field: no such field, not what it takes, none of its
 * words, missing although always there (KIRI_BAD_DATA), or memory (KIRI_INTERNAL). */
int row_read(const struct kiri_schema *s, struct json_t *values, int64_t ts,
             union kiri_value *v, struct buf *texts, struct kiri_error *err);

#endif
