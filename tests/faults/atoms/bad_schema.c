/* bad_schema.c - opens well; its schema's ranges are upside down. */
#include <kiri/atom.h>

static const struct kiri_field fields[] = {
    { .name = "cpu", .kind = KIRI_NUMBER, .buckets = 10, .lo = 100, .hi = 0 },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 1,
                                           .fields = fields };

static int bad_open(const struct kiri_host *host, void **self)
{
    (void)host;
    *self = NULL;
    return KIRI_OK;
}

static void bad_close(void *self)
{
    (void)self;
}

static const struct kiri_schema *bad_schema(void *self)
{
    (void)self;
    return &schema;
}

static int bad_collect(void *self, struct kiri_obs *out)
{
    (void)self;
    (void)out;
    return KIRI_NONE;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,     .name = "bad-schema", .open = bad_open,
    .close = bad_close, .schema = bad_schema, .collect = bad_collect
};
