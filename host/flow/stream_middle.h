/*
 * flow/stream_middle.h - how far is a number from the middle of those before it?
 *
 * In robust deviations: |x - median| over 1.4826 times the median of all |x - median|, so
 * that an incident among them moves neither by much (the median absolute deviation:
 * Hampel, "The influence curve and its role in robust estimation", 1974; as a score:
 * Iglewicz and Hoaglin, "How to detect and handle outliers", 1993). Pure.
 */
#ifndef KIRI_FLOW_STREAM_MIDDLE_H
#define KIRI_FLOW_STREAM_MIDDLE_H

#include <stdint.h>

#define MIDDLE_ENOUGH   32u    /* fewer numbers have no middle yet */
#define MIDDLE_FARTHEST 1000.0 /* deviations: farther is not told apart */

/* The last `span` numbers. */
struct middle {
    double *ring, *sorted; /* [span] in order of arrival, of size; number k at k % span */
    uint32_t span, n;
    uint64_t at; /* numbers so far */
};

int middle_init(struct middle *m, uint32_t span); /* 0, or -1: memory is short */
void middle_fini(struct middle *m);
void middle_forget(struct middle *m);
void middle_add(struct middle *m, double x); /* x is finite */
/* How far x is out: 0 when it is none, or there is no middle. A deviation is a hundredth
 * of the range at least: where most numbers are alike any other would be a wonder. */
double middle_distance(const struct middle *m, double x);

#endif
