/*
 * flow/stream_rules.h - two rules for streams of one number, after the score.
 *
 * Range: what leaves the least and the greatest of the last RULES_RANGE rows by more than
 * 5 % of that range is 10 decades odder. Hold: a score counts only when it is greater
 * than all of the last `hold` rows, else a hundredth of it does: an incident peaks once.
 * Sliding extremes by monotonic queues (Lemire 2006), O(1) a row.
 */
#ifndef KIRI_FLOW_STREAM_RULES_H
#define KIRI_FLOW_STREAM_RULES_H

#include <stdint.h>

#define RULES_RANGE 3000u
#define RULES_SCORE 10.0

/* The greatest of the last `span` values. */
struct peak {
    uint32_t span, first, n; /* the queue: ring indexes */
    uint64_t at;             /* values so far */
    struct peak_entry {
        uint64_t row;
        double x;
    } * queue; /* [span] */
};
int peak_init(struct peak *p, uint32_t span); /* 0, or -1: memory */
void peak_fini(struct peak *p);
void peak_add(struct peak *p, double x);
int peak_empty(const struct peak *p);
double peak_value(const struct peak *p); /* of a peak that is not empty */

struct rules {
    struct peak greatest, least, score; /* least: of -x */
};
int rules_init(struct rules *r, uint32_t hold);
void rules_fini(struct rules *r);
/* Decades that x adds; then x is one of the last rows. */
double rules_range(struct rules *r, double x);
/* What counts of a score. */
double rules_hold(struct rules *r, double score);

#endif
