/*
 * version - an atom in several versions, as a reload finds them: VERSION is its name.
 * Each counts its observations over all of them in the key-value state and hands the
 * count out as the row's label, so that a test can say what was lost. LANGUAGE 2 has
 * another schema. Behind HANGS observations it hangs. OPEN is what open() answers, FIELDS
 * 0 makes a schema that cannot be.
 */
#include <kiri/atom.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifndef LANGUAGE
#define LANGUAGE 1
#endif
#ifndef OPEN
#define OPEN KIRI_OK
#endif
#ifndef HANGS
#define HANGS UINT64_MAX
#endif
#ifndef FIELDS
#define FIELDS LANGUAGE
#endif

struct version {
    const struct kiri_host *host;
    uint64_t count;
    char label[24];
};

static const struct kiri_field fields[] = {
    { .name = "step", .kind = KIRI_NUMBER, .buckets = 10, .lo = 0, .hi = 10 },
    { .name = "half", .kind = KIRI_NUMBER, .buckets = 5, .lo = 0, .hi = 10 },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = FIELDS,
                                           .fields = fields };

static int version_open(const struct kiri_host *host, void **self)
{
    struct version *v = calloc(1, sizeof *v);

    if (!v)
        return KIRI_ENOMEM;
    v->host = host;
    *self = v;
    host->kv_get(host->ctx, "count", &v->count, sizeof v->count);
    return OPEN;
}

static void version_close(void *self)
{
    free(self);
}

static const struct kiri_schema *version_schema(void *self)
{
    (void)self;
    return &schema;
}

static int version_collect(void *self, struct kiri_obs *out)
{
    struct version *v = self;

    if (v->count >= HANGS)
        nanosleep(&(struct timespec){ .tv_sec = 3600 }, NULL);
    v->count++;
    if (v->host->kv_put(v->host->ctx, "count", &v->count, sizeof v->count))
        return KIRI_ENOMEM;
    snprintf(v->label, sizeof v->label, "%llu", (unsigned long long)v->count);
    out->label = v->label;
    out->v[0].num = (double)(v->count % 10) + 0.5;
    if (LANGUAGE > 1)
        out->v[1].num = out->v[0].num;
    return KIRI_OK;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,           .name = "version",
    .version = VERSION,       .help = "Counts, whichever version it is.",
    .open = version_open,     .close = version_close,
    .schema = version_schema, .collect = version_collect,
};
