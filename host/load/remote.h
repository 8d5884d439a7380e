/*
 * load/remote.h - `plugin: remote`: an atom that lives in another process and sends what
 * it saw to the inbox (host/inbox/). Behind the vtable there is nobody to ask: it only
 * knows the schema that was sent, which stands in the atom's small state so that a
 * restart knows it.
 *
 * Its open() returns KIRI_NONE, which no .so's does, while no schema is known: it is
 * opened again when one was sent.
 */
#ifndef KIRI_LOAD_REMOTE_H
#define KIRI_LOAD_REMOTE_H

#include "load/plugin.h"

#define REMOTE_NAME "remote"          /* in the YAML */
#define REMOTE_PATH "built-in:remote" /* what plugin_find makes of it */

/* Bytes of a schema's JSON: 15 keys of the small state, less what stands before it. */
#define REMOTE_SCHEMA_MOST (15u * 4096u - 24u)

struct plugin *remote_plugin(struct kiri_error *err);
int remote_is(const struct plugin *p);
/* What a probe would say of it. 0, or -1: memory is short. */
int remote_probe(struct plugin_probe *out, struct kiri_error *err);

/* Puts the JSON of a schema into the small state. put as in struct kiri_host, each key
 * atomic; the whole is known by its checksum. KIRI_OK or a negative status. */
int remote_keep(int (*put)(void *ctx, const char *key, const void *buf, uint32_t len),
                void *ctx, const char *json, size_t len);
/* What was kept, malloc'ed and NUL-terminated; NULL: nothing whole, or memory is short.
 * get as in struct kiri_host. */
char *remote_recall(int (*get)(void *ctx, const char *key, void *buf, uint32_t cap),
                    void *ctx, size_t *len);

#endif
