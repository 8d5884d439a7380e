#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const up_down[] = { "down", "up", NULL };
static const struct kiri_field fields[] = {
    { .name = "a", .symbol = "A", .kind = KIRI_NUMBER, .buckets = 12, .lo = -4, .hi = 4 },
    { .name = "b", .symbol = "B", .kind = KIRI_NUMBER, .buckets = 12, .lo = -4, .hi = 4 },
    { .name = "c", .symbol = "C", .kind = KIRI_NUMBER, .buckets = 12, .lo = -4, .hi = 4 },
    { .name = "net", .kind = KIRI_CHOICE, .choices = up_down },
    { .name = "hour", .kind = KIRI_HOUR },
};
const struct kiri_schema world_schema = {
    .size = sizeof world_schema, .n_fields = 5, .fields = fields, .context = 4
};

struct world world_new(uint64_t seed)
{
    struct world w = { 0 };

    gpt_rng_seed(&w.rng, seed);
    return w;
}

struct stream_row world_next(struct world *w)
{
    w->level = 0.95 * w->level + 0.3 * gpt_rng_gauss(&w->rng);
    for (int i = 0; i < 3; i++)
        w->v[i].num = w->level + 0.2 * gpt_rng_gauss(&w->rng);
    w->v[3].choice = 1;
    w->v[4].choice = (int32_t)(w->id / 3600 % 24);
    w->id++;
    return (struct stream_row){ .id = w->id, .ts = (int64_t)w->id * 1000, .v = w->v };
}

struct stream *world_stream(uint32_t warmup, uint64_t seed)
{
    struct stream_options o = { .seed = seed, .warmup = warmup };
    char why[128] = "";
    struct stream *s = stream_new(&world_schema, &o, why, sizeof why);

    assert_non_null(s);
    return s;
}

void world_step(struct stream *s, struct world *w, struct verdict *out)
{
    struct stream_lesson lesson;
    struct stream_row row = world_next(w);

    if (stream_due(s))
        assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(stream_push(s, &row, out), 0);
}
