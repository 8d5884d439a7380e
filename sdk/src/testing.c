/* testing.c - the host of kiri/testing.h: its services, and what it holds an atom to. */
#include <kiri/testing.h>

#include <kiri/wire.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEHIND 0xa5u /* each byte of what lies behind the values of a row */

void kiri_test_broken(struct kiri_test *t, const char *fmt, ...)
{
    va_list ap;

    t->broken++;
    fprintf(stderr, "%s: ", t->atom->name ? t->atom->name : "an atom without a name");
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

/* ---- services -------------------------------------------------------------------- */

static void take_line(void *ctx, int level, const char *line)
{
    struct kiri_test *t = ctx;

    t->lines++;
    t->level = level;
    snprintf(t->line, sizeof t->line, "%s", line);
    if (level < KIRI_ERROR || level > KIRI_DEBUG)
        kiri_test_broken(t, "log: level %d is not known", level);
    if (strchr(line, '\n'))
        kiri_test_broken(t, "log: a line has no newline in it: %s", line);
}

static int64_t now(void *ctx)
{
    return ((const struct kiri_test *)ctx)->now_ms;
}

static int64_t mono(void *ctx)
{
    return ((const struct kiri_test *)ctx)->mono_ms;
}

static const struct kiri_option *declared(const struct kiri_test *t, const char *name)
{
    const struct kiri_option *o = t->atom->options;

    while (o && o->name && strcmp(o->name, name) != 0)
        o++;
    return o && o->name ? o : NULL;
}

static const char *option(void *ctx, const char *name)
{
    struct kiri_test *t = ctx;
    const struct kiri_option *o = declared(t, name);

    if (!o) {
        kiri_test_broken(t, "it asks for the option `%s`, which its table does not have",
                         name);
        return NULL;
    }
    for (uint32_t i = 0; i < t->n_options; i++)
        if (strcmp(t->option[i].name, name) == 0)
            return t->option[i].value;
    if (!o->fallback)
        kiri_test_broken(t, "the option `%s` is required: kiri_test_option() sets it",
                         name);
    return o->fallback;
}

static struct kiri_test_pair *find(struct kiri_test *t, const char *key)
{
    for (uint32_t i = 0; i < t->n_pairs; i++)
        if (strcmp(t->pair[i].key, key) == 0)
            return &t->pair[i];
    return NULL;
}

static int kv_get(void *ctx, const char *key, void *buf, uint32_t cap)
{
    const struct kiri_test_pair *p = find(ctx, key);

    if (!p)
        return 0;
    if (cap && p->len)
        memcpy(buf, p->value, cap < p->len ? cap : p->len);
    return (int)p->len;
}

static int kv_put(void *ctx, const char *key, const void *buf, uint32_t len)
{
    struct kiri_test *t = ctx;
    struct kiri_test_pair *p = find(t, key);

    if (len > sizeof p->value || !*key || strlen(key) >= sizeof p->key)
        return KIRI_EBUG;
    if (t->puts_left == 0 || (!p && t->n_pairs == KIRI_TEST_KEYS))
        return KIRI_ENOMEM;
    t->puts_left -= t->puts_left > 0;
    if (!p) {
        p = &t->pair[t->n_pairs++];
        snprintf(p->key, sizeof p->key, "%s", key);
    }
    if (len)
        memcpy(p->value, buf, len);
    p->len = len;
    return KIRI_OK;
}

static int publish(void *ctx, const char *name, const void *body, uint32_t len)
{
    struct kiri_test *t = ctx;

    if (!kiri_name_ok(name) || len > KIRI_TEST_VALUE) {
        kiri_test_broken(t,
                         "publish: a note has a name like `a-z0-9-` and at most %u "
                         "bytes",
                         KIRI_TEST_VALUE);
        return KIRI_EBUG;
    }
    t->notes++;
    snprintf(t->note, sizeof t->note, "%s", name);
    if (len)
        memcpy(t->body, body, len);
    t->body[len] = '\0';
    return KIRI_OK;
}

static int peer(void *ctx, uint32_t i, const char **name,
                const struct kiri_schema **schema)
{
    (void)ctx, (void)i, (void)name, (void)schema;
    return KIRI_NONE;
}

void kiri_test_init(struct kiri_test *t, const struct kiri_atom *atom)
{
    memset(t, 0, sizeof *t);
    t->atom = atom;
    t->now_ms = 1763679600000; /* 20 November 2025, 23:00 UTC */
    t->mono_ms = 1000;
    t->puts_left = -1;
    t->host = (struct kiri_host){ .abi = KIRI_ABI,
                                  .size = sizeof t->host,
                                  .ctx = t,
                                  .log = take_line,
                                  .now_ms = now,
                                  .mono_ms = mono,
                                  .option = option,
                                  .kv_get = kv_get,
                                  .kv_put = kv_put,
                                  .publish = publish,
                                  .peer = peer };
}

struct kiri_test *kiri_test_new(const struct kiri_atom *atom)
{
    struct kiri_test *t = malloc(sizeof *t);

    if (!t) {
        fprintf(stderr, "memory is short\n");
        exit(1);
    }
    kiri_test_init(t, atom);
    return t;
}

void kiri_test_option(struct kiri_test *t, const char *name, const char *value)
{
    uint32_t i = 0;

    if (!declared(t, name))
        kiri_test_broken(t, "there is no option `%s`", name);
    while (i < t->n_options && strcmp(t->option[i].name, name) != 0)
        i++;
    if (i == KIRI_TEST_OPTIONS) {
        kiri_test_broken(t, "more than %d options", KIRI_TEST_OPTIONS);
        return;
    }
    t->option[i].name = name;
    t->option[i].value = value;
    if (i == t->n_options)
        t->n_options++;
}

/* ---- what the atom answers ------------------------------------------------------- */

static int status_ok(int rc)
{
    return rc >= KIRI_EBUG && rc <= KIRI_NONE;
}

int kiri_test_open(struct kiri_test *t)
{
    const struct kiri_atom *a = t->atom;
    char why[200];

    kiri_test_close(t);
    if (a->abi != KIRI_ABI || a->size != sizeof *a || !a->open || !a->close ||
        !a->schema || !a->collect) {
        kiri_test_broken(t, "its vtable begins with KIRI_ATOM_INIT and has open, close, "
                            "schema and collect");
        return KIRI_EBUG;
    }
    int rc = a->open(&t->host, &t->self);
    if (rc > KIRI_OK || rc < KIRI_EBUG)
        kiri_test_broken(t, "open returned %d: KIRI_OK or an error is possible", rc);
    if (rc != KIRI_OK) {
        a->close(t->self); /* as the host does, whatever open() left behind */
        t->self = NULL;
        return rc;
    }
    t->schema = a->schema(t->self);
    if (kiri_schema_check(t->schema, why, sizeof why) == 0) {
        t->hash = kiri_schema_hash(t->schema);
        kiri_missing(t->schema, t->v);
        return KIRI_OK;
    }
    kiri_test_broken(t, "its schema is not valid: %s", why);
    t->schema = NULL;
    a->close(t->self);
    t->self = NULL;
    return KIRI_EBUG;
}

static void hold_value(struct kiri_test *t, const struct kiri_field *f,
                       const union kiri_value *v)
{
    int32_t n = 0;

    if ((f->flags & KIRI_ALWAYS) && f->kind <= KIRI_WORDS && kiri_is_missing(f, v))
        kiri_test_broken(t, "%s is missing, but ALWAYS", f->name);
    switch (f->kind) {
    case KIRI_NUMBER:
        if (isinf(v->num))
            kiri_test_broken(t, "%s is infinite: NaN says that it is missing", f->name);
        break;
    case KIRI_CHOICE:
        while (f->choices[n])
            n++;
        if (v->choice < -1 || v->choice >= n)
            kiri_test_broken(t, "%s is %d: its choices are 0..%d, -1 is missing", f->name,
                             v->choice, n - 1);
        break;
    case KIRI_HOUR:
    case KIRI_WEEKDAY:
        if (v->choice != -1)
            kiri_test_broken(t, "%s is filled in by the host, not by the atom", f->name);
        break;
    default: break;
    }
}

/* What the host owns in a row, and what lies behind it, must be as it was. */
static void hold_row(struct kiri_test *t)
{
    const struct kiri_schema *s = t->schema;
    const unsigned char *behind = (const unsigned char *)&t->v[s->n_fields];

    if (t->row.n != s->n_fields || t->row.v != t->v || t->row.size != sizeof t->row)
        kiri_test_broken(t, "collect changed size, n or v of the row");
    for (size_t i = 0; i < sizeof *t->v; i++)
        if (behind[i] != BEHIND) {
            kiri_test_broken(t, "collect wrote behind its %u values", s->n_fields);
            break;
        }
    for (uint32_t i = 0; i < s->n_fields; i++)
        hold_value(t, &s->fields[i], &t->v[i]);
}

int kiri_test_collect(struct kiri_test *t)
{
    if (!t->schema) {
        kiri_test_broken(t, "kiri_test_collect: it is not open");
        return KIRI_EBUG;
    }
    uint32_t n = t->schema->n_fields;
    t->row = (struct kiri_obs){
        .size = sizeof t->row, .n = n, .time_ms = t->now_ms, .v = t->v, .cause = t->cause
    };
    kiri_missing(t->schema, t->v);
    memset(&t->v[n], BEHIND, sizeof *t->v);
    int rc = t->atom->collect(t->self, &t->row);
    if (!status_ok(rc))
        kiri_test_broken(t, "collect returned %d, which is no kiri_status", rc);
    if (t->atom->schema(t->self) != t->schema || kiri_schema_hash(t->schema) != t->hash)
        kiri_test_broken(t, "its schema is another one after collect");
    if (rc == KIRI_OK || rc == KIRI_MORE) {
        t->rows++;
        hold_row(t);
    }
    return rc;
}

const union kiri_value *kiri_test_value(struct kiri_test *t, const char *field)
{
    const struct kiri_schema *s = t->schema;

    for (uint32_t i = 0; s && i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, field) == 0)
            return &t->v[i];
    kiri_test_broken(t, "there is no field `%s`, or it is not open", field);
    t->v[KIRI_MAX_FIELDS].num = NAN;
    return &t->v[KIRI_MAX_FIELDS];
}

double kiri_test_number(struct kiri_test *t, const char *field)
{
    return kiri_test_value(t, field)->num;
}

void kiri_test_close(struct kiri_test *t)
{
    if (t->schema)
        t->atom->close(t->self);
    t->schema = NULL;
    t->self = NULL;
}

int kiri_test_done(struct kiri_test *t)
{
    int broken = t->broken > 0;

    kiri_test_close(t);
    t->atom->close(NULL); /* must be fine */
    if (broken)
        printf("%s: %u not as it should be\n", t->atom->name, t->broken);
    else
        printf("%s: all as it should be, in %u rows\n", t->atom->name, t->rows);
    free(t);
    return broken;
}
