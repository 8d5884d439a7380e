/*
 * flow/verdict.h - a verdict as JSON, for the bus, for status and for replay. Pure.
 */
#ifndef KIRI_FLOW_VERDICT_H
#define KIRI_FLOW_VERDICT_H

#include "base/json.h"
#include "flow/stream.h"

/* Members of the object that j is in: id gen state surprise score tail alarm blame
 * row_blame. */
void verdict_write(const struct kiri_schema *s, const struct verdict *v, struct jsonw *j);
/* [{name, word, value, nats, expected}], a text also {each}: the nats of its bytes and of
 * its end; ranges: with unit and what the words cover. */
void verdict_fields(const struct kiri_schema *s, const union kiri_value *v,
                    const struct verdict *d, int ranges, struct jsonw *j);

#endif
