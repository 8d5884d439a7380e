/*
 * served.c - the host's services as this check gives them: time that the trial moves, the
 * options of the command line, small state with the real limits; and an ear for requests
 * that a host would have to refuse.
 */
#include "load/abuse/trial.h"

#include "base/clock.h"
#include "base/units.h"

#include <kiri/wire.h>

#include <stdio.h>
#include <string.h>

#define MOST_NOTE 4096u
#define MOST_LINE 1024u

/* Only from inside a callback of the same instance, by the thread that runs it. */
static void hold_place(struct served *s, const char *service)
{
    if (s->closed)
        trial_find(s->trial, "late-call", service,
                   "the host table lives until close() returns",
                   "it calls %s() after its close()", service);
    else if (!atomic_load(&s->inside) || !pthread_equal(s->caller, pthread_self()))
        trial_find(s->trial, "foreign-call", service,
                   "only log, now_ms, mono_ms and publish may be called from any thread",
                   "it calls %s() from a thread of its own", service);
}

static struct served *served_of(void *ctx)
{
    return ctx;
}

static void take_line(void *ctx, int level, const char *line)
{
    struct served *s = served_of(ctx);

    s->lines++;
    if (s->closed)
        hold_place(s, "log");
    if (level < KIRI_ERROR || level > KIRI_DEBUG)
        trial_find(s->trial, "level", "log", "use one of enum kiri_level",
                   "it logs at level %d", level);
    if (!line) {
        trial_find(s->trial, "null", "log", "hand over one finished line",
                   "it logs NULL");
        return;
    }
    snprintf(s->last_line, sizeof s->last_line, "%s", line);
    if (strnlen(line, MOST_LINE + 1) > MOST_LINE)
        trial_find(s->trial, "long-line", "log",
                   "kiri_logf() cuts at 1,023 bytes, which is enough for a person",
                   "it logs a line of more than %u bytes", MOST_LINE);
    else if (strpbrk(line, "\n\r"))
        trial_find(s->trial, "newline", "log", "log one line at a time, without its end",
                   "a line that it logs has a newline in it");
}

static int64_t now_ms(void *ctx)
{
    return served_of(ctx)->now;
}

static int64_t mono_ms(void *ctx)
{
    return served_of(ctx)->mono;
}

const char *served_setting(const struct trial *t, const char *name)
{
    size_t len = strlen(name);

    for (char **s = t->settings; *s; s++)
        if (strncmp(*s, name, len) == 0 && (*s)[len] == '=')
            return *s + len + 1;
    return NULL;
}

static void undeclared(struct served *s, const char *name)
{
    const struct kiri_option *table = s->trial->vtable.options;
    const char *names[VTABLE_MOST_OPTIONS], *near;
    size_t n = 0;

    for (; table[n].name; n++)
        names[n] = table[n].name;
    near = units_nearest(name, names, n);
    trial_find(s->trial, "undeclared", name, "add it to the table of options",
               "it asks for the option `%.40s`, which it does not declare%s%s%s", name,
               near ? " (did you mean `" : "", near ? near : "", near ? "`?)" : "");
}

static const char *option(void *ctx, const char *name)
{
    struct served *s = served_of(ctx);
    const char *value;

    hold_place(s, "option");
    if (!name)
        return NULL;
    if (s->option_name && strcmp(name, s->option_name) == 0)
        return s->option_value;
    value = served_setting(s->trial, name);
    if (!value)
        undeclared(s, name);
    return value;
}

/* ---- small state ---------------------------------------------------------------- */

static struct served_key *find_key(struct served *s, const char *key)
{
    for (uint32_t i = 0; i < s->n_kv; i++)
        if (strcmp(s->kv[i].key, key) == 0)
            return &s->kv[i];
    return NULL;
}

static int key_ok(struct served *s, const char *service, const char *key)
{
    if (key && *key && strnlen(key, 64) < 64)
        return 1;
    trial_find(s->trial, "key", service, "keys have 1..63 bytes",
               "it calls %s() with a key that is empty or too long", service);
    return 0;
}

static int kv_get(void *ctx, const char *key, void *buf, uint32_t cap)
{
    struct served *s = served_of(ctx);
    const struct served_key *k;

    hold_place(s, "kv_get");
    if (s->get_fails)
        return KIRI_EIO;
    if (!key_ok(s, "kv_get", key))
        return 0;
    k = find_key(s, key);
    if (!k) {
        if (s->n_asked < SERVED_ASKED)
            snprintf(s->asked[s->n_asked++], sizeof s->asked[0], "%s", key);
        return 0;
    }
    if (cap && k->len)
        memcpy(buf, k->value, cap < k->len ? cap : k->len);
    return (int)k->len;
}

static int kv_put(void *ctx, const char *key, const void *buf, uint32_t len)
{
    struct served *s = served_of(ctx);
    struct served_key *k;

    hold_place(s, "kv_put");
    if (s->put_fails)
        return KIRI_ENOMEM;
    if (!key_ok(s, "kv_put", key))
        return KIRI_EBUG;
    if (len > SERVED_VALUE) {
        trial_find(s->trial, "kv-value", "kv_put",
                   "4,096 bytes are possible: keep large things in a file of yours",
                   "it wants to keep %u bytes under the key `%s`", len, key);
        return KIRI_EBUG;
    }
    k = find_key(s, key);
    if (!k && s->n_kv == SERVED_KEYS) {
        trial_find(s->trial, "kv-keys", "kv_put",
                   "the host keeps 64 of an instance: use the same keys again",
                   "it wants to keep more than %u keys", SERVED_KEYS);
        return KIRI_ENOMEM;
    }
    if (!k) {
        k = &s->kv[s->n_kv++];
        snprintf(k->key, sizeof k->key, "%s", key);
    }
    k->len = len;
    if (len)
        memcpy(k->value, buf, len);
    return KIRI_OK;
}

static int publish(void *ctx, const char *name, const void *body, uint32_t len)
{
    struct served *s = served_of(ctx);

    if (s->closed)
        hold_place(s, "publish");
    if (s->publish_fails)
        return KIRI_ENOMEM;
    if (!name || !kiri_name_ok(name)) {
        trial_find(s->trial, "note-name", "publish",
                   "a-z, 0-9 and -, beginning with a letter, at most 32 bytes",
                   "it publishes a note whose name is not valid");
        return KIRI_EBUG;
    }
    if (len > MOST_NOTE) {
        trial_find(s->trial, "note-size", "publish", "4,096 bytes are possible",
                   "it publishes a note of %u bytes", len);
        return KIRI_EBUG;
    }
    if (len && !trial_readable(s->trial, body, len))
        trial_find(s->trial, "note-body", "publish", "hand over memory that is yours",
                   "it publishes a note that cannot be read");
    return KIRI_OK;
}

/* A meta-atom hears one atom. */
static int peer(void *ctx, uint32_t i, const char **name,
                const struct kiri_schema **schema)
{
    static const struct kiri_field fields[] = {
        { .name = "cpu", .symbol = "C", .kind = KIRI_NUMBER, .buckets = 10, .hi = 100 },
        { .name = "hour", .kind = KIRI_HOUR },
    };
    static const struct kiri_schema pulse = {
        .size = sizeof pulse, .n_fields = 2, .fields = fields, .period_ms = 5000
    };
    struct served *s = served_of(ctx);

    hold_place(s, "peer");
    if (i > 0 || !s->trial->vtable.atom.hear)
        return KIRI_NONE;
    *name = "pulse";
    *schema = &pulse;
    return KIRI_OK;
}

void served_init(struct served *s, struct trial *t)
{
    s->trial = t;
    s->now = clock_now(&clock_system);
    s->mono = clock_mono(&clock_system);
    s->table = (struct kiri_host){
        .abi = KIRI_ABI,
        .size = sizeof s->table,
        .ctx = s,
        .log = take_line,
        .now_ms = now_ms,
        .mono_ms = mono_ms,
        .option = option,
        .kv_get = kv_get,
        .kv_put = kv_put,
        .publish = publish,
        .peer = peer,
    };
}
