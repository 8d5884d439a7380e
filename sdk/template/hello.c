/*
 * hello - any number that stands in a file, watched.
 *
 * Reads the first number of one file (option `file`; by default the load of this machine)
 * once a period, and nothing else.
 */
#include <kiri/atom.h>

#include <math.h>
#include <stdlib.h>

/* What one observation looks like: 20 equal steps of the logarithm from 0.01 to 100, in
 * words V0 to V19. What is outside is the first or the last word, and counted. */
static const struct kiri_field fields[] = {
    { .name = "value",
      .symbol = "V",
      .kind = KIRI_NUMBER,
      .scale = KIRI_LOG,
      .buckets = 20,
      .lo = 0.01,
      .hi = 100,
      .help = "The first number in the file." },
};

static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = sizeof fields / sizeof *fields,
                                           .fields = fields,
                                           .period_ms = 1000 };

/* Whatever is read from the world is an option, so that a test can point it elsewhere. */
static const struct kiri_option options[] = {
    { .name = "file",
      .type = KIRI_OPT_PATH,
      .fallback = "/proc/loadavg",
      .help = "The file whose first number is watched." },
    { .name = NULL },
};

/* One instance: all that it needs is in here, for two of them may run at once. */
struct atom {
    char file[1024];
};

static int atom_open(const struct kiri_host *host, void **self)
{
    const char *file = host->option(host->ctx, "file");
    struct atom *a = calloc(1, sizeof *a);

    if (!a)
        return KIRI_ENOMEM;
    if (!file || snprintf(a->file, sizeof a->file, "%s", file) >= (int)sizeof a->file) {
        kiri_logf(host, KIRI_ERROR, "`file` must be a path of at most %zu bytes",
                  sizeof a->file - 1);
        free(a);
        return KIRI_ECONFIG;
    }
    *self = a;
    return KIRI_OK;
}

static void atom_close(void *self)
{
    free(self);
}

static const struct kiri_schema *atom_schema(void *self)
{
    (void)self;
    return &schema;
}

/* The first number of the file; NaN when there is none. */
static double read_value(const char *file)
{
    double x = NAN;
    FILE *f = fopen(file, "re");

    if (!f)
        return NAN;
    if (fscanf(f, "%lf", &x) != 1 || !isfinite(x))
        x = NAN;
    fclose(f);
    return x;
}

/* What cannot be read is missing, a word of its own, never zero. */
static int atom_collect(void *self, struct kiri_obs *out)
{
    const struct atom *a = self;

    out->v[0].num = read_value(a->file);
    return KIRI_OK;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,          .name = "hello",
    .version = "1.0",        .help = "Watches the first number in a file.",
    .options = options,      .open = atom_open,
    .close = atom_close,     .schema = atom_schema,
    .collect = atom_collect,
};
