/* loaded.h - an atom's .so in a test, and one row of it; its host is that of
 * kiri/testing.h. */
#ifndef KIRI_TESTS_LOADED_H
#define KIRI_TESTS_LOADED_H

#include <kiri/testing.h>

/* The atom in a shared object, or NULL and a sentence on stderr. Stays loaded. */
const struct kiri_atom *load_atom(const char *path);

/* One row as a host asks for it: every value missing, then collect(). */
int collect_row(struct kiri_test *t, const struct kiri_atom *atom, void *self,
                union kiri_value v[KIRI_MAX_FIELDS]);

#endif
