#include "flow/lines.h"

#include "flow/lines_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void lines_schema(struct lines_schema *out, uint32_t max_len)
{
    out->field = (struct kiri_field){
        .name = "text", .kind = KIRI_TEXT, .flags = KIRI_ALWAYS, .max_len = max_len
    };
    out->schema = (struct kiri_schema){ .size = sizeof out->schema,
                                        .n_fields = 1,
                                        .fields = &out->field };
}

struct lines *lines_new(enum lines_kind kind, struct gpt *gpt, struct vocab *vocab)
{
    struct lines *m = calloc(1, sizeof *m);

    if (!m) {
        gpt_free(gpt);
        vocab_free(vocab);
        return NULL;
    }
    m->kind = kind;
    m->gpt = gpt;
    m->vocab = *vocab;
    *vocab = (struct vocab){ 0 };
    m->bos = (uint16_t)(gpt_shape_of(gpt)->vocab - 1);
    m->cache = gpt_cache_new(gpt_shape_of(gpt));
    if (!m->cache) {
        lines_free(m);
        return NULL;
    }
    return m;
}

void lines_free(struct lines *m)
{
    if (!m)
        return;
    gpt_free(m->gpt);
    gpt_cache_free(m->cache);
    vocab_free(&m->vocab);
    for (unsigned i = 0; i < LINES_STATISTICS; i++)
        past_fini(&m->past[i]);
    past_fini(&m->scores);
    free(m->tokens);
    free(m->ids);
    free(m->nll);
    free(m);
}

enum lines_kind lines_kind(const struct lines *m)
{
    return m->kind;
}

const struct gpt *lines_gpt(const struct lines *m)
{
    return m->gpt;
}

const struct lines_facts *lines_facts(const struct lines *m)
{
    return &m->facts;
}

/* ---- how odd --------------------------------------------------------------------- */

/* How far out the oddest is, in decades; *by: which that is. */
static double decades(const struct lines *m, const double is[LINES_STATISTICS],
                      enum lines_statistic *by)
{
    double least = past_tail(&m->past[LINES_SUM], is[LINES_SUM]);

    *by = LINES_SUM;
    for (unsigned i = LINES_SUM + 1; i < LINES_STATISTICS; i++) {
        double tail = past_tail(&m->past[i], is[i]);
        if (tail < least) {
            least = tail;
            *by = (enum lines_statistic)i;
        }
    }
    return -log10(least);
}

int lines_calibrate(struct lines *m, const struct school_mark *mark, uint32_t n)
{
    enum lines_statistic by;

    for (uint32_t i = 0; i < n; i++)
        if (past_add(&m->past[LINES_SUM], mark[i].sum) ||
            past_add(&m->past[LINES_WORST], mark[i].worst) ||
            (isfinite(mark[i].mean) && past_add(&m->past[LINES_MEAN], mark[i].mean)))
            return -1;
    for (uint32_t i = 0; i < n; i++) {
        const double is[] = { (double)mark[i].sum, (double)mark[i].mean,
                              (double)mark[i].worst };
        if (past_add(&m->scores, (float)decades(m, is, &by)))
            return -1;
    }
    m->facts.held_back = n;
    return 0;
}

int lines_calibrated(const struct lines *m)
{
    return m->scores.n >= PAST_ENOUGH;
}

void lines_levels(const struct lines *m, double tail, double level[LINES_STATISTICS])
{
    double each = pow(10, -past_level(&m->scores, tail));

    for (unsigned i = 0; i < LINES_STATISTICS; i++)
        level[i] = past_level(&m->past[i], each);
    for (unsigned i = LINES_MEAN; i <= LINES_WORST; i++)
        if (level[i] > (double)GPT_FLOOR_NATS)
            level[i] = INFINITY;
}

/* ---- one row --------------------------------------------------------------------- */

static int make_room(struct lines *m, size_t len)
{
    uint32_t cap = m->cap ? m->cap : 256;

    if (m->cap > len)
        return 0;
    while (cap <= len)
        cap *= 2;
    struct lines_token *tokens = realloc(m->tokens, cap * sizeof *tokens);
    if (tokens)
        m->tokens = tokens;
    uint16_t *ids = realloc(m->ids, (cap + 1u) * sizeof *ids);
    if (ids)
        m->ids = ids;
    float *nll = realloc(m->nll, cap * sizeof *nll);
    if (nll)
        m->nll = nll;
    if (!tokens || !ids || !nll)
        return -1;
    m->cap = cap;
    return 0;
}

/* Cuts the text into m->tokens (nats FLOOR where the symbol is unknown, else 0), the end
 * included, and the known ones into m->ids between two BOS. Returns how many tokens. */
static uint32_t cut(struct lines *m, const char *text, size_t len, uint32_t *known)
{
    uint32_t n = 0, k = 0;

    m->ids[k++] = m->bos;
    for (size_t at = 0, used = 1; at < len; at += used, n++) {
        uint32_t id = (unsigned char)text[at];
        if (m->kind == LINES_SYMBOLS)
            id = vocab_next(&m->vocab, text + at, len - at, &used);
        int unknown = id >= m->bos;
        m->tokens[n] = (struct lines_token){ .at = (uint32_t)at,
                                             .len = (uint32_t)used,
                                             .nats = unknown ? GPT_FLOOR_NATS : 0 };
        if (!unknown)
            m->ids[k++] = (uint16_t)id;
    }
    m->tokens[n++] = (struct lines_token){ .at = (uint32_t)len };
    m->ids[k] = m->bos;
    *known = k;
    return n;
}

/* nll[t] of ids[t + 1] for t < n, however small the model's context is. */
static void believe(struct lines *m, uint32_t n)
{
    const uint32_t context = gpt_shape_of(m->gpt)->context;
    uint32_t done = 0, used = 0;

    gpt_cache_rewind(m->cache, 0);
    while (done < n) {
        if (used == context) { /* BOS and the newer half are the past of what follows */
            uint32_t kept = context / 2;
            gpt_cache_rewind(m->cache, kept ? 1 : 0);
            used = kept ? 1 : 0;
            if (kept > 1) {
                gpt_forward(m->gpt, m->cache, m->ids + done - (kept - 1), NULL, NULL,
                            kept - 1, &(struct gpt_belief){ 0 });
                used = kept;
            }
        }
        uint32_t step = n - done < context - used ? n - done : context - used;
        gpt_forward(m->gpt, m->cache, m->ids + done, m->ids + done + 1, NULL, step,
                    &(struct gpt_belief){ .nll = m->nll + done });
        done += step;
        used += step;
    }
}

int lines_score(struct lines *m, const char *text, size_t len, struct lines_verdict *out)
{
    uint32_t known, t = 0;

    if (make_room(m, len))
        return -1;
    *out = (struct lines_verdict){ .n = cut(m, text, len, &known), .tokens = m->tokens };
    believe(m, known);
    for (uint32_t i = 0; i < out->n; i++) {
        struct lines_token *token = &m->tokens[i];
        if (token->nats == 0)
            token->nats = m->nll[t++];
        out->total += (double)token->nats;
        if ((double)token->nats > out->worst)
            out->worst = (double)token->nats;
    }
    out->surprise = out->total / out->n;
    const double is[] = { out->total, out->surprise, out->worst };
    out->score = decades(m, is, &out->by);
    out->tail = past_tail(&m->scores, out->score);
    return 0;
}

int lines_next(FILE *file, size_t most, struct buf *line, uint64_t *missing)
{
    int c, any = 0;

    buf_clear(line);
    *missing = 0;
    while ((c = getc_unlocked(file)) != EOF) {
        char byte = (char)c;
        any = 1;
        if (c == '\n')
            break;
        /* One byte more than `most`, so that the \r of a full line is seen as such. */
        if (line->len <= most)
            buf_put(line, &byte, 1);
        else
            ++*missing;
    }
    if (ferror(file) || buf_failed(line))
        return -1;
    if (c == '\n' && !*missing && line->len && line->data[line->len - 1] == '\r')
        line->data[--line->len] = '\0';
    if (line->len > most) {
        line->data[--line->len] = '\0';
        ++*missing;
    }
    return any;
}
