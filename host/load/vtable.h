/*
 * load/vtable.h - is this an atom that this host can call? Reads the vtable, calls
 * nothing. For this folder only. The sentences do not name the file.
 */
#ifndef KIRI_LOAD_VTABLE_H
#define KIRI_LOAD_VTABLE_H

#include "base/error.h"

#include <kiri/atom.h>

#define VTABLE_MOST_SIZE    4096u /* of any struct that crosses the border               */
#define VTABLE_MOST_OPTIONS 64u

/* The least that ABI 1 calls a field: the members up to hi; later ones may be zero. */
#define VTABLE_LEAST_FIELD  offsetof(struct kiri_field, max_len)
#define VTABLE_LEAST_SCHEMA offsetof(struct kiri_schema, context)

struct vtable {
    struct kiri_atom atom;       /* full-size: zero where its maker knew no member     */
    struct kiri_option *options; /* the same as atom.options, ours; ends with NULL; the
                                    strings stay the plugin's                          */
};

/* Checks and copies. room: bytes of the symbol, which no vtable can exceed; 0: unknown.
 */
int vtable_read(const struct kiri_atom *raw, size_t room, struct vtable *out,
                struct kiri_error *err);
void vtable_fini(struct vtable *v);

/* The parts of it that a probe's answer gives without a vtable. */
int vtable_check_names(const char *name, const char *version, const char *help,
                       struct kiri_error *err);
int vtable_check_options(const struct kiri_option *options, struct kiri_error *err);

#endif
