/*
 * flow/edges_sort.h - numbers in rising order, in time that grows with how many they are:
 * edges are fitted anew after every 128th row, to all that is remembered. Pure.
 */
#ifndef KIRI_FLOW_EDGES_SORT_H
#define KIRI_FLOW_EDGES_SORT_H

#include <stddef.h>

/* Equal ones (-0 and 0 are) stay in their order. x[n]: none is NaN; spare[n]: scratch. */
void edges_sort(double *x, double *spare, size_t n);

#endif
