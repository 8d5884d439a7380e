/*
 * flow/stream_windows.h - what one step of a learning turn is shown: windows of the
 * remembered rows, BOS and whole observations.
 *
 * One is of the newest rows, the others are drawn from all of the history (replay), so
 * that what is new is learned and what is old is not forgotten. A row counts as
 * stream_lessons.h says; one that does not is still seen by those after it, and a window
 * without any that counts is drawn again. Pure: the same draws from the same generator.
 */
#ifndef KIRI_FLOW_STREAM_WINDOWS_H
#define KIRI_FLOW_STREAM_WINDOWS_H

#include "flow/stream_state.h"
#include "flow/stream_targets.h"

/* One batch, sized once. */
struct windows {
    struct gpt_example example[STREAM_BATCH];
    uint16_t *ids; /* [STREAM_BATCH][positions], and so are these */
    struct gpt_target *target;
    struct gpt_side *sides;
    float *mask;
    uint32_t positions; /* of one window */
    struct stream_targets targets;
};

/* schema: with learned numbers as the language says them. 0, or -1: memory; fini either
 * way. */
int windows_init(struct windows *w, const struct kiri_schema *schema, uint32_t positions);
void windows_fini(struct windows *w);
/* The next batch, into w->example; newest: rows that its first window is drawn from, 0:
 * all. */
void windows_draw(struct windows *w, const struct stream *s, uint32_t newest,
                  struct gpt_rng *rng);

#endif
