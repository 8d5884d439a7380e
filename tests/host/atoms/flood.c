/*
 * flood - as many rows as it is told to: `rows` a turn, `total` in all, then none.
 */
#include <kiri/atom.h>

#include <stdlib.h>

struct flood {
    int64_t rows, left;
    int64_t in_turn;
    unsigned n;
};

static const struct kiri_field fields[] = {
    { .name = "load",
      .symbol = "L",
      .kind = KIRI_NUMBER,
      .lo = 0,
      .hi = 100,
      .buckets = 10 },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 1,
                                           .fields = fields };

static int flood_open(const struct kiri_host *host, void **self)
{
    struct flood *f = calloc(1, sizeof *f);

    if (!f)
        return KIRI_ENOMEM;
    f->rows = strtoll(host->option(host->ctx, "rows"), NULL, 10);
    f->left = strtoll(host->option(host->ctx, "total"), NULL, 10);
    *self = f;
    return KIRI_OK;
}

static void flood_close(void *self)
{
    free(self);
}

static const struct kiri_schema *flood_schema(void *self)
{
    (void)self;
    return &schema;
}

static int flood_collect(void *self, struct kiri_obs *out)
{
    struct flood *f = self;

    if (f->left == 0)
        return KIRI_NONE;
    f->left--;
    f->n++;
    out->v[0].num = f->n % 100;
    if (++f->in_turn < f->rows && f->left)
        return KIRI_MORE;
    f->in_turn = 0;
    return KIRI_OK;
}

static const struct kiri_option options[] = {
    { "rows", KIRI_OPT_INTEGER, "10", "1..256", "Rows a turn." },
    { "total", KIRI_OPT_INTEGER, "1000", "1..100000000", "Rows in all." },
    { .name = NULL },
};

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,       .name = "flood",        .version = "1.0",
    .help = "Many rows.", .options = options,     .open = flood_open,
    .close = flood_close, .schema = flood_schema, .collect = flood_collect,
};
