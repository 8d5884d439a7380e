/*
 * Training a model of sessions: the words, the chorus, and what is usual.
 */
#include "flow/sessions_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAUGHT_MOST (32u << 20) /* words of all sessions that are learned */

struct lessons {
    struct words *words; /* all, as they came */
    uint64_t *times;     /* [cap_words]: how often each */
    uint32_t cap_words;
    uint32_t *id; /* [n_ids] of the sessions, one after another */
    uint64_t n_ids, cap_ids;
    uint64_t *end; /* [n]: where each session ends in id */
    uint32_t n, cap;
};

struct lessons *lessons_new(void)
{
    struct lessons *l = calloc(1, sizeof *l);

    if (l && (l->words = words_new()))
        return l;
    free(l);
    return NULL;
}

void lessons_free(struct lessons *l)
{
    if (!l)
        return;
    words_free(l->words);
    free(l->times);
    free(l->id);
    free(l->end);
    free(l);
}

uint32_t lessons_count(const struct lessons *l)
{
    return l->n;
}

/* Room for a session of n more words, each perhaps a new one. */
static int make_room(struct lessons *l, uint32_t n)
{
    if (l->n == l->cap) {
        uint32_t cap = l->cap ? 2 * l->cap : 1024;
        uint64_t *end = realloc(l->end, cap * sizeof *end);
        if (!end)
            return -1;
        l->end = end;
        l->cap = cap;
    }
    if (l->n_ids + n > l->cap_ids) {
        uint64_t cap = 2 * (l->n_ids + n);
        uint32_t *id = realloc(l->id, cap * sizeof *id);
        if (!id)
            return -1;
        l->id = id;
        l->cap_ids = cap;
    }
    if (words_count(l->words) + n > l->cap_words) {
        uint32_t cap = 2 * (words_count(l->words) + n);
        uint64_t *times = realloc(l->times, cap * sizeof *times);
        if (!times)
            return -1;
        memset(times + l->cap_words, 0, (cap - l->cap_words) * sizeof *times);
        l->times = times;
        l->cap_words = cap;
    }
    return 0;
}

int lessons_add(struct lessons *l, const struct word *word, uint32_t n)
{
    if (n > SESSIONS_LONGEST)
        n = SESSIONS_LONGEST;
    if (l->n_ids + n > TAUGHT_MOST)
        return 1;
    if (make_room(l, n))
        return -1;
    for (uint32_t t = 0; t < n; t++) {
        uint32_t *id = &l->id[l->n_ids + t];
        if (words_add(l->words, word[t], id))
            return -1;
        if (*id != WORDS_NONE)
            l->times[*id]++;
    }
    if (n) {
        l->n_ids += n;
        l->end[l->n++] = l->n_ids;
    }
    return 0;
}

/* ---- the language ---------------------------------------------------------------- */

/* The sessions in the words of the model. */
struct spoken {
    struct words *words;
    uint16_t *id;
    uint64_t *at;     /* [n + 1] */
    uint8_t *strange; /* [n]: has a word that the model does not know */
};

struct rank {
    uint64_t times;
    uint32_t word;
};

static int by_times(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;

    if (x->times != y->times)
        return x->times > y->times ? -1 : 1;
    return x->word < y->word ? -1 : x->word > y->word;
}

/* The most frequent words get the model's numbers, to[word]. */
static int choose_words(const struct lessons *l, struct words *words, uint32_t *to)
{
    uint32_t all = words_count(l->words), id;
    struct rank *rank = calloc(all, sizeof *rank);

    if (!rank)
        return -1;
    for (uint32_t i = 0; i < all; i++) {
        rank[i] = (struct rank){ l->times[i], i };
        to[i] = WORDS_NONE;
    }
    qsort(rank, all, sizeof *rank, by_times);
    int rc = 0;
    for (uint32_t i = 0; i < all && i < SESSIONS_WORDS && !rc; i++) {
        rc = words_add(words, words_at(l->words, rank[i].word), &id);
        to[rank[i].word] = id;
    }
    free(rank);
    return rc;
}

static void spoken_free(struct spoken *s)
{
    words_free(s->words);
    free(s->id);
    free(s->at);
    free(s->strange);
}

static int speak(const struct lessons *l, struct spoken *s)
{
    uint32_t *to = calloc(words_count(l->words), sizeof *to);
    uint64_t from = 0, k = 0;

    s->words = words_new();
    s->id = calloc(l->n_ids + 2 * (uint64_t)l->n, sizeof *s->id);
    s->at = calloc(l->n + 1u, sizeof *s->at);
    s->strange = calloc(l->n, sizeof *s->strange);
    if (!to || !s->words || !s->id || !s->at || !s->strange ||
        choose_words(l, s->words, to)) {
        free(to);
        return -1;
    }
    const uint16_t bos = (uint16_t)words_count(s->words);
    for (uint32_t i = 0; i < l->n; from = l->end[i++]) {
        s->id[k++] = bos;
        for (uint64_t t = from; t < l->end[i]; t++) {
            uint32_t id = l->id[t] == WORDS_NONE ? WORDS_NONE : to[l->id[t]];
            if (id == WORDS_NONE)
                s->strange[i] = 1;
            else
                s->id[k++] = (uint16_t)id;
        }
        s->id[k++] = bos;
        s->at[i + 1] = k;
    }
    free(to);
    return 0;
}

/* ---- what is usual --------------------------------------------------------------- */

/* Every held-back session's worst word becomes the past. 0, or -1 when memory is short.
 */
static int calibrate(struct sessions *m, const struct spoken *s,
                     const struct chorus_result *learned)
{
    const float *nats = learned->nats;
    double sum = 0;
    uint64_t words = 0;

    for (uint32_t i = 0; i < learned->held; i++) {
        uint32_t session = learned->session[i];
        uint32_t n = (uint32_t)(s->at[session + 1] - s->at[session] - 1);
        float worst = s->strange[session] ? GPT_FLOOR_NATS : 0;
        int strange = s->strange[session];
        for (uint32_t t = 0; t < n; t++) {
            worst = nats[t] > worst ? nats[t] : worst;
            strange |= nats[t] >= GPT_FLOOR_NATS;
            sum += (double)nats[t];
        }
        nats += n;
        words += n;
        m->facts.strange += strange != 0;
        if (past_add(&m->worst, worst))
            return -1;
    }
    m->facts.held_back = learned->held;
    if (words)
        m->facts.held_back_loss = sum / (double)words;
    return 0;
}

/* ---- all of it ------------------------------------------------------------------- */

static struct sessions *model_of(struct spoken *s, struct chorus_result *learned,
                                 const struct sessions_plan *plan, uint32_t n)
{
    struct sessions *m = sessions_new(s->words, learned->chorus);

    s->words = NULL;
    learned->chorus = NULL;
    if (!m)
        return NULL;
    m->facts = (struct sessions_facts){
        .rows = n, .seed = plan->seed, .steps = learned->steps, .held_back_loss = NAN
    };
    if (calibrate(m, s, learned) == 0)
        return m;
    sessions_free(m);
    return NULL;
}

static struct sessions *train(const struct lessons *l, const struct sessions_plan *plan,
                              struct spoken *s, struct kiri_error *err)
{
    const struct chorus_plan p = { .text = { s->id, s->at, l->n,
                                             words_count(s->words) + 1 },
                                   .seed = plan->seed,
                                   .steps = plan->steps,
                                   .progress = plan->progress,
                                   .ctx = plan->ctx,
                                   .par = plan->par };
    struct chorus_result learned;
    struct sessions *m = NULL;

    switch (chorus_learn(&p, &learned)) {
    case CHORUS_GAVE_UP: err->code = KIRI_FINE; break;
    case CHORUS_DIVERGED:
        kiri_fail(err, KIRI_INTERNAL, "the training diverged; try another --seed");
        break;
    case CHORUS_NO_MEMORY: kiri_fail(err, KIRI_INTERNAL, "memory is short"); break;
    case CHORUS_DONE:
        m = model_of(s, &learned, plan, l->n);
        if (!m)
            kiri_fail(err, KIRI_INTERNAL, "memory is short");
        break;
    }
    chorus_result_free(&learned);
    return m;
}

struct sessions *sessions_train(const struct lessons *l, const struct sessions_plan *plan,
                                struct kiri_error *err)
{
    struct spoken s = { 0 };
    struct sessions *m = NULL;

    if (!l->n)
        kiri_fail(err, KIRI_BAD_DATA, "there is no session to learn from");
    else if (speak(l, &s))
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    else
        m = train(l, plan, &s, err);
    spoken_free(&s);
    return m;
}
