/*
 * hello - the smallest useful atom: any number that stands in a file, watched.
 *
 * Reads the first number of one file (option `file`; by default the load of this machine)
 * once a period, and nothing else. Copy it, rename it, read something of your own.
 *
 * Build: cc -shared -fPIC -fvisibility=hidden hello.c -o hello.so
 */
#include <kiri/atom.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What one observation looks like. The scale is learned, so no range has to be known. */
static const struct kiri_field fields[] = {
    { .name = "value",
      .symbol = "V",
      .kind = KIRI_NUMBER,
      .scale = KIRI_LEARNED,
      .help = "The first number in the file." },
};

static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 1, .fields = fields, .period_ms = 5000
};

static const struct kiri_option options[] = {
    { .name = "file",
      .type = KIRI_OPT_PATH,
      .fallback = "/proc/loadavg",
      .help = "The file whose first number is watched." },
    { .name = NULL },
};

/* One instance: everything it needs is in here, for two of them may run at once. */
struct hello {
    char file[512];
};

static int hello_open(const struct kiri_host *host, void **self)
{
    const char *file = host->option(host->ctx, "file");
    struct hello *h = calloc(1, sizeof *h);

    if (!h)
        return KIRI_ENOMEM;
    if (!file || snprintf(h->file, sizeof h->file, "%s", file) >= (int)sizeof h->file) {
        kiri_logf(host, KIRI_ERROR, "hello: file must be a path of at most 511 bytes");
        free(h);
        return KIRI_ECONFIG;
    }
    *self = h;
    return KIRI_OK;
}

static void hello_close(void *self)
{
    free(self);
}

static const struct kiri_schema *hello_schema(void *self)
{
    (void)self;
    return &schema;
}

static int hello_collect(void *self, struct kiri_obs *out)
{
    const struct hello *h = self;
    double x;

    FILE *f = fopen(h->file, "re");
    if (!f)
        return KIRI_OK; /* what cannot be read stays "missing", a word of its own */
    if (fscanf(f, "%lf", &x) == 1 && isfinite(x))
        out->v[0].num = x;
    fclose(f);
    return KIRI_OK;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,           .name = "hello",
    .version = "1.0",         .help = "Watches the first number in a file.",
    .options = options,       .open = hello_open,
    .close = hello_close,     .schema = hello_schema,
    .collect = hello_collect,
};
