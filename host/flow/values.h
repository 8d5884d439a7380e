/*
 * flow/values.h - an observation's values by name, as JSON: {"cpu":53.1,"net":"up"}. What
 * is stored and published are words and numbers, never indexes, so that a field may be
 * added or a choice moved and history is still understood. Missing values are absent;
 * hour and weekday, which follow from the time, too. A TEXT that is not UTF-8 is
 * {"hex":"00ff"}.
 */
#ifndef KIRI_FLOW_VALUES_H
#define KIRI_FLOW_VALUES_H

#include "base/buf.h"
#include "base/json.h"

#include <kiri/schema.h>

struct json_t; /* jansson's */

/* Numbers are written so that reading gives the same bits; infinity as 1e308, an index
 * that is not there as missing: the same words. */
void values_write(const struct kiri_schema *s, const union kiri_value *v,
                  struct buf *out);
/* As it is written: infinity is no JSON, and both are out of any range. */
double value_finite(double x);
/* One value; null when missing. */
void value_write(const struct kiri_field *f, const union kiri_value *v, struct jsonw *j);

/* Reads them back into v[n_fields]: names that the schema does not know are passed over,
 * what is absent or of another type is missing. Texts are copied into *texts, which must
 * live as long as v. Hour and weekday are filled in from ts. 0, or -1: not a JSON object.
 */
int values_read(const struct kiri_schema *s, const char *json, int64_t ts,
                union kiri_value *v, struct buf *texts);
/* The same from an object that jansson has read already. -1: memory is short. */
int values_from(const struct kiri_schema *s, const struct json_t *object, int64_t ts,
                union kiri_value *v, struct buf *texts);

/* What the field takes ("a number or null") when the value is of a type that it cannot
 * be; else NULL. */
const char *values_takes(const struct kiri_field *f, const struct json_t *value);

/* Fills HOUR and WEEKDAY fields from the local time at ts. */
void values_clock(const struct kiri_schema *s, int64_t ts, union kiri_value *v);

#endif
