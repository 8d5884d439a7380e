#include "flow/stream_chorus_learn.h"

#include "engine/elementary.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH            32u
#define HEADS            4u
#define LAYERS           2u
#define RATE             0.006f
#define LAST_RATE        0.0001f
#define SOFT             0.002f /* of each target, spread over all words     */
#define STEPS            500u   /* of a voice, at most                       */
#define FEW_STEPS        60u    /* of few sessions: they come again and again */
#define HELD_MOST        8000u  /* sessions that are read                    */
#define FEWEST_POSITIONS 8u
#define FEW_SESSIONS     8u /* below, none is held back                  */

/* What the trainings share. */
struct school {
    const struct chorus_plan *plan;
    struct gpt_shape shape;
    uint32_t *order; /* [n]: the sessions in the seed's order */
    uint32_t folds, steps, batch;
    uint64_t *held_at; /* [held + 1]: where each one's words begin in `voices` */
    float *voices;     /* [CHORUS_VOICES][held_at[held]]: probabilities */
    struct gpt *voice[CHORUS_VOICES]; /* of the chorus */
    struct chorus_result *out;

    atomic_uint done; /* steps of all */
    atomic_int end;   /* enum chorus_end: not DONE stops all */
    atomic_flag told;
};

/* The sessions [from, to) of the order are held back from this part; those that are read
 * are the first of them, and begin at `held` among all that are. */
struct part {
    uint32_t from, to, read, held;
};

static struct part part_of(const struct school *s, uint32_t p)
{
    uint64_t n = s->plan->text.n;
    uint32_t least, most;

    if (p == s->folds)
        return (struct part){ 0 };
    struct part part = { .from = (uint32_t)(n * p / s->folds),
                         .to = (uint32_t)(n * (p + 1) / s->folds) };
    if (s->folds == 1)
        part.to = (uint32_t)(n / 10);
    least = s->folds == 1 ? part.to : (uint32_t)(n / s->folds);
    most = HELD_MOST / s->folds;
    part.read = least < most ? least : most;
    part.held = p * part.read;
    return part;
}

/* Words and the end of a session: what is predicted. */
static uint32_t length(const struct chorus_text *text, uint32_t session)
{
    return (uint32_t)(text->at[session + 1] - text->at[session] - 1);
}

/* ---- one voice ------------------------------------------------------------------- */

/* One batch, [CHORUS_BATCH][context] where it is not said otherwise. */
struct batch {
    struct gpt_example example[CHORUS_BATCH];
    struct gpt_target *target;
    float *mask;
    uint16_t *id; /* [CHORUS_BATCH][context + 1] */
};

static int batch_init(struct batch *b, const struct gpt_shape *s)
{
    size_t n = (size_t)CHORUS_BATCH * s->context;

    b->target = calloc(n, sizeof *b->target);
    b->mask = calloc(n, sizeof *b->mask);
    b->id = calloc(n + CHORUS_BATCH, sizeof *b->id);
    return b->target && b->mask && b->id ? 0 : -1;
}

static void batch_fini(struct batch *b)
{
    free(b->target);
    free(b->mask);
    free(b->id);
}

/* A window of a session that is not held back, as the batch's i-th. */
static void draw(const struct school *s, const struct part *p, struct gpt_rng *rng,
                 struct batch *b, uint32_t i)
{
    static const float certain = 1 - SOFT;
    const struct chorus_text *text = &s->plan->text;
    const uint32_t context = s->shape.context;

    uint32_t k = gpt_rng_below(rng, text->n - (p->to - p->from));
    uint32_t session = s->order[k < p->from ? k : k + (p->to - p->from)];
    uint32_t n = length(text, session);
    uint32_t windows = chorus_windows(context, n);
    struct chorus_window w =
        chorus_window_at(context, n, windows > 1 ? gpt_rng_below(rng, windows) : 0);
    const uint16_t *from = text->id + text->at[session];
    uint16_t *id = b->id + (size_t)i * (context + 1);
    struct gpt_target *target = b->target + (size_t)i * context;
    float *mask = b->mask + (size_t)i * context;
    memcpy(id, from, w.head * sizeof *id);
    memcpy(id + w.head, from + w.from, (w.n + 1) * sizeof *id);
    for (uint32_t t = 0; t < w.head + w.n; t++) {
        target[t] = (struct gpt_target){
            .p = &certain, .first = id[t + 1], .n = 1, .floor = SOFT / (float)text->vocab
        };
        mask[t] = t >= w.head + w.first ? 1.0f : 0.0f;
    }
    b->example[i] = (struct gpt_example){
        .n = w.head + w.n, .id = id, .target = target, .mask = mask, .weight = 1
    };
}

/* Tells how far it is; 0: go on. */
static int tell(struct school *s, float loss)
{
    struct chorus_progress now = {
        .step = atomic_fetch_add(&s->done, 1) + 1,
        .steps = (s->folds + 1) * CHORUS_VOICES * s->steps,
        .loss = loss,
    };

    if (!isfinite(loss))
        atomic_store(&s->end, CHORUS_DIVERGED);
    else if (s->plan->progress && !atomic_flag_test_and_set(&s->told)) {
        if (s->plan->progress(s->plan->ctx, &now))
            atomic_store(&s->end, CHORUS_GAVE_UP);
        atomic_flag_clear(&s->told);
    }
    return atomic_load(&s->end);
}

static enum chorus_end train(struct school *s, const struct part *p, uint64_t seed,
                             struct gpt *g)
{
    struct gpt_trainer *trainer = gpt_trainer_new(&s->shape, s->batch);
    struct batch b = { 0 };
    enum chorus_end end = CHORUS_NO_MEMORY;
    struct gpt_rng rng;

    gpt_rng_seed(&rng, seed ^ 0x9e3779b97f4a7c15u);
    if (trainer && batch_init(&b, &s->shape) == 0)
        end = (enum chorus_end)atomic_load(&s->end);
    for (uint32_t step = 0; step < s->steps && !end; step++) {
        float part = (float)step / (float)s->steps;
        const struct gpt_adam adam = {
            .lr = RATE + (LAST_RATE - RATE) * part, .b1 = 0.9f, .b2 = 0.99f, .eps = 1e-8f
        };
        for (uint32_t i = 0; i < s->batch; i++)
            draw(s, p, &rng, &b, i);
        end = (enum chorus_end)tell(s, gpt_train_step(g, trainer, b.example, s->batch,
                                                      &adam, NULL));
    }
    batch_fini(&b);
    gpt_trainer_free(trainer);
    return end;
}

/* What this voice says of the sessions held back from it. */
static enum chorus_end examine(struct school *s, const struct part *p,
                               const struct gpt *g, uint32_t voice)
{
    const struct chorus_text *text = &s->plan->text;
    const uint32_t context = s->shape.context;
    float *nll = calloc(context, sizeof *nll);
    struct gpt_cache *cache = gpt_cache_new(&s->shape);
    uint32_t held = p->held;

    for (uint32_t k = p->from; nll && cache && k < p->from + p->read; k++, held++) {
        uint32_t session = s->order[k], n = length(text, session);
        const uint16_t *id = text->id + text->at[session];
        float *out =
            s->voices + (size_t)voice * s->held_at[s->out->held] + s->held_at[held];
        chorus_read_voice(g, cache, id, n, nll, out);
    }
    free(nll);
    gpt_cache_free(cache);
    return nll && cache ? CHORUS_DONE : CHORUS_NO_MEMORY;
}

/* Training i of all: a voice of a part. */
static void one_voice(void *arg, uint32_t i)
{
    struct school *s = arg;
    const uint32_t voice = i % CHORUS_VOICES, p = s->folds - i / CHORUS_VOICES;
    const struct part part = part_of(s, p);
    const uint64_t seed = s->plan->seed * 0x100000001b3u + p * CHORUS_VOICES + voice;
    struct gpt *g = gpt_new(&s->shape, seed);
    enum chorus_end end = g ? train(s, &part, seed, g) : CHORUS_NO_MEMORY;

    if (!end && part.read)
        end = examine(s, &part, g, voice);
    if (end)
        atomic_store(&s->end, (int)end);
    if (p == s->folds)
        s->voice[voice] = g;
    else
        gpt_free(g);
}

/* ---- all of it ------------------------------------------------------------------- */

static void in_turn(void *ctx, uint32_t n, void (*task)(void *arg, uint32_t i), void *arg)
{
    (void)ctx;
    for (uint32_t i = 0; i < n; i++)
        task(arg, i);
}

static uint32_t steps_for(uint32_t sessions)
{
    uint32_t steps = FEW_STEPS + (sessions < 10000 ? sessions / 5 : 2000);

    return steps < STEPS ? steps : STEPS;
}

static uint32_t batch_for(uint32_t sessions)
{
    uint32_t batch = sessions / 8;

    return batch < 4 ? 4 : batch < CHORUS_BATCH ? batch : CHORUS_BATCH;
}

/* 0..n-1 in the order of the seed: Fisher and Yates. */
static void shuffle(uint32_t *order, uint32_t n, uint64_t seed)
{
    struct gpt_rng rng;

    gpt_rng_seed(&rng, seed);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = gpt_rng_below(&rng, i), session = order[i - 1];
        order[i - 1] = order[k];
        order[k] = session;
    }
}

static int by_length(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* What one session of twenty is longer than: those are trained in windows, as long ones
 * are read later; positions that hardly any session reaches would hardly be trained. 0;
 * -1: memory is short. */
static int usual_length(const struct chorus_text *text, uint32_t *out)
{
    uint32_t *all = calloc(text->n, sizeof *all);

    if (!all)
        return -1;
    for (uint32_t k = 0; k < text->n; k++)
        all[k] = length(text, k);
    qsort(all, text->n, sizeof *all, by_length);
    *out = all[(uint64_t)(text->n - 1) * 95 / 100];
    free(all);
    *out += *out % 2;
    if (*out < FEWEST_POSITIONS)
        *out = FEWEST_POSITIONS;
    if (*out > CHORUS_CONTEXT)
        *out = CHORUS_CONTEXT;
    return 0;
}

static int school_init(struct school *s)
{
    const struct chorus_text *text = &s->plan->text;
    uint32_t context, i = 0;

    if (usual_length(text, &context))
        return -1;
    s->shape = (struct gpt_shape){ .vocab = text->vocab,
                                   .width = WIDTH,
                                   .heads = HEADS,
                                   .layers = LAYERS,
                                   .context = context };
    s->folds = text->n >= CHORUS_MANY ? 1 : text->n >= FEW_SESSIONS ? CHORUS_FOLDS : 0;
    s->steps = s->plan->steps ? s->plan->steps : steps_for(text->n);
    s->batch = batch_for(text->n);
    s->order = calloc(text->n, sizeof *s->order);
    if (!s->order)
        return -1;
    shuffle(s->order, text->n, s->plan->seed);
    for (uint32_t p = 0; p < s->folds; p++)
        s->out->held += part_of(s, p).read;
    s->out->session = calloc(s->out->held + 1u, sizeof *s->out->session);
    s->held_at = calloc(s->out->held + 1u, sizeof *s->held_at);
    if (!s->out->session || !s->held_at)
        return -1;
    for (uint32_t p = 0; p < s->folds; p++) {
        const struct part part = part_of(s, p);
        for (uint32_t k = part.from; k < part.from + part.read; k++, i++) {
            s->out->session[i] = s->order[k];
            s->held_at[i + 1] = s->held_at[i] + length(text, s->order[k]);
        }
    }
    s->voices = calloc(CHORUS_VOICES * s->held_at[i] + 1, sizeof *s->voices);
    s->out->nats = calloc(s->held_at[i] + 1, sizeof *s->out->nats);
    return s->voices && s->out->nats ? 0 : -1;
}

/* What a held-back session costs the voices that did not know it, and counts that do not
 * know it now. Its words begin at `at` among all that are held back. */
static void read_held(struct school *s, const struct counts *c, const uint16_t *id,
                      uint32_t n, uint64_t at)
{
    const uint64_t all = s->held_at[s->out->held];
    struct counts_past past;

    counts_begin(&past);
    for (uint32_t t = 0; t < n; t++) {
        float p = 0;
        for (uint32_t v = 0; v < CHORUS_VOICES; v++)
            p += s->voices[v * all + at + t] / CHORUS_VOICES;
        counts_step(c, &past, id[t]);
        s->out->nats[at + t] = counts_knows(c, id[t + 1])
                                   ? chorus_mix(p, counts_next(c, &past, id[t + 1])).nats
                                   : GPT_FLOOR_NATS;
    }
}

/* The counts of all sessions; those held back are read as if they had not been there. */
static struct counts *count_all(struct school *s)
{
    const struct chorus_text *text = &s->plan->text;
    struct counts *c = counts_new(text->vocab, CHORUS_ORDER);

    for (uint32_t i = 0; c && i < text->n; i++)
        if (counts_learn(c, text->id + text->at[i], length(text, i) + 1)) {
            counts_free(c);
            c = NULL;
        }
    for (uint32_t i = 0; c && i < s->out->held; i++) {
        const uint16_t *id = text->id + text->at[s->out->session[i]];
        const uint32_t n = length(text, s->out->session[i]);
        counts_unlearn(c, id, n + 1);
        read_held(s, c, id, n, s->held_at[i]);
        counts_relearn(c, id, n + 1);
    }
    return c;
}

static enum chorus_end learn(struct school *s)
{
    void (*run)(void *, uint32_t, void (*)(void *, uint32_t), void *) = in_turn;
    struct counts *counts;

    if (school_init(s))
        return CHORUS_NO_MEMORY;
    if (s->plan->par)
        run = s->plan->par->run;
    run(s->plan->par ? s->plan->par->ctx : NULL, (s->folds + 1) * CHORUS_VOICES,
        one_voice, s);
    enum chorus_end end = (enum chorus_end)atomic_load(&s->end);
    if (end)
        return end;
    counts = count_all(s);
    if (!counts)
        return CHORUS_NO_MEMORY;
    s->out->chorus = chorus_new(s->voice, counts);
    for (uint32_t v = 0; v < CHORUS_VOICES; v++)
        s->voice[v] = NULL;
    return s->out->chorus ? CHORUS_DONE : CHORUS_NO_MEMORY;
}

enum chorus_end chorus_learn(const struct chorus_plan *plan, struct chorus_result *out)
{
    struct school s = { .plan = plan, .out = out, .told = ATOMIC_FLAG_INIT };

    *out = (struct chorus_result){ 0 };
    enum chorus_end end = learn(&s);
    out->steps = s.steps;
    free(s.order);
    free(s.held_at);
    free(s.voices);
    for (uint32_t v = 0; v < CHORUS_VOICES; v++)
        gpt_free(s.voice[v]);
    if (end)
        chorus_result_free(out);
    return end;
}

void chorus_result_free(struct chorus_result *r)
{
    chorus_free(r->chorus);
    free(r->session);
    free(r->nats);
    *r = (struct chorus_result){ .steps = r->steps };
}
