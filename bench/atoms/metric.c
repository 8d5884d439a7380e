/*
 * metric - one number that follows the hours of a day, with noise: for hosts of many
 * atoms. Option `backlog`: so many rows of the past at once, in the first turns.
 */
#include <kiri/atom.h>

#include <math.h>
#include <stdlib.h>

#define DAY_MS 86400000.0

struct metric {
    uint64_t random, rows, backlog;
    int64_t next_ms; /* of the backlog */
};

static const struct kiri_field fields[] = {
    { .name = "value",
      .symbol = "V",
      .kind = KIRI_NUMBER,
      .scale = KIRI_LEARNED,
      .flags = KIRI_ALWAYS,
      .help = "A day's curve, and noise." },
};
static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 1, .fields = fields, .period_ms = 1000
};

static const struct kiri_option options[] = {
    { "seed", KIRI_OPT_INTEGER, "1", "1..1000000", "Its own noise." },
    { "backlog", KIRI_OPT_INTEGER, "0", "0..100000", "Rows of the past, at once." },
    { .name = NULL },
};

static int metric_open(const struct kiri_host *host, void **self)
{
    struct metric *m = calloc(1, sizeof *m);

    if (!m)
        return KIRI_ENOMEM;
    m->random = strtoull(host->option(host->ctx, "seed"), NULL, 10);
    m->backlog = strtoull(host->option(host->ctx, "backlog"), NULL, 10);
    *self = m;
    return KIRI_OK;
}

static void metric_close(void *self)
{
    free(self);
}

static const struct kiri_schema *metric_schema(void *self)
{
    (void)self;
    return &schema;
}

/* splitmix64 (Steele, Lea, Flood 2014), as a number in [0, 1). */
static double draw(struct metric *m)
{
    uint64_t z = m->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static int metric_collect(void *self, struct kiri_obs *out)
{
    struct metric *m = self;
    const int late = m->rows < m->backlog;

    if (m->rows == 0)
        m->next_ms = out->time_ms - (int64_t)m->backlog * schema.period_ms;
    if (late) {
        out->time_ms = m->next_ms;
        m->next_ms += schema.period_ms;
    }
    const double noise = draw(m) + draw(m) + draw(m) + draw(m) - 2;
    out->v[0].num = 100 + 30 * sin(6.2831853 * (double)out->time_ms / DAY_MS) + 5 * noise;
    m->rows++;
    return late && m->rows < m->backlog ? KIRI_MORE : KIRI_OK;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,
    .name = "metric",
    .version = "1.0",
    .help = "One number that follows the hours of a day, with noise.",
    .options = options,
    .open = metric_open,
    .close = metric_close,
    .schema = metric_schema,
    .collect = metric_collect,
};
