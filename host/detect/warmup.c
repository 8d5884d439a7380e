#include "detect/warmup.h"

#define LOOK_EVERY 256u /* rows between two calls of look */

/* How many rows a file has, but not beyond `enough`. */
static int count(struct source *s, uint64_t enough, uint64_t *rows,
                 int (*look)(void *ctx), void *ctx, struct kiri_error *err)
{
    struct record record;
    int got = 1;

    *rows = 0;
    while (*rows < enough && (got = source_next(s, &record, err)) == 1)
        if (++*rows % LOOK_EVERY == 0 && look(ctx))
            return 1;
    if (got < 0 || got == 2)
        return got < 0 ? -1 : 1;
    return source_rewind(s, err);
}

int warmup_rows(const struct detect_options *o, struct source *s, uint64_t *rows,
                int (*look)(void *ctx), void *ctx, struct kiri_error *err)
{
    double share = o->share > 0 ? o->share : DETECT_SHARE;
    uint64_t all, enough = UINT64_MAX;

    *rows = o->warmup ? o->warmup : DETECT_WARMUP;
    if (o->warmup || (!source_regular(s) && !(o->share > 0)))
        return 0;
    if (!source_regular(s))
        return kiri_fail(err, KIRI_USAGE,
                         "%s is no file whose rows can be counted first: say --warmup in "
                         "rows",
                         source_name(s));
    if (!(o->share > 0))
        enough = (uint64_t)(DETECT_WARMUP / DETECT_SHARE) + 1;
    int rc = count(s, enough, &all, look, ctx, err);
    double part = share * (double)all;
    *rows = part < 1 ? 1 : (uint64_t)part;
    if (!(o->share > 0) && *rows > DETECT_WARMUP)
        *rows = DETECT_WARMUP;
    return rc;
}
