/*
 * bench/peers/chain.c - an order-2 Markov chain (engine/counts.h) over the words that
 * KIRI says of the same number: cut by the same edges, fitted at the same rows to the
 * same values (flow/edges.h), all that is remembered said and counted anew each time.
 * Between these it counts each row at once, which KIRI does not: it learns after every
 * 128th.
 */
#include "bench/peers/odd.h"

#include "engine/counts.h"
#include "flow/edges.h"
#include "flow/stream.h"

#include <math.h>
#include <stdlib.h>

#define ORDER 2u

struct chain {
    uint32_t warmup;
    uint64_t rows;
    double x[STREAM_KEEPS]; /* row r's at r % STREAM_KEEPS */
    struct edges edges;
    struct counts *counts;      /* NULL: nothing is fitted yet */
    uint16_t newest[ORDER + 1]; /* words, and room for the next; oldest first */
};

static void *begin(uint32_t warmup)
{
    struct chain *c = calloc(1, sizeof *c);

    if (c)
        c->warmup = warmup;
    return c;
}

static void end(void *self)
{
    struct chain *c = self;

    if (c)
        counts_free(c->counts);
    free(c);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static uint32_t remembered(const struct chain *c)
{
    return c->rows < STREAM_KEEPS ? (uint32_t)c->rows : STREAM_KEEPS;
}

static void fit_edges(struct chain *c, double *scratch)
{
    uint32_t n = remembered(c);

    for (uint32_t i = 0; i < n; i++)
        scratch[i] = c->x[i];
    qsort(scratch, n, sizeof *scratch, by_value);
    edges_fit(&c->edges, scratch, n);
}

/* All that is remembered, said anew, is counted anew. */
static int count(struct chain *c, uint16_t *words)
{
    uint32_t n = remembered(c);

    for (uint32_t i = 0; i < n; i++)
        words[i] =
            (uint16_t)edges_word(&c->edges, c->x[(c->rows - n + i) % STREAM_KEEPS]);
    for (uint32_t i = 0; i < ORDER; i++)
        c->newest[i] = words[n - ORDER + i];
    counts_free(c->counts);
    c->counts = counts_new(EDGES_WORDS, ORDER);
    return c->counts ? counts_learn(c->counts, words, n) : -1;
}

static int fit(struct chain *c)
{
    double *scratch = malloc(remembered(c) * sizeof *scratch);
    uint16_t *words = malloc(remembered(c) * sizeof *words);
    int rc = -1;

    if (scratch && words) {
        fit_edges(c, scratch);
        rc = count(c, words);
    }
    free(scratch);
    free(words);
    return rc;
}

static int is_due(const struct chain *c)
{
    return c->rows >= c->warmup && c->rows >= ORDER &&
           (!c->counts || c->rows % STREAM_TURN == 0);
}

static void judge(const struct chain *c, uint16_t word, struct odd *out)
{
    struct counts_past past;
    double p[EDGES_WORDS], entropy = 0;

    counts_begin(&past);
    for (uint32_t i = 0; i < ORDER; i++)
        counts_step(c->counts, &past, c->newest[i]);
    counts_belief(c->counts, &past, p);
    for (uint32_t i = 0; i < EDGES_WORDS; i++)
        entropy -= p[i] > 0 ? p[i] * log(p[i]) : 0;
    out->alone = -log(p[word]);
    out->excess = out->alone - entropy;
}

/* The word is counted after the two before it; what these were counted for is not
 * counted twice. */
static int follow(struct chain *c, uint16_t word)
{
    c->newest[ORDER] = word;
    if (counts_learn(c->counts, c->newest, ORDER + 1))
        return -1;
    counts_unlearn(c->counts, c->newest, ORDER);
    for (uint32_t i = 0; i < ORDER; i++)
        c->newest[i] = c->newest[i + 1];
    return 0;
}

static int push(void *self, double x, struct odd *out)
{
    struct chain *c = self;
    int rc = 0;

    *out = (struct odd){ 0 };
    if (is_due(c) && fit(c))
        return -1;
    if (c->counts) {
        uint16_t word = (uint16_t)edges_word(&c->edges, x);
        judge(c, word, out);
        rc = follow(c, word);
    }
    c->x[c->rows++ % STREAM_KEEPS] = x;
    return rc;
}

const struct peer peer_markov = { "markov2", begin, push, end };
