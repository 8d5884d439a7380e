/*
 * flow/stream_density.h - what the newest rows cost in nats of density, so that models
 * whose numbers are cut at other edges can be compared.
 *
 * A word's nats alone say nothing then: who cuts coarser is surprised less. Its density
 * does: nll + ln of the width of what the word covers (the differential code length of
 * Cover & Thomas, Elements of Information Theory, 1991, ch. 8). A choice, a byte and a
 * missing value have no width: there it is the nll. LINEAR and LOG buckets have theirs;
 * of a learned number it is that of the edges when the row was scored (edges_spread),
 * kept apart, because how finely values are told apart at all is decided when two are
 * compared.
 *
 * What is kept of each row is what the generation of that time said before it could have
 * learned it (prequential: Dawid 1984).
 */
#ifndef KIRI_FLOW_STREAM_DENSITY_H
#define KIRI_FLOW_STREAM_DENSITY_H

#include <stdint.h>

#define DENSITY_ROWS 1024u /* the newest; a tenth of all that is remembered is fewer */
#define DENSITY_NONE                                                                     \
    1e30f /* a row that no trained model scored; a word without width                    \
           */

struct stream;
struct memory;

struct densities {
    uint32_t each; /* 1 + learned numbers */
    float *cell;   /* [DENSITY_ROWS][each], row r at r % DENSITY_ROWS: mean nats a scored
                      word, then ln of each learned number's width                    */
};

int densities_init(struct densities *d, uint32_t n_learned); /* 0, or -1: memory */
void densities_fini(struct densities *d);
float *densities_at(const struct densities *d, uint64_t row); /* [each] */
/* Of row s->rows, which was just read: s->nll are its tokens'. */
void density_note(struct stream *s, struct memory *m);
/* Words of the row that are scored. */
uint32_t density_words(const struct stream *s, const struct memory *m);

/* Nats of density a word of one row with so many scored words. finest[n_learned]: ln of
 * the least width that counts. */
double density_of(const struct densities *d, const float *cell, uint32_t words,
                  const double *finest);
/* ln of how finely values[n] are told apart, NaN among them passed over: a thousandth of
 * their middle nine tenths, or of all when those stand still; INFINITY: none of them
 * moves, and no width counts. They are sorted in place. */
double density_finest(double *values, uint32_t n);

#endif
