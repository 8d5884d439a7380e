#include "loaded.h"

#include <dlfcn.h>

const struct kiri_atom *load_atom(const char *path)
{
    void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct kiri_atom *atom = so ? dlsym(so, "kiri_atom") : NULL;

    if (!atom)
        fprintf(stderr, "%s\n", dlerror());
    return atom;
}

int collect_row(struct kiri_test *t, const struct kiri_atom *atom, void *self,
                union kiri_value v[KIRI_MAX_FIELDS])
{
    const struct kiri_schema *s = atom->schema(self);
    struct kiri_obs row = {
        .size = sizeof row, .n = s->n_fields, .time_ms = t->now_ms, .v = v
    };

    kiri_missing(s, v);
    return atom->collect(self, &row);
}
