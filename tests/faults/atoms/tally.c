/*
 * tally.c - an atom with an option it must have and a number that it keeps: how often it
 * was asked, over all its lives.
 */
#include <kiri/atom.h>

#include <stdlib.h>

static const struct kiri_field fields[] = {
    { .name = "step", .kind = KIRI_NUMBER, .buckets = 10, .lo = 0, .hi = 10 },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 1,
                                           .fields = fields };
static const struct kiri_option options[] = {
    { .name = "word", .type = KIRI_OPT_TEXT, .help = "Something." },
    { .name = "more", .type = KIRI_OPT_TEXT, .fallback = "x", .help = "Something." },
    { .name = NULL },
};

struct tally {
    const struct kiri_host *host;
};

/* The host promises a value, or the fallback, for each option. */
static int tally_open(const struct kiri_host *host, void **self)
{
    struct tally *t = calloc(1, sizeof *t);

    *self = t;
    if (!t)
        return KIRI_ENOMEM;
    if (!host->option(host->ctx, "word") || !host->option(host->ctx, "more"))
        abort();
    t->host = host;
    return KIRI_OK;
}

static void tally_close(void *self)
{
    free(self);
}

static const struct kiri_schema *tally_schema(void *self)
{
    (void)self;
    return &schema;
}

static int tally_collect(void *self, struct kiri_obs *out)
{
    const struct kiri_host *host = ((struct tally *)self)->host;
    uint32_t n = 0;

    (void)host->kv_get(host->ctx, "n", &n, sizeof n);
    n++;
    out->v[0].num = n % 10 + 0.5;
    return host->kv_put(host->ctx, "n", &n, sizeof n);
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,       .name = "tally",        .version = "1.0",
    .help = "Counts.",    .options = options,     .open = tally_open,
    .close = tally_close, .schema = tally_schema, .collect = tally_collect,
};
