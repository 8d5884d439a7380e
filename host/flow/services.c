#include "flow/services.h"

#include "base/json.h"
#include "flow/instance.h"
#include "store/reader.h"

#include <kiri/wire.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_A_SECOND 10
#define FLUSH_MS       2000
#define NOTE_MOST      4096u

static void say(void *ctx, int level, const char *line)
{
    struct services *s = ctx;
    unsigned held;

    if (level < KIRI_ERROR || level > KIRI_DEBUG)
        level = KIRI_INFO;
    pthread_mutex_lock(&s->gate_lock);
    int open = log_gate_open(&s->gate, clock_mono(s->flow->clock), LINES_A_SECOND, &held);
    pthread_mutex_unlock(&s->gate_lock);
    if (!open)
        return;
    if (held)
        log_line((enum log_level)level, "%s: (%u more lines)", s->name, held);
    log_line((enum log_level)level, "%s: %s", s->name, line);
}

static int64_t now_ms(void *ctx)
{
    return clock_now(((struct services *)ctx)->flow->clock);
}

static int64_t mono_ms(void *ctx)
{
    return clock_mono(((struct services *)ctx)->flow->clock);
}

static const char *option(void *ctx, const char *name)
{
    const struct services *s = ctx;

    for (uint32_t i = 0; s->options && s->options[i].name; i++)
        if (strcmp(s->options[i].name, name) == 0)
            return s->options[i].value;
    return NULL;
}

static struct service_pair *find(struct services *s, const char *key)
{
    for (uint32_t i = 0; i < s->n_kv; i++)
        if (strcmp(s->kv[i].key, key) == 0)
            return &s->kv[i];
    return NULL;
}

static int kv_get(void *ctx, const char *key, void *buf, uint32_t cap)
{
    const struct service_pair *p = find(ctx, key);

    if (!p)
        return 0;
    if (cap && p->len)
        memcpy(buf, p->value, cap < p->len ? cap : p->len);
    return (int)p->len;
}

/* A new value beside the old one, then the change: a failure leaves what was. */
static int put(struct services *s, const char *key, const void *value, size_t len,
               int dirty)
{
    struct service_pair *p = find(s, key);
    void *copy;

    if (len > SERVICES_VALUE || !*key || strlen(key) >= sizeof p->key)
        return KIRI_EBUG;
    if (!p && s->n_kv == SERVICES_KEYS)
        return KIRI_ENOMEM;
    copy = malloc(len ? len : 1);
    if (!copy)
        return KIRI_ENOMEM;
    if (len)
        memcpy(copy, value, len);
    if (!p) {
        p = &s->kv[s->n_kv++];
        snprintf(p->key, sizeof p->key, "%s", key);
    }
    free(p->value);
    p->value = copy;
    p->len = (uint32_t)len;
    p->dirty = dirty;
    return KIRI_OK;
}

static int kv_put(void *ctx, const char *key, const void *buf, uint32_t len)
{
    return put(ctx, key, buf, len, 1);
}

/* ---- notes: any thread, so they travel as messages ------------------------------- */

struct note {
    struct flow_message message;
    struct flow *flow;
    char topic[KIRI_TOPIC_MAX + 1];
    struct buf members;
};

static void deliver_note(struct flow_message *m)
{
    struct note *n = (struct note *)m;

    if (n->flow->bus)
        publish_message(n->flow, n->topic, clock_now(n->flow->clock), &n->members);
    buf_free(&n->members);
    free(n);
}

static int publish(void *ctx, const char *name, const void *body, uint32_t len)
{
    struct services *s = ctx;
    struct note *n;

    if (!kiri_name_ok(name) || len > NOTE_MOST)
        return KIRI_EBUG;
    if (!s->flow->bus)
        return KIRI_OK; /* nobody listens */
    n = calloc(1, sizeof *n);
    if (!n)
        return KIRI_ENOMEM;
    n->message.deliver = deliver_note;
    n->flow = s->flow;
    snprintf(n->topic, sizeof n->topic, "note/%s/%s", s->name, name);
    struct jsonw j = jsonw_into(&n->members);
    buf_puts(&n->members, "\"body\":");
    jsonw_bytes(&j, body, len);
    flow_post(s->flow, &n->message);
    return KIRI_OK;
}

static int peer(void *ctx, uint32_t i, const char **name,
                const struct kiri_schema **schema)
{
    (void)ctx, (void)i, (void)name, (void)schema;
    return KIRI_NONE; /* this molecule lets no atom hear another */
}

/* ---- life ------------------------------------------------------------------------ */

static int load_key(void *ctx, const char *key, const void *value, size_t len)
{
    return put(ctx, key, value, len, 0) == KIRI_ENOMEM;
}

/* Is there a value, the file's or the fallback? */
static int has_value(const struct conf_atom *c, const struct kiri_option *o)
{
    for (uint32_t i = 0; i < c->n_options; i++)
        if (strcmp(c->options[i].name, o->name) == 0)
            return c->options[i].value || c->options[i].list;
    return o->fallback != NULL;
}

static int load_options(struct services *s, const struct conf_atom *c,
                        const struct kiri_option *table)
{
    uint32_t n = 0;

    while (table && table[n].name)
        n++;
    s->options = calloc(n + 1, sizeof *s->options);
    if (!s->options)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        s->options[i].name = table[i].name;
        s->options[i].value = conf_option_value(c, table, table[i].name);
        if (!s->options[i].value && has_value(c, &table[i]))
            return -1;
    }
    return 0;
}

int services_init(struct services *s, struct flow *f, const char *name,
                  const struct conf_atom *c, const struct kiri_option *table)
{
    *s = (struct services){ .flow = f, .name = name };
    s->table = (struct kiri_host){
        .abi = KIRI_ABI,
        .size = sizeof s->table,
        .ctx = s,
        .log = say,
        .now_ms = now_ms,
        .mono_ms = mono_ms,
        .option = option,
        .kv_get = kv_get,
        .kv_put = kv_put,
        .publish = publish,
        .peer = peer,
    };
    pthread_mutex_init(&s->gate_lock, NULL);
    if (load_options(s, c, table)) {
        services_fini(s);
        return -1;
    }
    return 0;
}

void services_inherit(struct services *s, struct services *before)
{
    memcpy(s->kv, before->kv, sizeof s->kv);
    s->n_kv = before->n_kv;
    s->loaded = before->loaded;
    before->n_kv = 0;
}

int services_load(struct services *s, struct kiri_error *err)
{
    struct store_reader *r;
    int rc;

    if (s->loaded)
        return 0;
    (void)store_flush(s->flow->store, FLUSH_MS); /* degraded: what is there is read */
    err->code = KIRI_FINE;
    r = store_reader_open(s->flow->state, err);
    rc = r ? store_reader_each_kv(r, s->name, load_key, s, err) : -1;
    store_reader_close(r);
    s->loaded = rc == 0 || err->code == KIRI_NO_INPUT; /* nothing was ever stored */
    return s->loaded ? 0 : -1;
}

void services_flush(struct services *s)
{
    for (uint32_t i = 0; i < s->n_kv; i++) {
        struct service_pair *p = &s->kv[i];
        if (!p->dirty)
            continue;
        store_put_kv(s->flow->store, s->name, p->key, p->value, p->len);
        p->dirty = 0;
    }
}

void services_fini(struct services *s)
{
    for (uint32_t i = 0; s->options && s->options[i].name; i++)
        free(s->options[i].value);
    free(s->options);
    for (uint32_t i = 0; i < s->n_kv; i++)
        free(s->kv[i].value);
    pthread_mutex_destroy(&s->gate_lock);
    *s = (struct services){ 0 };
}
