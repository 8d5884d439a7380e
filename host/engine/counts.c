/*
 * engine/counts.c - a trie of n-grams: a node is a past, its children are the words that
 * followed it. Children are found by a hash of (node, word), and listed for beliefs.
 */
#include "engine/counts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NONE     COUNTS_UNSEEN
#define DISCOUNT 0.5

struct node {
    uint32_t parent, count;
    uint32_t total, different; /* sum of the children's counts; how many have one */
    uint32_t child, sibling;   /* the newest child; the next older one of the parent */
    uint16_t word;
    uint16_t depth; /* words of past and the one after: the root has 0 */
};

struct counts {
    uint32_t vocab, order;
    struct node *node; /* [cap] */
    uint32_t n, cap;
    uint32_t *slot; /* [slots], a power of two, less than half full; NONE: empty */
    uint32_t slots;
};

uint32_t counts_vocab(const struct counts *c)
{
    return c->vocab;
}

uint32_t counts_order(const struct counts *c)
{
    return c->order;
}

uint32_t counts_nodes(const struct counts *c)
{
    return c->n;
}

/* ---- the trie -------------------------------------------------------------------- */

static uint32_t slot_of(const struct counts *c, uint32_t parent, uint16_t word)
{
    uint64_t h = ((uint64_t)parent << 16 | word) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(h >> 32) & (c->slots - 1);

    while (c->slot[at] != NONE &&
           (c->node[c->slot[at]].parent != parent || c->node[c->slot[at]].word != word))
        at = (at + 1) & (c->slots - 1);
    return at;
}

static uint32_t child_of(const struct counts *c, uint32_t parent, uint16_t word)
{
    return parent == NONE ? NONE : c->slot[slot_of(c, parent, word)];
}

/* Room for `more` nodes, as far as there may be any. 0, -1: memory is short. */
static int make_room(struct counts *c, uint32_t more)
{
    uint32_t want = COUNTS_NODES_MOST - c->n < more ? COUNTS_NODES_MOST : c->n + more;
    uint32_t cap = c->cap;

    if (want <= cap)
        return 0;
    while (cap < want)
        cap *= 2;
    struct node *node = realloc(c->node, cap * sizeof *node);
    if (!node)
        return -1;
    c->node = node;
    uint32_t *slot = malloc(2 * (size_t)cap * sizeof *slot);
    if (!slot)
        return -1;
    free(c->slot);
    c->slot = slot;
    c->slots = 2 * cap;
    c->cap = cap;
    memset(slot, 0xff, c->slots * sizeof *slot);
    for (uint32_t i = 1; i < c->n; i++)
        slot[slot_of(c, c->node[i].parent, c->node[i].word)] = i;
    return 0;
}

/* There is room, and no such child yet. */
static uint32_t add_child(struct counts *c, uint32_t parent, uint16_t word)
{
    uint32_t i = c->n++;

    c->node[i] = (struct node){ .parent = parent,
                                .word = word,
                                .child = NONE,
                                .sibling = c->node[parent].child,
                                .depth = (uint16_t)(c->node[parent].depth + 1) };
    c->node[parent].child = i;
    c->slot[slot_of(c, parent, word)] = i;
    return i;
}

struct counts *counts_new(uint32_t vocab, uint32_t order)
{
    struct counts *c = calloc(1, sizeof *c);

    assert(vocab >= 2 && vocab <= UINT16_MAX && order >= 1 && order <= COUNTS_ORDER_MOST);
    if (!c)
        return NULL;
    c->vocab = vocab;
    c->order = order;
    c->cap = 256;
    c->slots = 2 * c->cap;
    c->node = malloc(c->cap * sizeof *c->node);
    c->slot = malloc(c->slots * sizeof *c->slot);
    if (!c->node || !c->slot) {
        counts_free(c);
        return NULL;
    }
    memset(c->slot, 0xff, c->slots * sizeof *c->slot);
    c->node[0] = (struct node){ .parent = NONE, .child = NONE, .sibling = NONE };
    c->n = 1;
    return c;
}

void counts_free(struct counts *c)
{
    if (!c)
        return;
    free(c->node);
    free(c->slot);
    free(c);
}

/* ---- learning -------------------------------------------------------------------- */

/* 1: the word is new to its past now, or gone from it. */
static int change(struct counts *c, uint32_t i, int by)
{
    struct node *node = &c->node[i], *parent = &c->node[node->parent];

    if (by > 0) {
        parent->different += node->count == 0;
        parent->total++;
        return node->count++ == 0;
    }
    if (!node->count)
        return 0;
    node->count--;
    parent->total--;
    parent->different -= node->count == 0;
    return node->count == 0;
}

/* One word after its pasts, which then has it as their newest word. The longest past
 * counts how often; a shorter one counts after how many longer ones it came. */
static void walk(struct counts *c, struct counts_past *past, uint16_t word, int by,
                 int grow)
{
    uint32_t after[COUNTS_ORDER_MOST + 1];

    for (uint32_t j = 0; j <= c->order; j++) {
        after[j] = child_of(c, past->node[j], word);
        if (past->node[j] != NONE && after[j] == NONE && grow && c->n < COUNTS_NODES_MOST)
            after[j] = add_child(c, past->node[j], word);
    }
    for (uint32_t j = c->order + 1; j-- > 0 && by;)
        if (after[j] != NONE && !change(c, after[j], by))
            break;
    for (uint32_t j = 0; j < c->order; j++)
        past->node[j + 1] = after[j];
}

int counts_learn(struct counts *c, const uint16_t *id, uint32_t n)
{
    struct counts_past past;
    uint64_t most = (uint64_t)n * (c->order + 1);

    if (make_room(c, most < COUNTS_NODES_MOST ? (uint32_t)most : COUNTS_NODES_MOST))
        return -1;
    counts_begin(&past);
    for (uint32_t t = 0; t < n; t++)
        walk(c, &past, id[t], t > 0, 1);
    return 0;
}

void counts_unlearn(struct counts *c, const uint16_t *id, uint32_t n)
{
    struct counts_past past;

    counts_begin(&past);
    for (uint32_t t = 0; t < n; t++)
        walk(c, &past, id[t], t > 0 ? -1 : 0, 0);
}

void counts_relearn(struct counts *c, const uint16_t *id, uint32_t n)
{
    struct counts_past past;

    counts_begin(&past);
    for (uint32_t t = 0; t < n; t++)
        walk(c, &past, id[t], t > 0, 0);
}

/* ---- reading --------------------------------------------------------------------- */

void counts_begin(struct counts_past *past)
{
    past->node[0] = 0;
    for (uint32_t j = 1; j <= COUNTS_ORDER_MOST; j++)
        past->node[j] = NONE;
}

void counts_step(const struct counts *c, struct counts_past *past, uint16_t word)
{
    for (uint32_t j = c->order; j > 0; j--)
        past->node[j] = child_of(c, past->node[j - 1], word);
}

int counts_knows(const struct counts *c, uint16_t word)
{
    uint32_t i = child_of(c, 0, word);

    return i != NONE && c->node[i].count > 0;
}

double counts_next(const struct counts *c, const struct counts_past *past, uint16_t word)
{
    double p = 1.0 / c->vocab;

    for (uint32_t j = 0; j <= c->order; j++) {
        uint32_t h = past->node[j];
        if (h == NONE || !c->node[h].total)
            continue;
        uint32_t i = child_of(c, h, word);
        double seen = i == NONE || !c->node[i].count ? 0 : c->node[i].count - DISCOUNT;
        p = (seen + DISCOUNT * c->node[h].different * p) / c->node[h].total;
    }
    return p;
}

void counts_belief(const struct counts *c, const struct counts_past *past, double *p)
{
    for (uint32_t w = 0; w < c->vocab; w++)
        p[w] = 1.0 / c->vocab;
    for (uint32_t j = 0; j <= c->order; j++) {
        uint32_t h = past->node[j];
        if (h == NONE || !c->node[h].total)
            continue;
        double all = c->node[h].total;
        for (uint32_t w = 0; w < c->vocab; w++)
            p[w] *= DISCOUNT * c->node[h].different / all;
        for (uint32_t i = c->node[h].child; i != NONE; i = c->node[i].sibling)
            if (c->node[i].count)
                p[c->node[i].word] += (c->node[i].count - DISCOUNT) / all;
    }
}

/* ---- for files ------------------------------------------------------------------- */

void counts_read(const struct counts *c, uint32_t *parent, uint16_t *word,
                 uint32_t *count)
{
    for (uint32_t i = 0; i < c->n; i++) {
        parent[i] = i ? c->node[i].parent : 0;
        word[i] = c->node[i].word;
        count[i] = c->node[i].count;
    }
}

static const char *add_node(struct counts *c, uint32_t parent, uint16_t word,
                            uint32_t count)
{
    if (parent >= c->n)
        return "a past comes before the one that it extends";
    if (word >= c->vocab)
        return "a word is outside of the vocabulary";
    if (c->node[parent].depth > c->order)
        return "a past is longer than the order";
    if (child_of(c, parent, word) != NONE)
        return "a past is there twice";
    if (count > UINT32_MAX - c->node[parent].total)
        return "a count is too large";
    uint32_t i = add_child(c, parent, word);
    c->node[i].count = count;
    c->node[parent].total += count;
    c->node[parent].different += count > 0;
    return NULL;
}

struct counts *counts_restore(uint32_t vocab, uint32_t order, uint32_t nodes,
                              const uint32_t *parent, const uint16_t *word,
                              const uint32_t *count, const char **why)
{
    *why = NULL;
    if (vocab < 2 || vocab > UINT16_MAX || order < 1 || order > COUNTS_ORDER_MOST ||
        nodes < 1 || nodes > COUNTS_NODES_MOST) {
        *why = "its sizes are out of bounds";
        return NULL;
    }
    struct counts *c = counts_new(vocab, order);
    if (!c || make_room(c, nodes)) {
        counts_free(c);
        return NULL;
    }
    for (uint32_t i = 1; i < nodes && !*why; i++)
        *why = add_node(c, parent[i], word[i], count[i]);
    if (!*why)
        return c;
    counts_free(c);
    return NULL;
}
