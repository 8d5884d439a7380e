/*
 * flow/stream_rules.h - two rules for streams of one number, after the score.
 *
 * Range: what leaves the least and the greatest of the last RULES_RANGE rows by more than
 * 5 % of that range is 10 decades odder. Hold: a score counts only when it is greater
 * than all in a fifth of the warm-up's rows before it, else a hundredth of it does: an
 * incident peaks once. Sliding extremes by monotonic queues (Lemire, "Streaming
 * maximum-minimum filter using no more than three comparisons per element", 2006), O(1) a
 * row.
 */
#ifndef KIRI_FLOW_STREAM_RULES_H
#define KIRI_FLOW_STREAM_RULES_H

#include "flow/stream_breach.h"
#include "flow/stream_middle.h"

#include <stdint.h>

#define RULES_RANGE 3000u
#define RULES_SCORE 10.0
#define RULES_HOLD  1024u /* rows at most */
#define RULES_ONCE  60u   /* rows at most */

/* The greatest of the last `span` values. */
struct peak_entry {
    uint64_t row;
    double x;
};
struct peak {
    uint32_t span, first, n;  /* the queue is queue[first, + n), modulo span */
    uint64_t at;              /* values so far */
    struct peak_entry *queue; /* [span] those that may be the greatest yet */
};
int peak_init(struct peak *p, uint32_t span); /* 0, or -1: memory */
void peak_fini(struct peak *p);
void peak_add(struct peak *p, double x);
int peak_empty(const struct peak *p);
double peak_value(const struct peak *p); /* of a peak that is not empty */
/* The greatest of the newest `rows` (at most the span); -INFINITY: there are none. */
double peak_newest(const struct peak *p, uint32_t rows);
/* From pairs of age (1: the newest value) and value, the queue as it was, oldest first.
 * 0, or -1: it cannot have been one; then nothing changed. */
int peak_restore(struct peak *p, const double *pairs, uint32_t n);

/* What a level is made of: each counts once by itself. */
enum rules_level { LEVEL_SURPRISE, LEVEL_FAR, RULES_LEVELS };

struct rules {
    struct peak greatest, least; /* of x, of -x */
    struct peak held;            /* of the score */
    struct peak once[RULES_LEVELS];
    struct breaches breaches; /* of the range, as far as they are past */
    struct middle middle;     /* of x */
};
int rules_init(struct rules *r, uint32_t warmup); /* 0, or -1: memory */
void rules_fini(struct rules *r);
uint32_t rules_rows(const struct rules *r); /* that the range is of */
/* How far x is out of the range, in parts of it: 0 inside, NaN when x is none,
 * BREACH_DEEPEST at most and of a range that is a point. */
double rules_depth(const struct rules *r, double x);
double rules_range(double depth);                  /* decades that it adds */
double rules_far(const struct rules *r, double x); /* deviations from the middle */
void rules_breach(struct rules *r, double depth);  /* of a row that is past from now on */
void rules_see(struct rules *r, double x);         /* x is one of the last rows */
void rules_forget(struct rules *r); /* as if no row had been seen; scores are kept */
/* What counts of a score. */
double rules_hold(struct rules *r, double score);
/* What counts of a level when tails are told: an incident is odd once in RULES_ONCE rows,
 * or in as many as one alarm is allowed in (rate: alarms a row, > 0), not less than six.
 */
double rules_once(struct rules *r, enum rules_level which, double level, double rate);

#endif
