/*
 * Radix sort of the bits, least first, a byte at a time (Seward 1954; for floats: Herf
 * 2001). A byte that all share is passed over.
 */
#include "flow/edges_sort.h"

#include <stdint.h>
#include <string.h>

#define BYTES 8u

/* Rises with x. */
static uint64_t key_of(double x)
{
    uint64_t bits = 0;

    if (x < 0 || x > 0)
        memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | 1ull << 63;
}

/* One byte of the keys: from[n] -> to[n]; place: where the first of each value goes. */
static void deal(const double *from, double *to, size_t n, unsigned shift, size_t *place)
{
    for (size_t i = 0; i < n; i++)
        to[place[key_of(from[i]) >> shift & 255]++] = from[i];
}

void edges_sort(double *x, double *spare, size_t n)
{
    size_t count[BYTES][256] = { 0 };
    double *from = x, *to = spare;

    for (size_t i = 0; i < n; i++) {
        const uint64_t key = key_of(x[i]);
        for (unsigned b = 0; b < BYTES; b++)
            count[b][key >> 8 * b & 255]++;
    }
    for (unsigned b = 0; b < BYTES && n; b++) {
        if (count[b][key_of(from[0]) >> 8 * b & 255] == n)
            continue;
        for (size_t v = 0, at = 0; v < 256; v++) {
            const size_t many = count[b][v];
            count[b][v] = at;
            at += many;
        }
        deal(from, to, n, 8 * b, count[b]);
        double *swap = from;
        from = to;
        to = swap;
    }
    if (from != x)
        memcpy(x, from, n * sizeof *x);
}
