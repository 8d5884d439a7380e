/*
 * engine/gpt.h - a tiny GPT (microgpt) of any shape, on one CPU.
 *
 * Pre-norm decoder: RMSNorm without gain (eps 1e-5) after the embeddings and before each
 * sub-block, causal multi-head attention, ReLU MLP of width 4d, no biases, untied head.
 * Source: Karpathy, microgpt.py (2026); golden vectors in tests/golden/.
 *
 * The engine knows floats and token ids. It never heard of atoms, files, clocks or JSON,
 * starts no threads and needs libm only. What may run in parallel is offered to a
 * callback of the caller's (struct gpt_parallel); results do not depend on how that
 * callback schedules it. Same seed, same data, same kernel table: the same bits, whatever
 * the compiler and the number of threads (fixed reduction order, own exp and log).
 *
 * Threads: a `const struct gpt` may be read by many threads at once; a cache and a
 * trainer belong to one caller at a time.
 */
#ifndef KIRI_ENGINE_GPT_H
#define KIRI_ENGINE_GPT_H

#include <stddef.h>
#include <stdint.h>

struct gpt_shape {
    uint32_t vocab;   /* V: 2..65535 words; by KIRI's convention BOS is V - 1          */
    uint32_t width;   /* d: 1..1024, a multiple of heads                               */
    uint32_t heads;   /* H: 1..64                                                      */
    uint32_t layers;  /* L: 1..32                                                      */
    uint32_t context; /* T: 1..4096 positions                                          */
    uint32_t sides;   /* S: rows of the side embedding, 0..4096; 0: there is none      */
};

#define GPT_SIDE_SLOTS 2 /* how many side rows one position may add (hour, weekday) */
#define GPT_NO_SIDE    0xffffu   /* this slot adds nothing                              */
#define GPT_FLOOR_NATS 23.02585f /* -ln 1e-10: no token ever costs more */

/* What a position knows beside its token: rows of the side embedding added to its input.
 * Position t predicts token t+1, so it carries the side rows of the row being predicted.
 */
struct gpt_side {
    uint16_t row[GPT_SIDE_SLOTS]; /* 0..S-1 or GPT_NO_SIDE */
};

struct gpt; /* the weights: one shape, one contiguous arena of floats */

/* 0, or -1 with one sentence in why[cap] naming the bound that is broken. */
int gpt_shape_check(const struct gpt_shape *s, char *why, size_t cap);
/* Number of weights: V*d + T*d + S*d + V*d + L*12*d*d. */
size_t gpt_shape_params(const struct gpt_shape *s);

/* Fresh weights: Gaussian, sigma .08, from `seed` by the engine's own generator; the side
 * embedding is zero. NULL when memory is short or the shape is not valid. */
struct gpt *gpt_new(const struct gpt_shape *s, uint64_t seed);
struct gpt *gpt_copy(const struct gpt *g);
void gpt_free(struct gpt *g); /* NULL is fine */
const struct gpt_shape *gpt_shape_of(const struct gpt *g);

/* ---- the weights as named matrices, for files --------------------------------- */

/* Matrices in order: wte (V x d), wpe (T x d), lm_head (V x d), [side (S x d)], then for
 * each layer i layer<i>.attn_wq .attn_wk .attn_wv .attn_wo (d x d), .mlp_fc1 (4d x d),
 * .mlp_fc2 (d x 4d): rows are outputs, as published (y = W x). */
struct gpt_matrix {
    char name[32];
    uint32_t rows, cols;
};
uint32_t gpt_matrices(const struct gpt_shape *s);
void gpt_matrix_at(const struct gpt_shape *s, uint32_t i, struct gpt_matrix *out);
/* Copies matrix i out of or into the model, row-major [rows][cols] as published, however
 * the kernels lay it out inside. gpt_write returns -1 and changes nothing if a value is
 * not finite. */
void gpt_read(const struct gpt *g, uint32_t i, float *out);
int gpt_write(struct gpt *g, uint32_t i, const float *in);

/* ---- inference --------------------------------------------------------------------- */

/* Keys and values of the positions seen so far, and the scratch of one forward pass. */
struct gpt_cache;
struct gpt_cache *gpt_cache_new(const struct gpt_shape *s);
void gpt_cache_free(struct gpt_cache *c);               /* NULL is fine */
void gpt_cache_rewind(struct gpt_cache *c, uint32_t n); /* forget all but the first n */
uint32_t gpt_cache_used(const struct gpt_cache *c);

/* What forward() reports; a NULL member is not computed. */
struct gpt_belief {
    float *nll;     /* [n] -ln p(next[t]), nats, 0..GPT_FLOOR_NATS                      */
    float *entropy; /* [n] of the distribution over the next token, nats               */
    float *logp;    /* [n][V] log probabilities of the next token                      */
};

/*
 * Feeds n tokens at positions used..used+n-1 of the cache; what is in the cache already
 * is their past. With a rewound cache and all tokens at once it is the plain forward
 * pass, token by token it is `next`: bitwise the same either way. id   [n]  tokens fed,
 * each < V next [n]  the token that followed each; NULL if out->nll is not wanted. A
 * value >= V is a symbol outside the vocabulary: it costs GPT_FLOOR_NATS side [n]  or
 * NULL: none Needs used + n <= T (asserted). Allocates nothing. The cache must have g's
 * shape.
 */
void gpt_forward(const struct gpt *g, struct gpt_cache *c, const uint16_t *id,
                 const uint16_t *next, const struct gpt_side *side, uint32_t n,
                 const struct gpt_belief *out);

/* Runs task(arg, 0..n-1), in any order, on any threads, and returns when all are done. */
struct gpt_parallel {
    void (*run)(void *ctx, uint32_t n, void (*task)(void *arg, uint32_t i), void *arg);
    void *ctx;
};

/* What one gpt_forward is given. */
struct gpt_request {
    const struct gpt *g;
    struct gpt_cache *cache;
    const uint16_t *id, *next;
    const struct gpt_side *side;
    uint32_t n;
    struct gpt_belief out;
};

/* gpt_forward for each of n streams, each with a cache of its own. par NULL: one after
 * another. */
void gpt_forward_all(const struct gpt_request *r, uint32_t n,
                     const struct gpt_parallel *par);

/* ---- training -------------------------------------------------------------------- */

/* What should have been predicted: q = floor on each of the V words, plus p on [first,
 * first + n). Sums to 1. A hard target is first = id, n = 1, p = {1}, floor 0. */
struct gpt_target {
    const float *p;
    uint16_t first, n;
    float floor;
};

/* One training window. */
struct gpt_example {
    uint32_t n;           /* positions, 1..T                                 */
    const uint16_t *id;   /* [n] tokens fed                                  */
    const uint16_t *next; /* [n] the token after each, when target is NULL    */
    const struct gpt_target *target; /* [n] or NULL: hard targets from next             */
    const struct gpt_side *side;     /* [n] or NULL                                     */
    const float *mask;               /* [n] weight of each position in the loss, 0: none;
                                        NULL: all 1                                     */
    float weight;                    /* of this example, > 0                            */
};

struct gpt_adam {
    float lr, b1, b2, eps; /* published: lr .01, .85, .99, 1e-8               */
};

/* Owns Adam's moments, gradients and scratch for one model; not the model. */
struct gpt_trainer;
/* max_batch: most examples in one step (>= 1). NULL when memory is short. */
struct gpt_trainer *gpt_trainer_new(const struct gpt_shape *s, uint32_t max_batch);
void gpt_trainer_free(struct gpt_trainer *t); /* NULL is fine */

/*
 * One step: loss = sum(weight * mask * cross entropy) / sum(weight * mask) over all
 * positions of all examples, backward, Adam with bias correction (Kingma & Ba 2015).
 * Returns the loss in nats before the step. When the loss or a gradient is not finite the
 * step is rejected: NaN is returned, weights and moments stay as they were. If every
 * position is masked nothing changes and 0 is returned. par NULL: one after another.
 * Allocates nothing.
 */
float gpt_train_step(struct gpt *g, struct gpt_trainer *t, const struct gpt_example *e,
                     uint32_t n, const struct gpt_adam *adam,
                     const struct gpt_parallel *par);

/* Gradient of the last step, matrix i, [rows][cols] as published. */
void gpt_gradient(const struct gpt_trainer *t, uint32_t i, float *out);
/* Adam's moments, first (which = 0) or second (1), matrix i, and the step count: so that
 * a file can carry them. gpt_moments_write refuses values that are not finite (second: <
 * 0). */
void gpt_moments_read(const struct gpt_trainer *t, int which, uint32_t i, float *out);
int gpt_moments_write(struct gpt_trainer *t, int which, uint32_t i, const float *in);
uint64_t gpt_steps(const struct gpt_trainer *t);
void gpt_steps_set(struct gpt_trainer *t, uint64_t steps);

/* ---- instruction sets ------------------------------------------------------------- */

/* The kernels that a new cache or trainer computes with: "portable", unless the
 * environment says KIRI_ISA=NAME, which may be "avx512" "avx2" or "neon". All agree
 * within 1e-4. `portable` gives the same bits on every machine; the others, which have a
 * fused multiply-add, give other bits, the same among themselves. */
const char *gpt_isa(void);
/* 0, or -1 with one sentence in why[cap] when KIRI_ISA names what this machine cannot run
 * or nobody knows; then the usual one computes all the same. */
int gpt_isa_check(char *why, size_t cap);

/* ---- randomness ------------------------------------------------------------------ */

/* Small seeded generator, ours: same seed, same numbers, on every machine (xoshiro256**,
 * Blackman & Vigna 2018, seeded by splitmix64). */
struct gpt_rng {
    uint64_t s[4];
};
void gpt_rng_seed(struct gpt_rng *r, uint64_t seed);
uint64_t gpt_rng_next(struct gpt_rng *r);
double gpt_rng_uniform(struct gpt_rng *r); /* [0, 1)                           */
uint32_t gpt_rng_below(struct gpt_rng *r, uint32_t n); /* 0..n-1, unbiased; n >= 1 */
double gpt_rng_gauss(struct gpt_rng *r); /* mean 0, deviation 1, own log/sin */

#endif
