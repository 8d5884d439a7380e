/*
 * fake_host.h - a host for one atom: a clock that stands until it is moved, options as
 * they would stand in the YAML, the last line that was logged.
 */
#ifndef KIRI_TESTS_FAKE_HOST_H
#define KIRI_TESTS_FAKE_HOST_H

#include <kiri/schema.h>

#define FAKE_OPTIONS 8

struct fake_host {
    struct kiri_host host;
    const struct kiri_option *declared;
    struct {
        const char *name, *value;
    } given[FAKE_OPTIONS];
    int64_t now_ms, mono_ms;
    int lines; /* logged so far */
    char line[1024];
};

/* Options that are not set are what `declared` says. */
void fake_host_init(struct fake_host *f, const struct kiri_option *declared);
void fake_host_set(struct fake_host *f, const char *name, const char *value);

/* One row as a host asks for it: every value missing, then collect(). */
int fake_host_collect(struct fake_host *f, const struct kiri_atom *atom, void *self,
                      union kiri_value v[KIRI_MAX_FIELDS]);

/* The atom in a shared object, or NULL and a sentence on stderr. Stays loaded. */
const struct kiri_atom *load_atom(const char *path);

#endif
