/*
 * Training a text model: the lines as rows of the school (stream_school.h).
 */
#include "flow/lines_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  32u
#define HEADS  4u
#define LAYERS 2u

struct row {
    const char *text;
    uint32_t len;
};

/* The lines of a text. */
struct pupils {
    const struct lines_plan *plan;
    struct row *row; /* [n] */
    uint32_t n, longest;
    uint16_t *ids; /* [SCHOOL_BATCH][longest + 2]: BOS, the bytes, BOS */
};

/* ---- rows ------------------------------------------------------------------------ */

/* The next line of text[len) from *at on; 0 at the end. */
static int next_row(const char *text, size_t len, size_t *at, struct row *row,
                    int *was_cut)
{
    if (*at >= len)
        return 0;
    const char *begin = text + *at, *end = memchr(begin, '\n', len - *at);
    size_t n = end ? (size_t)(end - begin) : len - *at;
    *at += n + 1;
    if (end && n && begin[n - 1] == '\r')
        n--;
    *was_cut = n > LINES_TAUGHT;
    *row = (struct row){ begin, *was_cut ? LINES_TAUGHT : (uint32_t)n };
    return 1;
}

static int take_rows(struct pupils *s, const char *text, size_t len,
                     struct lines_report *report, struct kiri_error *err)
{
    struct row row;
    uint32_t cap = 0;
    int was_cut;

    for (size_t at = 0; next_row(text, len, &at, &row, &was_cut);) {
        if (!row.len) {
            report->empty++;
            continue;
        }
        if (s->n == cap) {
            cap = cap ? cap * 2 : 1024;
            struct row *more = realloc(s->row, cap * sizeof *more);
            if (!more)
                return kiri_fail(err, KIRI_INTERNAL, "memory is short");
            s->row = more;
        }
        s->row[s->n++] = row;
        report->cut += (uint64_t)was_cut;
        if (row.len > s->longest)
            s->longest = row.len;
    }
    if (!s->n)
        return kiri_fail(err, KIRI_BAD_DATA, "there is no line to learn from");
    report->rows = s->n;
    s->ids = calloc((size_t)SCHOOL_BATCH * (s->longest + 2), sizeof *s->ids);
    return s->ids ? 0 : kiri_fail(err, KIRI_INTERNAL, "memory is short");
}

/* ---- training -------------------------------------------------------------------- */

static void one_row(void *ctx, uint32_t i, uint32_t slot, struct gpt_example *out)
{
    const struct pupils *s = ctx;
    const struct row *row = &s->row[i];
    uint16_t *ids = s->ids + (size_t)slot * (s->longest + 2);

    ids[0] = ids[row->len + 1] = LINES_BOS;
    for (uint32_t t = 0; t < row->len; t++)
        ids[t + 1] = (unsigned char)row->text[t];
    *out = (struct gpt_example){
        .n = row->len + 1, .id = ids, .next = ids + 1, .weight = 1
    };
}

static int on_progress(void *ctx, const struct school_progress *p)
{
    const struct pupils *s = ctx;

    return s->plan->progress ? s->plan->progress(s->plan->ctx, p) : 0;
}

/* What was learned as a model that can score. NULL when memory is short. */
static struct lines *model_of(const struct pupils *s, struct school_result *learned)
{
    struct lines *m = lines_new(LINES_TEXT, learned->gpt, &(struct vocab){ 0 });

    learned->gpt = NULL;
    if (!m)
        return NULL;
    m->facts = (struct lines_facts){ .rows = s->n,
                                     .seed = s->plan->seed,
                                     .steps = learned->steps,
                                     .held_back_loss = learned->held_back_loss };
    if (lines_calibrate(m, learned->mark, learned->held) == 0)
        return m;
    lines_free(m);
    return NULL;
}

static struct lines *train(struct pupils *s, struct lines_report *report,
                           struct kiri_error *err)
{
    const struct school_plan plan = { .shape = { .vocab = LINES_BOS + 1,
                                                 .width = WIDTH,
                                                 .heads = HEADS,
                                                 .layers = LAYERS,
                                                 .context = s->longest + 1 },
                                      .seed = s->plan->seed,
                                      .steps = s->plan->steps,
                                      .n = s->n,
                                      .row = one_row,
                                      .progress = on_progress,
                                      .ctx = s };
    struct school_result learned;
    struct lines *m = NULL;

    switch (school_train(&plan, &learned)) {
    case SCHOOL_GAVE_UP: report->gave_up = 1; break;
    case SCHOOL_DIVERGED:
        kiri_fail(err, KIRI_INTERNAL, "the training diverged; try another --seed");
        break;
    case SCHOOL_NO_MEMORY: kiri_fail(err, KIRI_INTERNAL, "memory is short"); break;
    case SCHOOL_DONE:
        report->held_back = learned.held;
        report->steps = learned.steps;
        report->held_back_loss = learned.held_back_loss;
        m = model_of(s, &learned);
        if (!m)
            kiri_fail(err, KIRI_INTERNAL, "memory is short");
        break;
    }
    school_result_free(&learned);
    return m;
}

struct lines *lines_train(const char *text, size_t len, const struct lines_plan *plan,
                          struct lines_report *report, struct kiri_error *err)
{
    struct pupils s = { .plan = plan };
    struct lines *m = NULL;

    *report = (struct lines_report){ 0 };
    if (take_rows(&s, text, len, report, err) == 0)
        m = train(&s, report, err);
    free(s.row);
    free(s.ids);
    return m;
}
