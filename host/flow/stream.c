/*
 * Scoring: tokens -> window -> nats -> excess; stream_calibrate.c goes on from there.
 */
#include "flow/stream.h"

#include "flow/stream_lessons.h"
#include "flow/stream_state.h"
#include "flow/stream_verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The published tiny GPT; positions rounded up to whole eights. */
#define WIDTH  32u
#define HEADS  4u
#define LAYERS 2u

const char *stream_state_name(enum stream_state s)
{
    static const char *const names[] = { "learning", "normal", "alarm" };

    return names[s];
}

static int speaks(const struct kiri_schema *schema, char *why, size_t cap)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct kiri_field *f = &schema->fields[i];
        if (f->kind == KIRI_WORDS) {
            snprintf(why, cap,
                     "field %s: this version of KIRI does not learn WORDS yet; use "
                     "numbers, CHOICE or TEXT",
                     f->name);
            return 0;
        }
    }
    return 1;
}

/* DESIGN 4: texts are measured by their sum and their worst token. */
static int sums_up(const struct kiri_schema *schema)
{
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].kind == KIRI_TEXT)
            return schema->aggregate == KIRI_BY_SCHEMA || schema->aggregate == KIRI_SUM ||
                   schema->aggregate == KIRI_WORST;
    return schema->aggregate == KIRI_SUM || schema->aggregate == KIRI_WORST;
}

/* Which field is the only one that speaks, and is a NUMBER? */
static int one_number(const struct kiri_schema *schema)
{
    uint32_t first;

    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (kiri_schema_words(schema, i, &first) && schema->fields[i].kind != KIRI_NUMBER)
            return 0;
    return kiri_schema_max_tokens(schema) == 1;
}

static uint32_t scored_fields(const struct kiri_schema *schema)
{
    uint32_t n = 0, first;

    for (uint32_t i = 0; i < schema->n_fields; i++)
        n += kiri_schema_words(schema, i, &first) > 0 &&
             !(schema->fields[i].flags & KIRI_CONTEXT);
    return n;
}

/* One number's are those of stream_number.c; one field is as far out as the row. */
static void use_statistics(struct stream *s)
{
    struct yardsticks *y = &s->yard;

    y->gauged = y->tailed = 1u << BY_ROW | 1u << BY_SIX;
    if (s->one_number) {
        y->gauged = 1u << BY_SIX | 1u << BY_FIELD;
        y->tailed = 1u << BY_ROW | 1u << BY_WORST;
    } else if (!s->by_sum && scored_fields(s->schema) > 1) {
        y->gauged |= 1u << BY_FIELD | 1u << BY_WORST;
        y->tailed |= 1u << BY_FIELD | 1u << BY_WORST | 1u << BY_LEAST;
    }
}

static struct gpt_shape shape_for(const struct stream *s)
{
    uint32_t positions = (s->context + 1) * s->max_tokens;

    return (struct gpt_shape){
        .vocab = s->vocab,
        .width = WIDTH,
        .heads = HEADS,
        .layers = LAYERS,
        .context = (positions + 7) / 8 * 8,
        .sides = kiri_schema_has_sides(s->schema) ? KIRI_SIDE_ROWS : 0,
    };
}

/* Memory for one window of tokens and what the model says about one row. */
static int make_scratch(struct stream *s, uint32_t positions)
{
    s->ids = calloc(positions, sizeof *s->ids);
    s->next = calloc(positions, sizeof *s->next);
    s->sides = calloc(positions, sizeof *s->sides);
    s->tokens = calloc(s->max_tokens, sizeof *s->tokens);
    s->nll = calloc(s->max_tokens, sizeof *s->nll);
    s->entropy = calloc(s->max_tokens, sizeof *s->entropy);
    s->logp = calloc((size_t)s->max_tokens * s->vocab, sizeof *s->logp);
    s->kept = calloc(STREAM_KEEPS, sizeof(struct memory *));
    return s->ids && s->next && s->sides && s->tokens && s->nll && s->entropy &&
                   s->logp && s->kept
               ? 0
               : -1;
}

void stream_adjust(struct stream *s, const struct stream_options *o)
{
    s->options.warmup = o->warmup ? o->warmup : 750;
    s->options.learn_off = o->learn_off;
    s->options.past_off = o->past_off;
    s->options.alarm_rate = o->alarm_rate > 0 ? o->alarm_rate : 1e-3;
    s->options.hold_ms = o->hold_ms > 0 ? o->hold_ms : 0;
}

void stream_reword(struct stream *s, const struct kiri_schema *same)
{
    s->schema = same;
    language_reword(&s->language, same);
}

struct stream *stream_new(const struct kiri_schema *schema,
                          const struct stream_options *o, char *why, size_t cap)
{
    struct stream *s;

    if (!speaks(schema, why, cap))
        return NULL;
    s = calloc(1, sizeof *s);
    if (!s)
        goto no_memory;
    s->schema = schema;
    s->options.seed = o->seed;
    stream_adjust(s, o);
    s->vocab = kiri_schema_vocab(schema);
    s->bos = (uint16_t)kiri_schema_bos(schema);
    s->max_tokens = kiri_schema_max_tokens(schema);
    s->context = kiri_schema_context(schema);
    s->by_sum = sums_up(schema);
    s->one_number = one_number(schema);
    use_statistics(s);
    s->alarm = (struct alarm)ALARM_START;
    s->usual_lo = INFINITY;
    s->usual_hi = -INFINITY;

    struct gpt_shape shape = shape_for(s);
    if (gpt_shape_check(&shape, why, cap))
        goto fail;
    if (language_init(&s->language, schema) ||
        densities_init(&s->densities, s->language.n) ||
        (s->one_number && rules_init(&s->rules, s->options.warmup)))
        goto no_memory;
    s->gpt = gpt_new(&shape, o->seed);
    s->cache = gpt_cache_new(&shape);
    if (!s->gpt || !s->cache || make_scratch(s, shape.context))
        goto no_memory;
    return s;

no_memory:
    snprintf(why, cap, "out of memory");
fail:
    stream_free(s);
    return NULL;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    lessons_recalled(s);
    for (uint32_t i = 0; s->kept && i < STREAM_KEEPS; i++)
        free(s->kept[i]);
    language_fini(&s->language);
    densities_fini(&s->densities);
    rules_fini(&s->rules);
    yardsticks_fini(&s->yard);
    gpt_free(s->gpt);
    gpt_cache_free(s->cache);
    gpt_trainer_free(s->trainer);
    moments_fini(&s->resting);
    free(s->kept);
    free(s->ids);
    free(s->next);
    free(s->sides);
    free(s->tokens);
    free(s->nll);
    free(s->entropy);
    free(s->logp);
    free(s);
}

/* ---- the window ------------------------------------------------------------------ */

/* Windows begin on a grid: between refills a window grows from about half its context to
 * all of it, so a row's window follows from its number alone. */
static uint64_t window_start(const struct stream *s, uint64_t row)
{
    uint32_t hop = s->context > 1 ? s->context / 2 : 1;
    uint64_t grid = row / hop * hop, back = s->context ? s->context - hop + 1 : 0;
    uint64_t from = grid > back ? grid - back : 0, oldest = s->rows - s->n_kept;

    if (s->context == 0)
        from = row;
    return from > oldest ? from : oldest;
}

static struct gpt_side sides_of(const struct stream *s,
                                const uint16_t row[GPT_SIDE_SLOTS])
{
    struct gpt_side none = { { GPT_NO_SIDE, GPT_NO_SIDE } };

    return s->sides_on ? (struct gpt_side){ { row[0], row[1] } } : none;
}

/* Feeds BOS and the rows [from, to) to an empty cache, all but the last token. */
static void refill(struct stream *s, uint64_t from, uint64_t to)
{
    uint32_t n = 0;

    gpt_cache_rewind(s->cache, 0);
    s->pending = s->bos;
    for (uint64_t r = from; r < to; r++) {
        const struct memory *m = s->kept[r % STREAM_KEEPS];
        for (uint32_t i = 0; i < m->n; i++) {
            s->ids[n] = s->pending;
            s->sides[n++] = sides_of(s, m->side);
            s->pending = m->token[i].id;
        }
    }
    if (n)
        gpt_forward(s->gpt, s->cache, s->ids, NULL, s->sides, n,
                    &(struct gpt_belief){ 0 });
    s->window_from = from;
    s->window_to = to;
    s->window_ok = 1;
}

/* nats, entropy and beliefs of this row's tokens, given its window. */
static void read_row(struct stream *s, const struct memory *m)
{
    uint64_t from = window_start(s, s->rows);

    if (!s->window_ok || s->window_from != from || s->window_to != s->rows)
        refill(s, from, s->rows);
    for (uint32_t i = 0; i < m->n; i++) {
        s->ids[i] = i ? m->token[i - 1].id : s->pending;
        s->next[i] = m->token[i].id;
        s->sides[i] = sides_of(s, m->side);
    }
    gpt_forward(s->gpt, s->cache, s->ids, s->next, s->sides, m->n,
                &(struct gpt_belief){ s->nll, s->entropy, s->logp });
    s->pending = m->token[m->n - 1].id;
    s->window_to = s->rows + 1;
}

/* ---- rows ------------------------------------------------------------------------ */

double *memory_values(struct memory *m)
{
    size_t at =
        (sizeof *m + m->n * sizeof m->token[0] + sizeof(double) - 1) / sizeof(double);

    return (double *)(void *)m + at;
}

static size_t size_of(const struct stream *s, size_t tokens)
{
    return sizeof(struct memory) + tokens * sizeof(struct kiri_token) +
           (s->language.n + 1) * sizeof(double);
}

size_t memory_size(const struct stream *s, const struct memory *m)
{
    return size_of(s, m->n);
}

/* The one number that a row has. */
static double number_of(const struct stream *s, const struct stream_row *row)
{
    for (uint32_t i = 0; s->one_number && i < s->schema->n_fields; i++)
        if (s->schema->fields[i].kind == KIRI_NUMBER)
            return row->v[i].num;
    return (double)NAN;
}

/* A copy of the row's tokens, sides and learned numbers; NULL when memory is short. */
static struct memory *memorise(struct stream *s, const struct stream_row *row,
                               uint32_t *clamped)
{
    struct language *l = &s->language;
    int n = kiri_tokenize(&l->spoken, language_say(l, row->v), s->tokens, s->max_tokens,
                          clamped);
    if (n <= 0)
        return NULL;
    struct memory *m = malloc(size_of(s, (size_t)n));
    if (!m)
        return NULL;
    m->id = row->id;
    m->ts = row->ts;
    m->number = number_of(s, row);
    m->lesson = LESSON_LEARN;
    m->measured = (struct measured){ 0 };
    m->n = (uint16_t)n;
    kiri_sides(s->schema, row->v, m->side);
    memcpy(m->token, s->tokens, (size_t)n * sizeof m->token[0]);
    for (uint32_t i = 0; i < l->n; i++)
        memory_values(m)[i] = row->v[l->learned[i]].num;
    return m;
}

/* Row s->rows lies in its place: it is history. */
static void count_row(struct stream *s)
{
    const struct memory *m = s->kept[s->rows % STREAM_KEEPS];

    if (s->n_kept < STREAM_KEEPS)
        s->n_kept++;
    if (++s->rows <= s->history_from)
        s->n_kept = 0;
    s->last_ts = m->ts;
    s->last_id = m->id;
    if (s->one_number && m->lesson != LESSON_APPROVED && language_in_reach(m->number))
        rules_see(&s->rules, m->number);
}

/* How far the row's one number is out of the range; what people call usual is not. */
static double depth_of(const struct stream *s, const struct memory *m)
{
    return lessons_usual(s, m->number) ? 0 : rules_depth(&s->rules, m->number);
}

static double far_of(const struct stream *s, const struct memory *m)
{
    return lessons_usual(s, m->number) ? 0 : rules_far(&s->rules, m->number);
}

/* The row becomes history. Of a warm-up nothing else counts the breaches. */
static void keep_row(struct stream *s, struct memory *m)
{
    struct memory **place = &s->kept[s->rows % STREAM_KEEPS];

    if (*place)
        lessons_leave(s, *place);
    free(*place);
    *place = m;
    if (!s->rows)
        s->first_ts = m->ts;
    lessons_enter(s, m);
    if (s->one_number && !s->gen && m->lesson != LESSON_APPROVED)
        rules_breach(&s->rules, depth_of(s, m));
    count_row(s);
}

int stream_remember(struct stream *s, const struct stream_row *row)
{
    struct memory *m = memorise(s, row, NULL);

    if (!m)
        return -1;
    lessons_recall(s, m);
    keep_row(s, m);
    s->window_ok = 0;
    return 0;
}

void stream_rehearse(struct stream *s)
{
    uint64_t rows = s->rows, oldest = s->rows - s->n_kept;
    uint32_t kept = s->n_kept;
    struct verdict v;

    s->window_ok = 0;
    for (uint64_t r = oldest + s->context / 2; r < rows; r++) {
        const struct memory *m = s->kept[r % STREAM_KEEPS];
        if (m->lesson == LESSON_APPROVED)
            continue;
        s->rows = r;
        s->n_kept = (uint32_t)(r - oldest);
        v = (struct verdict){ 0 };
        read_row(s, m);
        if (stream_calibrate_rehearsed(s, verdict_read(s, m, &v).excess, far_of(s, m)))
            break; /* memory is short: what there is serves */
    }
    s->rows = rows;
    s->n_kept = kept;
    s->window_ok = 0;
}

/* Score, tail and alarm of row s->rows, given what is remembered. 0, or -1: memory. */
static int score(struct stream *s, struct memory *m, struct verdict *out)
{
    s->measured = (struct measured){ 0 };
    read_row(s, m);
    density_note(s, m);
    struct evidence x = verdict_read(s, m, out);

    return !s->gen ? 0
           : s->one_number
               ? stream_calibrate_number(s, x.excess, depth_of(s, m), far_of(s, m), out)
           : s->by_sum ? stream_calibrate_sum(s, (float)x.sum, x.worst, out)
                       : stream_calibrate(s, x.excess, x.tokens, out);
}

int stream_push(struct stream *s, const struct stream_row *row, struct verdict *out)
{
    *out = (struct verdict){ .id = row->id,
                             .row = s->rows,
                             .ts = row->ts,
                             .gen = s->gen,
                             .tail = 1,
                             .row_tail = 1 };
    struct memory *m = memorise(s, row, &out->clamped);
    if (!m)
        return -1;
    lessons_recalled(s);
    if (score(s, m, out)) {
        free(m);
        s->window_ok = 0;
        return -1;
    }
    lessons_note(s, out, m);
    if (s->context)
        blame_row(&s->blame, out);
    out->state = !s->gen ? STREAM_LEARNING : out->alarm ? STREAM_ALARM : STREAM_NORMAL;
    keep_row(s, m);
    return 0;
}

int stream_score_again(struct stream *s)
{
    struct memory *m = s->kept[s->rows % STREAM_KEEPS];
    struct verdict v = { .ts = m->ts };

    if (score(s, m, &v))
        return -1;
    m->measured = s->measured;
    count_row(s);
    return 0;
}

enum stream_due stream_due(const struct stream *s)
{
    if (s->options.learn_off || s->rows == s->learned_at)
        return STREAM_NOTHING;
    if (!s->gen)
        return s->rows >= s->options.warmup ? STREAM_WARMUP : STREAM_NOTHING;
    return s->rows % STREAM_TURN == 0 ? STREAM_A_TURN : STREAM_NOTHING;
}

void stream_skip(struct stream *s)
{
    s->learned_at = s->rows;
}

void stream_facts(const struct stream *s, struct stream_facts *out)
{
    *out = (struct stream_facts){
        .gen = s->gen,
        .rows = s->rows,
        .last_id = s->last_id,
        .warmup = s->options.warmup,
        .state = !s->gen         ? STREAM_LEARNING
                 : s->alarm.open ? STREAM_ALARM
                                 : STREAM_NORMAL,
        .remembered = s->n_kept,
        .calibrated = s->yard.of[BY_ROW].tail.n,
        .params = gpt_shape_params(gpt_shape_of(s->gpt)),
        .alarm_rate = s->options.alarm_rate,
        .alarms = s->alarms,
        .scored = s->scored,
        .judged = s->judged,
        .waiting = s->waiting,
    };
}

const struct kiri_schema *stream_schema(const struct stream *s)
{
    return s->schema;
}
