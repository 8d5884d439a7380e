/*
 * good.c - a tiny atom that does everything right: it counts its collects.
 *
 * Built three times: as it is; with -DGOOD_NARROW as an older maker would have (structs
 * end earlier); with -DGOOD_WIDE as a newer one will (structs go on).
 */
#include <kiri/atom.h>

#include <stdlib.h>

#ifdef GOOD_NARROW
struct field {
    const char *name, *symbol, *unit, *help;
    uint32_t kind, flags, scale, buckets;
    double lo, hi;
};
struct schema {
    uint32_t size, n_fields;
    const void *fields;
    uint32_t period_ms;
};
#define VTABLE_SIZE offsetof(struct kiri_atom, tokenize)
#else
struct field {
    const char *name, *symbol, *unit, *help;
    uint32_t kind, flags, scale, buckets;
    double lo, hi;
    uint32_t max_len;
    const char *const *choices;
#ifdef GOOD_WIDE
    double later[3];
#endif
};
struct schema {
    uint32_t size, n_fields;
    const void *fields;
    uint32_t period_ms, context, aggregate;
#ifdef GOOD_WIDE
    uint32_t later[5];
#endif
};
#define VTABLE_SIZE sizeof(struct vtable)
#endif

struct option {
    const char *name;
    uint32_t type;
    const char *fallback, *range, *help;
#ifdef GOOD_WIDE
    const char *later;
#endif
};

struct vtable {
    struct kiri_atom known;
#ifdef GOOD_WIDE
    int (*later)(void *self);
#endif
};

#ifdef GOOD_WIDE
#define LATER      .later = { 1, 2, 3 },
#define LATER_TEXT .later = "later",
#else
#define LATER
#define LATER_TEXT
#endif

static const struct field fields[] = {
    { .name = "count",
      .symbol = "N",
      .unit = "times",
      .help = "Collects so far.",
      .kind = KIRI_NUMBER,
      .scale = KIRI_LINEAR,
      .buckets = 10,
      .lo = 0,
      .hi = 100,
      LATER },
#ifndef GOOD_NARROW
    { .name = "mood",
      .kind = KIRI_CHOICE,
      .flags = KIRI_ALWAYS,
      .choices = (const char *const[]){ "calm", "wild", NULL },
      LATER },
#endif
    { .name = "half", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, LATER },
};

static const struct schema schema = { .size = sizeof schema,
                                      .n_fields = sizeof fields / sizeof *fields,
                                      .fields = fields,
                                      .period_ms = 250,
#ifndef GOOD_NARROW
                                      .context = 3
#endif
};

static const struct option options[] = {
    { .name = "start",
      .type = KIRI_OPT_INTEGER,
      .fallback = "0",
      .range = "0..50",
      .help = "Where it begins to count.",
      LATER_TEXT },
    { .name = "pause",
      .type = KIRI_OPT_DURATION,
      .fallback = "5s",
      .range = "1s..1d",
      LATER_TEXT },
    { .name = "needed", .type = KIRI_OPT_TEXT, .help = "Something.", LATER_TEXT },
    { .name = NULL },
};

struct good {
    double count;
};

static int good_open(const struct kiri_host *host, void **self)
{
    (void)host;
    *self = calloc(1, sizeof(struct good));
    return *self ? KIRI_OK : KIRI_ENOMEM;
}

static void good_close(void *self)
{
    free(self);
}

static const struct kiri_schema *good_schema(void *self)
{
    const void *mine = &schema;

    (void)self;
    return mine;
}

static int good_collect(void *self, struct kiri_obs *out)
{
    struct good *g = self;

    out->v[0].num = ++g->count;
    return KIRI_OK;
}

/* Under the name that the host looks for, in a struct that may be another. */
KIRI_EXPORT extern const struct vtable good_vtable __asm__("kiri_atom");
const struct vtable good_vtable = {
    .known = { .abi = KIRI_ABI,
               .size = VTABLE_SIZE,
               .field_size = sizeof(struct field),
               .option_size = sizeof(struct option),
               .obs_size = sizeof(struct kiri_obs),
               .action_size = sizeof(struct kiri_action),
               .event_size = sizeof(struct kiri_event),
               .choice_size = sizeof(struct kiri_choice),
               .lesson_size = sizeof(struct kiri_lesson),
               .name = "good",
               .version = "1.0",
               .help = "Counts.",
               .options = (const void *)options,
               .open = good_open,
               .close = good_close,
               .schema = good_schema,
               .collect = good_collect },
};
