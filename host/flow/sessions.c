#include "flow/sessions.h"

#include "flow/sessions_state.h"

#include <math.h>
#include <stdlib.h>

struct sessions *sessions_new(struct words *words, struct chorus *chorus)
{
    struct sessions *m = calloc(1, sizeof *m);
    uint32_t bos = counts_vocab(chorus->counts) - 1;

    if (!m) {
        words_free(words);
        chorus_free(chorus);
        return NULL;
    }
    m->words = words;
    m->chorus = chorus;
    m->bos = (uint16_t)bos;
    m->p = calloc(bos + 1u, sizeof *m->p);
    if (!m->p) {
        sessions_free(m);
        return NULL;
    }
    return m;
}

void sessions_free(struct sessions *m)
{
    if (!m)
        return;
    words_free(m->words);
    chorus_free(m->chorus);
    past_fini(&m->worst);
    free(m->token);
    free(m->ids);
    free(m->read);
    free(m->voice);
    free(m->p);
    free(m);
}

const struct sessions_facts *sessions_facts(const struct sessions *m)
{
    return &m->facts;
}

const struct chorus *sessions_chorus(const struct sessions *m)
{
    return m->chorus;
}

const struct words *sessions_words(const struct sessions *m)
{
    return m->words;
}

int sessions_calibrated(const struct sessions *m)
{
    return m->worst.n >= PAST_ENOUGH;
}

/* ---- words ----------------------------------------------------------------------- */

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

uint32_t sessions_split(const char *text, size_t len, struct word *out, uint32_t cap)
{
    uint32_t n = 0;

    for (size_t at = 0; at < len;) {
        size_t begin = at;
        while (at < len && !is_blank(text[at]))
            at++;
        if (at > begin && n++ < cap)
            out[n - 1] = (struct word){ text + begin, (uint32_t)(at - begin) };
        while (at < len && is_blank(text[at]))
            at++;
    }
    return n;
}

/* ---- one session ----------------------------------------------------------------- */

static int make_room(struct sessions *m, uint32_t n)
{
    uint32_t cap = m->cap ? m->cap : 64;

    if (n <= m->cap)
        return 0;
    while (cap < n)
        cap *= 2;
    struct sessions_token *token = realloc(m->token, cap * sizeof *token);
    if (token)
        m->token = token;
    uint16_t *ids = realloc(m->ids, (cap + 1u) * sizeof *ids);
    if (ids)
        m->ids = ids;
    struct chorus_word *read = realloc(m->read, cap * sizeof *read);
    if (read)
        m->read = read;
    float *voice = realloc(m->voice, cap * sizeof *voice);
    if (voice)
        m->voice = voice;
    if (!token || !ids || !read || !voice)
        return -1;
    m->cap = cap;
    return 0;
}

/* The known words between two BOS. Returns how many of what is then predicted. */
static uint32_t spell(struct sessions *m, const struct word *word, uint32_t n)
{
    uint32_t known = 0;

    m->ids[0] = m->bos;
    for (uint32_t t = 0; t < n; t++) {
        uint32_t id = words_find(m->words, word[t]);
        m->token[t].known = id != WORDS_NONE;
        if (id != WORDS_NONE)
            m->ids[++known] = (uint16_t)id;
    }
    m->token[n].known = 1;
    m->ids[++known] = m->bos;
    return known;
}

static void judge(struct sessions *m, struct sessions_verdict *out)
{
    for (uint32_t t = 0, k = 0; t < out->n; t++) {
        struct sessions_token *token = &m->token[t];
        struct chorus_word w = { GPT_FLOOR_NATS, GPT_FLOOR_NATS, GPT_FLOOR_NATS };
        if (token->known)
            w = m->read[k++];
        token->nats = w.nats;
        token->voices = w.voices;
        token->counts = w.counts;
        out->total += (double)w.nats;
        if (token->nats > m->token[out->worst].nats)
            out->worst = t;
    }
}

/* What was probable where the worst word stands. known: of what is predicted. */
static void expect(struct sessions *m, uint32_t known, struct sessions_verdict *out)
{
    uint32_t at = 0;

    for (uint32_t t = 0; t < out->worst; t++)
        at += (uint32_t)m->token[t].known;
    chorus_belief(m->chorus, m->ids, known, at, m->p);
    for (uint32_t id = 0; id <= m->bos; id++) {
        uint32_t k = out->n_expected;
        if (m->p[id] < 0.02f ||
            (k == SESSIONS_EXPECTED && m->p[id] <= out->expected[k - 1].p))
            continue;
        if (k == SESSIONS_EXPECTED)
            k--;
        else
            out->n_expected++;
        for (; k > 0 && out->expected[k - 1].p < m->p[id]; k--)
            out->expected[k] = out->expected[k - 1];
        out->expected[k].p = m->p[id];
        out->expected[k].word =
            id == m->bos ? (struct word){ NULL, 0 } : words_at(m->words, id);
    }
}

/* A worst word has as many more chances as the session is longer than what is usual,
 * which is the GPTs' context (stream_chorus_learn.h): the tail of the rarest of so many
 * (Sidak 1967). Those that calibrate are seldom so long. */
static double tail_of(const struct sessions *m, const struct sessions_verdict *v)
{
    uint32_t times = v->n / gpt_shape_of(m->chorus->voice[0])->context;
    double tail = past_tail(&m->worst, (double)m->token[v->worst].nats);

    return times > 1 ? -expm1(times * log1p(-tail)) : tail;
}

int sessions_score(struct sessions *m, const struct word *word, uint32_t n,
                   struct sessions_verdict *out)
{
    if (n > SESSIONS_LONGEST)
        n = SESSIONS_LONGEST;
    if (make_room(m, n + 1))
        return -1;
    *out = (struct sessions_verdict){ .n = n + 1, .token = m->token };
    uint32_t known = spell(m, word, n);
    chorus_read(m->chorus, m->ids, known, m->voice, m->read);
    judge(m, out);
    expect(m, known, out);
    out->surprise = out->total / out->n;
    out->tail = tail_of(m, out);
    out->score = -log10(out->tail);
    return 0;
}
