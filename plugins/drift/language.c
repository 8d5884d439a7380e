#include "language.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define DAY_MS       86400000u
#define HOUR_MS      3600000u

/*
 * A bucket holds what an ordinary day does by itself, so that the next one begins where a
 * person would say "more than usual": four tasks wide (as the published language has it),
 * three switches wide. That nothing was done has a word of its own; that nothing was
 * added is no creep.
 *
 * What is open is the sum of what was added and done: the model sees it after them, but
 * is not asked about it, or one long day would be judged twice.
 */
static const struct kiri_field default_fields[] = {
    [ADDED] = { .name = "added",
                .symbol = "A",
                .unit = "tasks",
                .kind = KIRI_NUMBER,
                .help = "Tasks that came on this day.",
                .buckets = 10,
                .lo = 0,
                .hi = 40 },
    [DONE] = { .name = "done",
               .symbol = "D",
               .unit = "tasks",
               .kind = KIRI_NUMBER,
               .help = "Tasks that were finished on it, and git commits.",
               .buckets = 10, /* 0, 1-4, 5-8, ... */
               .lo = -3.5,
               .hi = 36.5 },
    [SWITCHES] = { .name = "switches",
                   .symbol = "S",
                   .kind = KIRI_NUMBER,
                   .help = "How often the work went from one thing to another.",
                   .buckets = 10,
                   .lo = 0,
                   .hi = 30 },
    [OPEN] = { .name = "open",
               .symbol = "O",
               .unit = "tasks",
               .kind = KIRI_NUMBER,
               .help = "Tasks that were open when the day was over.",
               .flags = KIRI_CONTEXT,
               .buckets = 10,
               .lo = 0,
               .hi = 200 },
    [WEEKDAY] = { .name = "weekday",
                  .symbol = "W",
                  .kind = KIRI_WEEKDAY,
                  .help = "Day of the week." },
};

const struct kiri_schema drift_default = { .size = sizeof drift_default,
                                           .n_fields = COUNT(default_fields),
                                           .fields = default_fields,
                                           .period_ms = DAY_MS };

/* The published language: 27 words, no word for "missing". */
static const struct kiri_field classic_fields[] = {
    [ADDED] = { .name = "added",
                .symbol = "T",
                .unit = "tasks",
                .kind = KIRI_NUMBER,
                .help = "Tasks that came on this day so far.",
                .flags = KIRI_ALWAYS,
                .buckets = 5,
                .lo = 0,
                .hi = 20 },
    [DONE] = { .name = "done",
               .symbol = "C",
               .unit = "tasks",
               .kind = KIRI_NUMBER,
               .help = "Tasks that were finished on it so far, and git commits.",
               .flags = KIRI_ALWAYS,
               .buckets = 5,
               .lo = 0,
               .hi = 20 },
    [SWITCHES] = { .name = "switches",
                   .symbol = "S",
                   .kind = KIRI_NUMBER,
                   .help = "How often the work went from one thing to another so far.",
                   .flags = KIRI_ALWAYS,
                   .buckets = 5,
                   .lo = 0,
                   .hi = 10 },
    [OPEN] = { .name = "hour",
               .symbol = "H",
               .kind = KIRI_HOUR,
               .help = "Local hour of the day.",
               .flags = KIRI_ALWAYS | KIRI_SPOKEN,
               .buckets = 8 },
    [WEEKDAY] = { .name = "weekday",
                  .symbol = "W",
                  .kind = KIRI_WEEKDAY,
                  .help = "Day of the week.",
                  .flags = KIRI_ALWAYS | KIRI_SPOKEN,
                  .buckets = 3 },
};

const struct kiri_schema drift_classic = { .size = sizeof drift_classic,
                                           .n_fields = COUNT(classic_fields),
                                           .fields = classic_fields,
                                           .period_ms = HOUR_MS,
                                           .context = 1 };
