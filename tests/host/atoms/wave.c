/*
 * wave - the same rows at every start, with everything that a value may be: numbers of
 * all sizes, missing ones, infinity, words that do not exist, texts that are not UTF-8.
 * Option `speaks`: numbers, or text.
 */
#include <kiri/atom.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct wave {
    const struct kiri_schema *schema;
    uint64_t row;
    uint64_t random;
    char text[16], label[16];
};

static const char *const words[] = { "up", "down", "half way", NULL };
static const struct kiri_field numbers[] = {
    { .name = "level",
      .symbol = "L",
      .kind = KIRI_NUMBER,
      .buckets = 12,
      .lo = -2,
      .hi = 2 },
    { .name = "size",
      .symbol = "S",
      .kind = KIRI_NUMBER,
      .scale = KIRI_LOG,
      .buckets = 9,
      .lo = 1e-3,
      .hi = 1e6 },
    { .name = "net", .kind = KIRI_CHOICE, .choices = words },
    { .name = "hour", .kind = KIRI_HOUR },
};
static const struct kiri_schema number_schema = {
    .size = sizeof number_schema, .n_fields = 4, .fields = numbers, .period_ms = 10
};
static const struct kiri_field texts[] = {
    { .name = "name", .kind = KIRI_TEXT, .max_len = 8 },
};
static const struct kiri_schema text_schema = {
    .size = sizeof text_schema, .n_fields = 1, .fields = texts, .period_ms = 20
};

static int wave_open(const struct kiri_host *host, void **self)
{
    struct wave *w = calloc(1, sizeof *w);
    const char *speaks = host->option(host->ctx, "speaks");

    if (!w)
        return KIRI_ENOMEM;
    w->schema = strcmp(speaks, "text") == 0 ? &text_schema : &number_schema;
    *self = w;
    return KIRI_OK;
}

static void wave_close(void *self)
{
    free(self);
}

static const struct kiri_schema *wave_schema(void *self)
{
    return ((const struct wave *)self)->schema;
}

/* splitmix64 (Steele, Lea, Flood 2014), as a number in [0, 1). */
static double draw(struct wave *w)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void speak_numbers(struct wave *w, union kiri_value *v)
{
    static const double odd[] = { NAN, INFINITY, -INFINITY, -0.0, 5e-324, 1e300 };
    double at = (double)w->row * 0.07;

    v[0].num = sin(at) + 0.2 * draw(w);
    v[1].num = exp(3 * cos(at) + draw(w));
    v[2].choice = at - 6 * floor(at / 6) < 3 ? 0 : 1;
    if (w->row % 37 == 0)
        v[w->row % 2].num = odd[w->row / 37 % 6];
    if (w->row % 41 == 0)
        v[2].choice = w->row % 2 ? 7 : -1; /* a word that does not exist; missing */
}

static void speak_text(struct wave *w, union kiri_value *v)
{
    uint32_t len = 3 + (uint32_t)(w->row % 4);

    for (uint32_t i = 0; i < len; i++)
        w->text[i] = (char)('a' + (int)(draw(w) * 3));
    if (w->row % 11 == 0)
        w->text[1] = (char)0xff;
    v[0].text.ptr = w->text;
    v[0].text.len = w->row % 13 == 0 ? 12 : len; /* 12: longer than it may be */
    if (w->row % 17 == 0)
        v[0].text.ptr = NULL;
}

static int wave_collect(void *self, struct kiri_obs *out)
{
    struct wave *w = self;

    if (w->schema == &text_schema)
        speak_text(w, out->v);
    else
        speak_numbers(w, out->v);
    if (w->row % 5 == 0) {
        snprintf(w->label, sizeof w->label, "row %u", (unsigned)w->row);
        out->label = w->label;
    }
    w->row++;
    return KIRI_OK;
}

static const struct kiri_option options[] = {
    { "speaks", KIRI_OPT_CHOICE, "numbers", "numbers|text", "What it says." },
    { .name = NULL },
};

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,          .name = "wave",
    .version = "1.0",        .help = "The same rows at every start.",
    .options = options,      .open = wave_open,
    .close = wave_close,     .schema = wave_schema,
    .collect = wave_collect,
};
