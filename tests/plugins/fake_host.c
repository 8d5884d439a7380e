#include "fake_host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void take_line(void *ctx, int level, const char *line)
{
    struct fake_host *f = ctx;

    (void)level;
    f->lines++;
    snprintf(f->line, sizeof f->line, "%s", line);
}

static int64_t now(void *ctx)
{
    const struct fake_host *f = ctx;

    return f->now_ms;
}

static int64_t mono(void *ctx)
{
    const struct fake_host *f = ctx;

    return f->mono_ms;
}

static const char *option(void *ctx, const char *name)
{
    const struct fake_host *f = ctx;

    for (int i = 0; i < FAKE_OPTIONS && f->given[i].name; i++)
        if (strcmp(f->given[i].name, name) == 0)
            return f->given[i].value;
    for (const struct kiri_option *o = f->declared; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return o->fallback;
    return NULL;
}

static int kv_get(void *ctx, const char *key, void *buf, uint32_t cap)
{
    (void)ctx, (void)key, (void)buf, (void)cap;
    return 0;
}

static int kv_put(void *ctx, const char *key, const void *buf, uint32_t len)
{
    (void)ctx, (void)key, (void)buf, (void)len;
    return KIRI_OK;
}

static int publish(void *ctx, const char *name, const void *body, uint32_t len)
{
    (void)ctx, (void)name, (void)body, (void)len;
    return KIRI_OK;
}

static int peer(void *ctx, uint32_t i, const char **name,
                const struct kiri_schema **schema)
{
    (void)ctx, (void)i, (void)name, (void)schema;
    return KIRI_NONE;
}

void fake_host_init(struct fake_host *f, const struct kiri_option *declared)
{
    memset(f, 0, sizeof *f);
    f->declared = declared;
    f->now_ms = 1763679600000;
    f->mono_ms = 1000;
    f->host = (struct kiri_host){ .abi = KIRI_ABI,
                                  .size = sizeof f->host,
                                  .ctx = f,
                                  .log = take_line,
                                  .now_ms = now,
                                  .mono_ms = mono,
                                  .option = option,
                                  .kv_get = kv_get,
                                  .kv_put = kv_put,
                                  .publish = publish,
                                  .peer = peer };
}

void fake_host_set(struct fake_host *f, const char *name, const char *value)
{
    int i = 0;

    while (i < FAKE_OPTIONS - 1 && f->given[i].name &&
           strcmp(f->given[i].name, name) != 0)
        i++;
    f->given[i].name = name;
    f->given[i].value = value;
}

int fake_host_collect(struct fake_host *f, const struct kiri_atom *atom, void *self,
                      union kiri_value v[KIRI_MAX_FIELDS])
{
    const struct kiri_schema *s = atom->schema(self);
    struct kiri_obs obs = {
        .size = sizeof obs, .n = s->n_fields, .time_ms = f->now_ms, .v = v
    };

    kiri_missing(s, v);
    return atom->collect(self, &obs);
}

const struct kiri_atom *load_atom(const char *path)
{
    void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct kiri_atom *atom = so ? dlsym(so, "kiri_atom") : NULL;

    if (!atom)
        fprintf(stderr, "%s\n", dlerror());
    return atom;
}
