#include "cell_world.h"

static void say(void *ctx, int level, const char *line)
{
    struct cell_world *w = ctx;
    size_t at = strlen(w->log);

    snprintf(w->log + at, sizeof w->log - at, "%d %s\n", level, line);
    w->lines++;
}

static int64_t now_ms(void *ctx)
{
    return 1700000000000 + ((struct cell_world *)ctx)->mono;
}

static int64_t mono_ms(void *ctx)
{
    return ((struct cell_world *)ctx)->mono;
}

static const char *option(void *ctx, const char *name)
{
    const struct cell_world *w = ctx;

    for (size_t i = 0; w->option[i][0]; i++)
        if (strcmp(w->option[i][0], name) == 0)
            return w->option[i][1];
    return NULL;
}

static int kv_get(void *ctx, const char *key, void *buf, uint32_t cap)
{
    struct cell_world *w = ctx;

    for (unsigned i = 0; i < w->n_kv; i++)
        if (strcmp(w->kv[i].key, key) == 0) {
            memcpy(buf, w->kv[i].value, w->kv[i].len < cap ? w->kv[i].len : cap);
            return (int)w->kv[i].len;
        }
    return 0;
}

static int kv_put(void *ctx, const char *key, const void *buf, uint32_t len)
{
    struct cell_world *w = ctx;
    unsigned i = 0;

    while (i < w->n_kv && strcmp(w->kv[i].key, key) != 0)
        i++;
    if (i == COUNT(w->kv))
        return KIRI_ENOMEM;
    w->n_kv += i == w->n_kv;
    snprintf(w->kv[i].key, sizeof w->kv[i].key, "%s", key);
    memcpy(w->kv[i].value, buf, len);
    w->kv[i].len = len;
    return KIRI_OK;
}

static int publish(void *ctx, const char *name, const void *body, uint32_t len)
{
    (void)name, (void)body, (void)len;
    ((struct cell_world *)ctx)->notes++;
    return KIRI_OK;
}

static int peer(void *ctx, uint32_t i, const char **name,
                const struct kiri_schema **schema)
{
    (void)ctx, (void)i, (void)name, (void)schema;
    return KIRI_NONE;
}

void cell_world_init(struct cell_world *w)
{
    *w = (struct cell_world){ .table = { .abi = KIRI_ABI,
                                         .size = sizeof w->table,
                                         .ctx = w,
                                         .log = say,
                                         .now_ms = now_ms,
                                         .mono_ms = mono_ms,
                                         .option = option,
                                         .kv_get = kv_get,
                                         .kv_put = kv_put,
                                         .publish = publish,
                                         .peer = peer },
                              .mono = 1000000 };
}

void cell_world_options(struct cell_world *w, ...)
{
    const char *name;
    size_t n = 0;
    va_list ap;

    va_start(ap, w);
    while ((name = va_arg(ap, const char *))) {
        assert_true(n + 1 < COUNT(w->option));
        w->option[n][0] = name;
        w->option[n++][1] = va_arg(ap, const char *);
    }
    va_end(ap);
}
