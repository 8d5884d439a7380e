/*
 * load/schema_json.h - a schema as JSON, for atoms that are no .so: docs/remote.md.
 *
 *     {"period":"10s","fields":[{"name":"moisture","lo":0,"hi":100,"unit":"%"},
 *                               {"name":"valve","kind":"choice","choices":["open","shut"]}]}
 *
 * Pure; any thread.
 */
#ifndef KIRI_LOAD_SCHEMA_JSON_H
#define KIRI_LOAD_SCHEMA_JSON_H

#include "base/error.h"
#include "base/json.h"

#include <kiri/schema.h>

struct json_t; /* jansson's */

/* A schema of our own (plugin_schema_free), checked by kiri_schema_check; its period_ms
 * is 0 when the JSON says none. NULL and a sentence that names field and member:
 * KIRI_BAD_DATA, or KIRI_INTERNAL when memory is short. */
struct kiri_schema *schema_json_read(struct json_t *root, struct kiri_error *err);
/* The same from text. */
struct kiri_schema *schema_json_parse(const char *text, size_t len,
                                      struct kiri_error *err);

/* Writes a schema that was checked as one object that schema_json_read takes back to the
 * same schema: members in one order, those that its kind does not use left out. Equal
 * schemas give equal bytes. */
void schema_json_write(const struct kiri_schema *s, struct jsonw *j);

#endif
