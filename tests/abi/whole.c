/*
 * whole - an atom that uses all of the contract, the same with every header. What its
 * rows say, abi.h expects. With tomorrow's header it also fills and asks for what came
 * later.
 */
#include <kiri/atom.h>

#include <stdlib.h>
#include <string.h>

#ifdef KIRI_TOMORROW
#define LATER      .later = { 1, 2, 3 },
#define LATER_TEXT .later = "later",
#else
#define LATER
#define LATER_TEXT
#endif

static const char *const moods[] = { "calm", "wild", NULL };
static const char *const verbs[] = { "ok", "alert", NULL };
static const struct kiri_field fields[] = {
    { .name = "count",
      .symbol = "N",
      .unit = "times",
      .help = "Collects so far, over all lives.",
      .kind = KIRI_NUMBER,
      .scale = KIRI_LINEAR,
      .buckets = 10,
      .lo = 0,
      .hi = 100,
      LATER },
    { .name = "size",
      .kind = KIRI_NUMBER,
      .scale = KIRI_LOG,
      .buckets = 5,
      .lo = 1,
      .hi = 1e5,
      LATER },
    { .name = "half", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, LATER },
    { .name = "mood",
      .kind = KIRI_CHOICE,
      .flags = KIRI_ALWAYS | KIRI_CONTEXT,
      .choices = moods,
      LATER },
    { .name = "name", .kind = KIRI_TEXT, .max_len = 16, LATER },
    { .name = "said", .kind = KIRI_WORDS, .max_len = 4, LATER },
    { .name = "hour", .kind = KIRI_HOUR, .flags = KIRI_SPOKEN, .buckets = 6, LATER },
    { .name = "weekday", .kind = KIRI_WEEKDAY, LATER },
    { .name = "verb",
      .kind = KIRI_CHOICE,
      .flags = KIRI_DECIDED,
      .choices = verbs,
      LATER },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = sizeof fields / sizeof *fields,
                                           .fields = fields,
                                           .period_ms = 250,
                                           .context = 3,
                                           .aggregate = KIRI_ROW };

static const struct kiri_option options[] = {
    { "text", KIRI_OPT_TEXT, "a text", NULL, "A text.", LATER_TEXT },
    { "number", KIRI_OPT_NUMBER, "0.5", "0..1", "A number.", LATER_TEXT },
    { "integer", KIRI_OPT_INTEGER, "7", "1..64", "A whole number.", LATER_TEXT },
    { "bool", KIRI_OPT_BOOL, "true", NULL, "Yes or no.", LATER_TEXT },
    { "choice", KIRI_OPT_CHOICE, "one", "one|two", "One of two.", LATER_TEXT },
    { "duration", KIRI_OPT_DURATION, "5s", "1s..1d", "A while.", LATER_TEXT },
    { "path", KIRI_OPT_PATH, "/proc", NULL, "A path.", LATER_TEXT },
    { "paths", KIRI_OPT_PATHS, "", NULL, "Some paths.", LATER_TEXT },
    { "url", KIRI_OPT_URL, "http://localhost", NULL, "A place.", LATER_TEXT },
    { .name = NULL },
};

struct whole {
    const struct kiri_host *host;
    uint32_t count;
    char name[16];
    const char *said[2];
};

static int whole_open(const struct kiri_host *host, void **self)
{
    struct whole *w = calloc(1, sizeof *w);

    if (!w)
        return KIRI_ENOMEM;
    *self = w;
    w->host = host;
    w->said[0] = "half";
    w->said[1] = host->option(host->ctx, "choice");
    if (host->kv_get(host->ctx, "count", &w->count, sizeof w->count) != sizeof w->count)
        w->count = 0;
    kiri_logf(host, KIRI_INFO, "open after %u", w->count);
    return KIRI_OK;
}

static void whole_close(void *self)
{
    free(self);
}

static const struct kiri_schema *whole_schema(void *self)
{
    (void)self;
    return &schema;
}

static int whole_collect(void *self, struct kiri_obs *out)
{
    struct whole *w = self;
    const struct kiri_host *h = w->host;

#ifdef KIRI_TOMORROW
    if (KIRI_HAS(h, later))
        h->later(h->ctx); /* no host of today has it: calling it would crash */
    if (out->size >= sizeof *out)
        out->later = "later";
#endif
    w->count++;
    if (h->kv_put(h->ctx, "count", &w->count, sizeof w->count) != KIRI_OK)
        return KIRI_EIO;
    if (KIRI_HAS(h, publish) && h->publish(h->ctx, "counted", "one more", 8) != KIRI_OK)
        return KIRI_EIO;
    snprintf(w->name, sizeof w->name, "row %u", w->count);
    out->label = w->name;
    out->time_ms = h->now_ms(h->ctx);
    out->v[0].num = w->count;
    out->v[1].num = w->count * 10;
    out->v[2].num = w->count / 2.0;
    out->v[3].choice = (int32_t)(w->count % 2);
    out->v[4].text.ptr = w->name;
    out->v[4].text.len = (uint32_t)strlen(w->name);
    out->v[5].words.ptr = w->said;
    out->v[5].words.n = 2;
    return w->count % 3 ? KIRI_OK : KIRI_MORE;
}

static int whole_fd(void *self)
{
    (void)self;
    return -1;
}

static int whole_hear(void *self, const struct kiri_event *event)
{
    struct whole *w = self;

    if (event->size < offsetof(struct kiri_event, result) || event->kind != KIRI_SCORED)
        return KIRI_EBUG;
    w->count += (uint32_t)event->id;
    return KIRI_OK;
}

static int whole_decide(void *self, const struct kiri_choice *c, uint32_t n,
                        struct kiri_action *out)
{
    (void)self;
    if (n != 2 || strcmp(c[1].word, "alert") != 0)
        return KIRI_NONE;
    out->verb = KIRI_ALERT;
    out->target = c[0].field;
    out->reason = c[1].field;
    return KIRI_OK;
}

static int whole_lessons(void *self, struct kiri_lesson *out)
{
    const struct whole *w = self;

    out->weight = 4;
    out->v[0].num = w->count;
    return KIRI_OK;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,           .name = "whole",
    .version = "1.0",         .help = "Uses all of the contract.",
    .options = options,       .open = whole_open,
    .close = whole_close,     .schema = whole_schema,
    .collect = whole_collect, .fd = whole_fd,
    .hear = whole_hear,       .decide = whole_decide,
    .lessons = whole_lessons,
};
