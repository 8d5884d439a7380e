/*
 * ledger - an atom that writes down each observation before it hands it out, so that a
 * test can say afterwards what a host has lost.
 *
 * The file `path` has lines of LINE bytes, "number milliseconds": rows from 0 over all
 * lives of the state directory, and CLOCK_MONOTONIC. The row's label is its number.
 * Values go round in ten steps, which is easily learned: whatever alarms, it is not the
 * data.
 */
#include <kiri/atom.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LINE 32

struct ledger {
    const struct kiri_host *host;
    int fd;
    unsigned long rows;
    char label[24];
};

static const struct kiri_field fields[] = {
    { .name = "step", .kind = KIRI_NUMBER, .buckets = 10, .lo = 0, .hi = 10 },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 1,
                                           .fields = fields };

static void ledger_close(void *self)
{
    struct ledger *l = self;

    if (l && l->fd >= 0)
        close(l->fd);
    free(l);
}

static int ledger_open(const struct kiri_host *host, void **self)
{
    struct ledger *l = calloc(1, sizeof *l);

    if (!l)
        return KIRI_ENOMEM;
    *self = l;
    l->host = host;
    l->fd = open(host->option(host->ctx, "path"),
                 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (l->fd < 0)
        return KIRI_EIO;
    l->rows = (unsigned long)lseek(l->fd, 0, SEEK_END) / LINE;
    return KIRI_OK;
}

static const struct kiri_schema *ledger_schema(void *self)
{
    (void)self;
    return &schema;
}

static int ledger_collect(void *self, struct kiri_obs *out)
{
    struct ledger *l = self;
    struct timespec now;
    char line[LINE + 1];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(line, sizeof line, "%012lu %018lld\n", l->rows,
             (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    if (write(l->fd, line, LINE) != LINE)
        return KIRI_EIO;
    snprintf(l->label, sizeof l->label, "%lu", l->rows);
    out->label = l->label;
    out->v[0].num = (double)(l->rows % 10) + 0.5;
    l->rows++;
    return KIRI_OK;
}

static const struct kiri_option options[] = {
    { "path", KIRI_OPT_PATH, NULL, NULL, "The file to write down rows in." },
    { .name = NULL },
};

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,
    .name = "ledger",
    .version = "1.0",
    .help = "Writes down what it hands out.",
    .options = options,
    .open = ledger_open,
    .close = ledger_close,
    .schema = ledger_schema,
    .collect = ledger_collect,
};
