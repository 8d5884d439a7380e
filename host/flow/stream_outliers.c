#include "flow/stream_outliers.h"

#include "flow/stream_state.h"

#include <stdlib.h>

#define ONE_IN 100u /* rows that may be learned */

struct odd {
    double nats; /* mean of the row's scored words, standing alone */
    uint64_t row;
};

/* Scratch of one look. */
struct look {
    const struct gpt *gpt;
    struct gpt_cache *cache;
    uint16_t *ids; /* [max_tokens + 1]: BOS and the row */
    struct gpt_side *sides;
    float *nll;
};

static double nats_of(const struct stream *s, const struct look *l,
                      const struct memory *m)
{
    double sum = 0;
    uint32_t n = 0;

    l->ids[0] = s->bos;
    for (uint32_t i = 0; i < m->n; i++) {
        l->ids[i + 1] = m->token[i].id;
        l->sides[i] = s->sides_on ? (struct gpt_side){ { m->side[0], m->side[1] } }
                                  : (struct gpt_side){ { GPT_NO_SIDE, GPT_NO_SIDE } };
    }
    gpt_cache_rewind(l->cache, 0);
    gpt_forward(l->gpt, l->cache, l->ids, l->ids + 1, l->sides, m->n,
                &(struct gpt_belief){ .nll = l->nll });
    for (uint32_t i = 0; i < m->n; i++) {
        if (s->schema->fields[m->token[i].field].flags & KIRI_CONTEXT)
            continue;
        sum += (double)l->nll[i];
        n++;
    }
    return n ? sum / n : 0;
}

static int by_nats(const void *a, const void *b)
{
    const struct odd *x = a, *y = b;

    if (x->nats != y->nats)
        return x->nats < y->nats ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

static int look_init(struct look *l, const struct stream *s, const struct gpt *g)
{
    l->gpt = g;
    l->cache = gpt_cache_new(gpt_shape_of(g));
    l->ids = malloc((s->max_tokens + 1) * sizeof *l->ids);
    l->sides = malloc(s->max_tokens * sizeof *l->sides);
    l->nll = malloc(s->max_tokens * sizeof *l->nll);
    return l->cache && l->ids && l->sides && l->nll ? 0 : -1;
}

static void look_fini(struct look *l)
{
    gpt_cache_free(l->cache);
    free(l->ids);
    free(l->sides);
    free(l->nll);
}

/* All rows that may be learned, the most surprising first. How many. */
static uint32_t rank(const struct stream *s, const struct look *l, struct odd *odd)
{
    uint32_t n = 0;

    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++) {
        const struct memory *m = s->kept[r % STREAM_KEEPS];
        if (m->lesson == LESSON_LEARN)
            odd[n++] = (struct odd){ nats_of(s, l, m), r };
    }
    qsort(odd, n, sizeof *odd, by_nats);
    return n;
}

static void mark(struct stream *s, const struct outliers *o, enum lesson lesson)
{
    for (uint32_t i = 0; i < o->n; i++)
        s->kept[o->row[i] % STREAM_KEEPS]->lesson = lesson;
}

int outliers_leave_out(struct stream *s, const struct gpt *g, struct outliers *out)
{
    struct odd *odd = malloc(s->n_kept * sizeof *odd);
    struct look l = { 0 };
    int rc = -1;

    *out = (struct outliers){ .row = malloc(s->n_kept * sizeof *out->row) };
    if (odd && out->row && look_init(&l, s, g) == 0) {
        out->n = rank(s, &l, odd) / ONE_IN;
        for (uint32_t i = 0; i < out->n; i++)
            out->row[i] = odd[i].row;
        mark(s, out, LESSON_LEFT_OUT);
        rc = 0;
    }
    look_fini(&l);
    free(odd);
    return rc;
}

void outliers_take_back(struct stream *s, const struct outliers *o)
{
    mark(s, o, LESSON_LEARN);
}

void outliers_fini(struct outliers *o)
{
    free(o->row);
    *o = (struct outliers){ 0 };
}
