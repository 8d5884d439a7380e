/*
 * flow/stream_lessons.h - what may be learned of the rows that a stream remembers.
 *
 * Rows of an open alarm wait. If it closes before it was open for the stream's `hold`,
 * they are left out for good: what was odd and went away shall be odd the next time. If
 * it is open still when the hold is over, it is a shift: they are learned, and so is what
 * comes then. People overrule that (stream_judge): approved rows were a real incident and
 * are never learned, dismissed ones were normal and are learned with weight 4.
 *
 * All that takes the history for the normal past asks here: the windows of a lesson, the
 * edges of learned scales, gauges and tails, the range rule. Pure.
 */
#ifndef KIRI_FLOW_STREAM_LESSONS_H
#define KIRI_FLOW_STREAM_LESSONS_H

#include "flow/stream_state.h"

/* How much a remembered row counts when it is learned: 0, 1 or 4. */
float lesson_weight(const struct memory *m);
/* Is there any row to learn from? */
int lessons_any(const struct stream *s);

/* The alarm's state after one more row, before that is remembered: what waited may be
 * left out or learned now. */
void lessons_follow(struct stream *s, const struct verdict *v);
/* Has the open alarm been learned for so long that what is left of it is normal? */
int lessons_settled(const struct stream *s);
/* The statistics of the row that is being scored, which are in the gauges, or behind the
 * guard; counts (as of a guarded row), not 0: in the tails too, and its breach of the
 * range (depth, 0: none). */
void lessons_measure(struct stream *s, const float by[STATISTICS], double depth,
                     uint32_t counts);
/* All that is known of that row, onto what will remember it. */
void lessons_note(const struct stream *s, const struct verdict *v, struct memory *m);

/* A row comes into the history, or is about to leave it. */
void lessons_enter(struct stream *s, const struct memory *m);
void lessons_leave(struct stream *s, const struct memory *m);
/* Of one number: is x within what was dismissed and is remembered, or beyond by no more
 * than a breach's margin? */
int lessons_usual(const struct stream *s, double x);

/* What a loaded model knows of a row that is brought back, onto m. */
void lessons_recall(const struct stream *s, struct memory *m);
/* No more rows are brought back. */
void lessons_recalled(struct stream *s);

#endif
