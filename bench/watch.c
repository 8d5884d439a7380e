#include "bench/watch.h"

#include "detect/detect.h"

#include <stdlib.h>

#define MINUTE 60000

struct watch {
    struct kiri_field field;
    struct kiri_schema schema;
    struct stream *stream;
    struct verdict verdict;
    uint64_t row;
};

struct watch *watch_new(uint64_t seed, double per_row)
{
    const struct stream_options o = { .seed = seed,
                                      .warmup = DETECT_WARMUP,
                                      .alarm_rate = per_row };
    struct watch *w = malloc(sizeof *w);
    char why[256];

    if (!w)
        return NULL;
    *w = (struct watch){
        .field = { .name = "value",
                   .kind = KIRI_NUMBER,
                   .scale = KIRI_LEARNED,
                   .flags = KIRI_ALWAYS },
        .schema = { .size = sizeof w->schema, .n_fields = 1, .period_ms = MINUTE }
    };
    w->schema.fields = &w->field;
    w->stream = stream_new(&w->schema, &o, why, sizeof why);
    if (w->stream)
        return w;
    free(w);
    return NULL;
}

void watch_free(struct watch *w)
{
    if (w)
        stream_free(w->stream);
    free(w);
}

const struct verdict *watch_push(struct watch *w, double x)
{
    const union kiri_value value = { .num = x };
    const struct stream_row row = { .id = w->row + 1,
                                    .ts = (int64_t)w->row * MINUTE,
                                    .v = &value };
    struct stream_lesson lesson;

    w->row++;
    if (stream_due(w->stream) != STREAM_NOTHING &&
        stream_learn(w->stream, NULL, NULL, NULL, &lesson))
        return NULL;
    return stream_push(w->stream, &row, &w->verdict) ? NULL : &w->verdict;
}
