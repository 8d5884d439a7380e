/*
 * flow/stream_retrain.h - retraining: fresh weights and edges learn a window of the
 * history beside the live model, and take its place only if they are no worse.
 *
 *   c = candidate_new(s, &window, ...)  a copy: s goes on meanwhile
 *   candidate_train(c, ..., &trial)     seconds; any thread
 *   if (trial.better) stream_promote(s, c), at a row boundary
 *
 * The newest tenth of the window is held back from the candidate. There it is judged, in
 * nats of density (stream_density.h), against what the live generations of that time said
 * of the same rows before they could learn them. Its calibration begins with what it says
 * there, as if it had been trained before those rows and had scored them as they came.
 *
 * A stream that was retrained learns from its window on: what is older is no history of
 * it any more. No clock, no I/O, no threads.
 */
#ifndef KIRI_FLOW_STREAM_RETRAIN_H
#define KIRI_FLOW_STREAM_RETRAIN_H

#include "flow/stream.h"

#define RETRAIN_JUDGED 32u  /* rows that trained models have scored, at least */
#define RETRAIN_ROWS   320u /* rows of a window, at least                    */

/* Of what is remembered, which is STREAM_KEEPS rows at most. */
struct stream_window {
    uint32_t rows; /* the newest; 0: all                                 */
    int64_t since; /* and not before, ms UTC; INT64_MIN: from the oldest */
};

enum candidate_refused {
    CANDIDATE_NO_MEMORY,
    CANDIDATE_TOO_EARLY, /* too few rows, or no model scored them */
};

struct candidate;
/* NULL and a sentence when there is too little to learn from or to judge by, or memory is
 * short. The stream's schema must outlive the candidate. */
struct candidate *candidate_new(const struct stream *s, const struct stream_window *w,
                                enum candidate_refused *refused, char *why, size_t cap);
void candidate_free(struct candidate *c); /* NULL is fine */

/* What came of it. Nats of density a word, means over the judged rows. */
struct stream_trial {
    int better;         /* it is no worse than the live model              */
    int diverged;       /* it was no use at all: `fresh` says nothing      */
    double live, fresh; /* of the live generations, of the candidate       */
    uint32_t rows;      /* of the window                                   */
    uint32_t judged;    /* of its newest tenth, those that count           */
    uint32_t steps;
};
/* Once. progress as in stream_learn. 0, or -1 when given up or memory is short. */
int candidate_train(struct candidate *c, const struct gpt_parallel *par,
                    int (*progress)(void *ctx, uint32_t done, uint32_t all), void *ctx,
                    struct stream_trial *out);

/* The trained candidate is the next generation of the stream that it was copied from,
 * which may have gone on: it scores the rows that came meanwhile first. 0, or -1 when
 * memory is short: s is as it was. Only candidate_free is left to do with it. */
int stream_promote(struct stream *s, struct candidate *c);

/* An empty stream with the schema and the options of this one. NULL: memory is short. */
struct stream *stream_sibling(const struct stream *s);
/* The stream is again the generation that `before` is, a sibling that was loaded with
 * what this stream was once saved as; its rows stay, and are scored by it too, as if it
 * had been there. 0, or -1 when memory is short or `before` has seen more rows: s is as
 * it was. What of `before` is left must be freed. */
int stream_go_back(struct stream *s, struct stream *before);

#endif
