#include "cli/train_sessions.h"

#include "base/buf.h"
#include "base/parallel.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "detect/source.h"
#include "flow/calibrate.h"
#include "flow/sessions.h"
#include "screen/terminal.h"
#include "screen/view_number.h"

#include <inttypes.h>
#include <math.h>

#define INTERRUPTED 130 /* 128 + SIGINT, as shells count */

/* What was read. */
struct school {
    struct lessons *lessons;
    uint64_t empty, cut, left_out;
};

static int look(void *ctx)
{
    (void)ctx;
    return interrupted();
}

static int tell(void *ctx, const struct chorus_progress *p)
{
    struct progress *progress = ctx;
    char left[48];

    if (interrupted())
        return 1;
    if (progress_due(progress))
        progress_say(progress, "step %u of %u  loss %.2f%s", p->step, p->steps,
                     (double)p->loss,
                     progress_left(progress, (double)p->step / p->steps, left));
    return 0;
}

static int take(struct school *s, const struct record *row, struct kiri_error *err)
{
    struct word word[SOURCE_COLUMNS];

    for (uint32_t i = 0; i < row->n; i++)
        word[i] = (struct word){ row->cell[i].text, row->cell[i].len };
    int rc = lessons_add(s->lessons, word, row->n);
    s->empty += !row->n;
    s->cut += (row->flaws & FLAW(FLAW_CUT)) != 0;
    s->left_out += rc > 0;
    return rc < 0 ? kiri_fail(err, KIRI_INTERNAL, "memory is short") : 0;
}

/* 0; 1: interrupted; -1 and a sentence. */
static int read_all(struct school *s, const char *path, struct kiri_error *err)
{
    const struct source_options o = { .format = SOURCE_SESSIONS, .wait = look };
    struct source *from = source_open(path, &o, err);
    struct record row;
    int rc = 0, got = 0;

    if (!from)
        return interrupted() ? 1 : -1;
    while (!rc && (got = source_next(from, &row, err)) == 1)
        rc = interrupted() ? 1 : take(s, &row, err);
    if (got == 2)
        rc = 1;
    else if (got < 0)
        rc = -1;
    s->empty += source_trailing(from);
    source_close(from);
    return rc;
}

static void conclude(const struct school *s, const struct sessions *m, const char *out)
{
    const struct sessions_facts *f = sessions_facts(m);
    char rows[40];

    number_count((double)f->rows, rows, sizeof rows);
    printf("%s: learned %s session%s of %u words in %" PRIu64 " steps of %u GPTs", out,
           rows, f->rows == 1 ? "" : "s", words_count(sessions_words(m)), f->steps,
           CHORUS_VOICES);
    if (isfinite(f->held_back_loss))
        printf(", %.2f nats a word in sessions it did not know", f->held_back_loss);
    printf("\n");
    if (s->cut)
        printf("%" PRIu64 " session%s longer than %u words: only the beginning counts\n",
               s->cut, s->cut == 1 ? " was" : "s were", SOURCE_COLUMNS);
    if (s->empty)
        printf("%" PRIu64 " empty line%s left out\n", s->empty,
               s->empty == 1 ? " was" : "s were");
    if (s->left_out)
        printf("%" PRIu64 " session%s no room\n", s->left_out,
               s->left_out == 1 ? " had" : "s had");
    if (!sessions_calibrated(m))
        printf("fewer than %u sessions are too few to say what is anomalous: 'kiri "
               "score' will only give nats\n",
               PAST_ENOUGH);
}

int train_sessions(const struct train_sessions *t)
{
    struct kiri_error err = { 0 };
    struct school s = { .lessons = lessons_new() };
    struct gpt_parallel par = { .run = parallel_run };
    struct progress progress;
    struct sessions_plan plan = { .seed = t->seed,
                                  .steps = t->steps,
                                  .progress = tell,
                                  .ctx = &progress,
                                  .par = &par };
    struct sessions *m = NULL;
    int rc = -1, code;

    interrupt_catch();
    progress_begin(&progress, t->quiet);
    if (!s.lessons)
        kiri_fail(&err, KIRI_INTERNAL, "memory is short");
    else
        rc = read_all(&s, t->from, &err);
    if (!rc && !(m = sessions_train(s.lessons, &plan, &err)))
        rc = err.code == KIRI_FINE ? 1 : kiri_fail_in(&err, "%s", t->from);
    progress_wipe(&progress);
    if (rc > 0 || (!rc && interrupted())) {
        fprintf(stderr, "kiri: interrupted, nothing was written\n");
        code = INTERRUPTED;
    } else if (rc || sessions_save(m, t->out, &err)) {
        code = command_fail(&err);
    } else {
        if (!t->quiet)
            conclude(&s, m, t->out);
        code = command_finish();
    }
    sessions_free(m);
    lessons_free(s.lessons);
    return code;
}
