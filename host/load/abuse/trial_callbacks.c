/* trial_callbacks.c - the optional callbacks: tokens that exist, events of any content,
 * wishes and lessons that can be read. */
#include "load/abuse/hooks.h"
#include "load/abuse/manners.h"
#include "load/abuse/trial.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS         5
#define SPARE_TOKENS 16u
#define MOST_LESSONS 10000
#define MOST_TEXT    4096u
#define LONG_NAME    4000

/* ---- tokenize ------------------------------------------------------------------- */

static uint32_t vocab_of(struct life *l)
{
    uint32_t n;

    life_enter(l, "vocab");
    n = l->trial->vtable.atom.vocab(l->self);
    life_leave(l, "vocab");
    return n;
}

/* cap tokens into out, which has room for cap + SPARE_TOKENS: what tokenize() said. */
static int tokenize(struct life *l, struct kiri_token *out, uint32_t cap)
{
    int rc;

    memset(out, 0xff, (cap + SPARE_TOKENS) * sizeof *out);
    life_enter(l, "tokenize");
    rc = l->trial->vtable.atom.tokenize(l->self, l->v, out, cap);
    life_leave(l, "tokenize");
    if (rc < KIRI_EBUG || rc > (int)cap)
        trial_find(l->trial, "token-count", "tokenize",
                   "return how many there are, at most cap, or a negative status",
                   "tokenize() returns %d for %u tokens", rc, cap);
    for (uint32_t i = cap; i < cap + SPARE_TOKENS; i++)
        if (out[i].id != 0xffff || out[i].field != 0xffff) {
            trial_find(l->trial, "token-beyond", "tokenize",
                       "cap says how many there are",
                       "tokenize() writes beyond its %u tokens", cap);
            break;
        }
    return rc;
}

static void hold_tokens(struct life *l, const struct kiri_token *out, int n,
                        uint32_t vocab)
{
    for (int i = 0; i < n; i++) {
        if (out[i].id >= vocab)
            trial_find(l->trial, "token-id", "tokenize", "ids are 0..vocab-1",
                       "tokenize() gives the id %u of a vocabulary of %u", out[i].id,
                       vocab);
        if (out[i].field >= l->schema->n_fields)
            trial_find(l->trial, "token-field", "tokenize",
                       "it is the index of the field that it came from",
                       "tokenize() gives a token of field %u, but there are %u",
                       out[i].field, l->schema->n_fields);
    }
}

static void try_row(struct life *l, uint32_t vocab)
{
    struct kiri_token first[4096 + SPARE_TOKENS], second[4096 + SPARE_TOKENS];
    uint32_t cap = kiri_schema_max_tokens(l->schema);
    int n;

    cap = cap < 4096 ? cap : 4096;
    n = tokenize(l, first, cap);
    if (n >= 0 && n <= (int)cap) {
        hold_tokens(l, first, n, vocab);
        if (tokenize(l, second, cap) != n ||
            memcmp(first, second, (size_t)n * sizeof *first) != 0)
            trial_find(l->trial, "token-pure", "tokenize",
                       "the same values must always be the same tokens",
                       "tokenize() gives other tokens for the same values");
    }
    tokenize(l, first, 1);
    tokenize(l, first, 0);
}

/* Values at both ends of what their fields can be. */
static void extreme(struct life *l, int end)
{
    static const char text[KIRI_MAX_LEN] = { '\xff', '\0', '%', 'n' };

    kiri_missing(l->schema, l->v);
    for (uint32_t i = 0; i < l->schema->n_fields; i++) {
        const struct kiri_field *f = &l->schema->fields[i];

        if (f->kind == KIRI_NUMBER)
            l->v[i].num = end ? 1e308 : -1e308;
        else if (f->kind == KIRI_TEXT) {
            l->v[i].text.ptr = text;
            l->v[i].text.len = end ? f->max_len : 0;
        } else if (f->kind != KIRI_WORDS)
            l->v[i].choice = end && f->kind == KIRI_HOUR ? 23 : 0;
    }
}

static void try_tokenize(struct life *l)
{
    uint32_t vocab = vocab_of(l);

    if (vocab < 2 || vocab > KIRI_MAX_VOCAB) {
        trial_find(l->trial, "vocab", "vocab", "2..65,535 are possible, BOS included",
                   "vocab() says %u", vocab);
        return;
    }
    for (int i = 0; i < ROWS; i++) {
        int rc = life_collect(l);

        if (rc == KIRI_OK || rc == KIRI_MORE)
            try_row(l, vocab);
    }
    kiri_missing(l->schema, l->v);
    try_row(l, vocab);
    extreme(l, 0);
    try_row(l, vocab);
    extreme(l, 1);
    try_row(l, vocab);
    if (vocab_of(l) != vocab)
        trial_find(l->trial, "vocab", "vocab", "models are trained on it",
                   "vocab() gives another answer than before");
}

/* ---- hear ----------------------------------------------------------------------- */

static void tell(struct life *l, const struct kiri_event *e)
{
    int rc;

    life_enter(l, "hear");
    rc = l->trial->vtable.atom.hear(l->self, e);
    life_leave(l, "hear");
    life_hold_status(l, "hear", rc, KIRI_NONE);
}

static void try_hear(struct life *l)
{
    static const double numbers[] = { 0, 1, -1, 1e308, 1e-308, 20 };
    char name[LONG_NAME + 1];
    const char *const texts[] = { "pulse", "", "nobody", "\xff\n%s%n", name };

    memset(name, 'a', LONG_NAME);
    name[LONG_NAME] = '\0';
    for (uint32_t kind = 0; kind <= KIRI_RETRAINED + 1; kind++)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
                tell(l, &(struct kiri_event){
                            .size = sizeof(struct kiri_event),
                            .kind = kind,
                            .from = texts[i],
                            .id = k % 2 ? UINT64_MAX : k,
                            .time_ms = l->served.now,
                            .surprise = numbers[k],
                            .score = numbers[k],
                            .tail = numbers[k],
                            .alarm = k % 2,
                            .verdict = numbers[k],
                            .blame = texts[i],
                            .action = texts[i],
                            .result = texts[i],
                        });
}

/* ---- decide --------------------------------------------------------------------- */

static void hold_action(struct life *l, const struct kiri_action *a)
{
    if (a->verb > KIRI_DO)
        trial_find(l->trial, "verb", "decide", "use one of enum kiri_verb",
                   "decide() wishes for verb %u", a->verb);
    if (a->size != sizeof *a)
        trial_find(l->trial, "frame", "decide", "leave out->size alone",
                   "decide() changes what is the host's in the action");
    row_text_ok(l, "decide", "target", a->target, MOST_TEXT);
    row_text_ok(l, "decide", "window", a->window, MOST_TEXT);
    row_text_ok(l, "decide", "reason", a->reason, MOST_TEXT);
}

/* The kth word of each DECIDED field, as far as it has so many. */
static uint32_t choose(const struct kiri_schema *s, uint32_t k, const float *dist,
                       struct kiri_choice *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];
        uint32_t words = 0;

        if (!(f->flags & KIRI_DECIDED))
            continue;
        while (f->choices[words])
            words++;
        assert(words > 0); /* the schema was checked */
        c[n++] = (struct kiri_choice){
            .field = f->name,
            .word = f->choices[k % words],
            .p = 1 / (float)words,
            .dist = dist,
            .n = words,
        };
    }
    return n;
}

static void try_decide(struct life *l)
{
    struct kiri_choice c[KIRI_MAX_FIELDS];
    float dist[KIRI_MAX_LEN];

    for (uint32_t i = 0; i < KIRI_MAX_LEN; i++)
        dist[i] = 1 / (float)KIRI_MAX_LEN;
    for (uint32_t k = 0; k < KIRI_MAX_LEN; k++) {
        struct kiri_action a = { .size = sizeof a };
        uint32_t n = choose(l->schema, k, dist, c);
        int rc;

        life_enter(l, "decide");
        rc = l->trial->vtable.atom.decide(l->self, c, n, &a);
        life_leave(l, "decide");
        life_hold_status(l, "decide", rc, KIRI_NONE);
        if (rc == KIRI_OK)
            hold_action(l, &a);
    }
}

/* ---- lessons -------------------------------------------------------------------- */

static void try_lessons(struct life *l)
{
    int rc = KIRI_MORE, n = 0;

    while (rc == KIRI_MORE && n++ < MOST_LESSONS) {
        struct kiri_lesson lesson = {
            .size = sizeof lesson, .n = l->schema->n_fields, .weight = 1, .v = l->v
        };

        row_prepare(l, "lessons");
        life_enter(l, "lessons");
        rc = l->trial->vtable.atom.lessons(l->self, &lesson);
        life_leave(l, "lessons");
        life_hold_status(l, "lessons", rc, KIRI_NONE);
        if (rc != KIRI_OK && rc != KIRI_MORE)
            return;
        row_hold_values(l);
        if (!isfinite(lesson.weight) || lesson.weight < 0)
            trial_find(l->trial, "weight", "lessons", "1 is usual, 0 is nothing",
                       "lessons() gives a weight that is negative or not finite");
    }
    if (rc == KIRI_MORE)
        trial_find(l->trial, "more", "lessons", "return KIRI_NONE when all are told",
                   "lessons() still says KIRI_MORE after %d", n);
}

void trial_callbacks(struct trial *t)
{
    const struct kiri_atom *a = &t->vtable.atom;
    struct life *l;

    if (!a->tokenize && !a->hear && !a->decide && !a->lessons) {
        trial_skip(t, "it has none of them");
        return;
    }
    l = life_new(t, 0);
    hooks_keep();
    t->manners = manners_new();
    if (life_start(l) == 0) {
        if (a->tokenize)
            try_tokenize(l);
        if (a->hear)
            try_hear(l);
        if (a->decide)
            try_decide(l);
        if (a->lessons)
            try_lessons(l);
        life_close(l);
    }
    life_free(l);
}
