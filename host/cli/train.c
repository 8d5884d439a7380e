/*
 * kiri train - a model of what the lines of a file look like.
 */
#include "base/path.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/train_sessions.h"
#include "flow/lines.h"
#include "screen/terminal.h"
#include "screen/view_number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERRUPTED 130 /* 128 + SIGINT, as shells count */
#define MOST_STEPS  1000000

enum { TEXT, SESSIONS, SEED, OUT, STEPS, QUIET };

/* "fold 2 of 5  step 150 of 500  loss 1.92  held back 2.10  120,000 tokens/s  4 s left"
 */
static void describe(struct canvas *c, const struct school_progress *p, int64_t ms)
{
    double seconds = (double)(ms > 1 ? ms : 1) / 1e3;
    double steps = (double)(p->part - 1) * p->steps + p->step;
    double left = (double)p->parts * p->steps - steps;
    char rate[40], time[40];

    if (p->part < p->parts)
        canvas_textf(c, PLAIN, "fold %u of %u  ", p->part, p->parts - 1);
    canvas_textf(c, PLAIN, "step %u of %u  loss %.2f", p->step, p->steps,
                 (double)p->loss);
    if (isfinite(p->held_back))
        canvas_textf(c, PLAIN, "  held back %.2f", (double)p->held_back);
    number_count((double)p->tokens / seconds, rate, sizeof rate);
    units_duration_print((int64_t)(seconds * left / (steps > 0 ? steps : 1) + 1) * 1000,
                         time, sizeof time);
    canvas_textf(c, FAINT, "  %s tokens/s  %s left", rate, time);
}

static int tell(void *ctx, const struct school_progress *p)
{
    struct progress *progress = ctx;
    struct buf line = { 0 };
    struct canvas c = { .out = &line, .style = { .width = 512 } };

    if (interrupted())
        return 1;
    if (!progress_due(progress))
        return 0;
    describe(&c, p, progress_ms(progress));
    progress_say(progress, "%s", buf_text(&line));
    buf_free(&line);
    return 0;
}

static void conclude(const struct lines *m, const struct lines_report *r, const char *out)
{
    double level[LINES_STATISTICS];
    char rows[40];

    number_count((double)r->rows, rows, sizeof rows);
    printf("%s: learned %s line%s in %u steps", out, rows, r->rows == 1 ? "" : "s",
           r->steps);
    if (isfinite(r->held_back_loss))
        printf(", %.2f nats a token on lines it did not know", r->held_back_loss);
    printf("\n");
    if (r->cut)
        printf("%llu line%s longer than %u bytes: only the beginning was learned\n",
               (unsigned long long)r->cut, r->cut == 1 ? " was" : "s were", LINES_TAUGHT);
    if (r->empty)
        printf("%llu empty line%s left out\n", (unsigned long long)r->empty,
               r->empty == 1 ? " was" : "s were");
    if (r->held_back < PAST_ENOUGH)
        printf(
            "fewer than %u lines are too few to say what is anomalous: 'kiri score' will "
            "only give nats\n",
            PAST_ENOUGH);
    lines_levels(m, LINES_ODD, level);
    if (!isfinite(level[LINES_SUM]))
        return;
    printf("anomalous: %.1f nats or more in all", level[LINES_SUM]);
    if (isfinite(level[LINES_MEAN]))
        printf(", or %.2f a token", level[LINES_MEAN]);
    if (isfinite(level[LINES_WORST]))
        printf(", or %.1f in one", level[LINES_WORST]);
    printf("; so are %g%% of usual lines\n", 100 * LINES_ODD);
}

static int read_plan(const struct call *call, struct lines_plan *plan,
                     struct kiri_error *err)
{
    int64_t n;

    if (!call->value[TEXT] == !call->value[SESSIONS] || !call->value[OUT])
        return kiri_fail(err, KIRI_USAGE,
                         "train needs --out M and one of --text F and --sessions F");
    if (call->value[SEED]) {
        if (units_integer(call->value[SEED], &n) || n < 0)
            return kiri_fail(err, KIRI_USAGE, "--seed takes a number from 0 on, not '%s'",
                             call->value[SEED]);
        plan->seed = (uint64_t)n;
    }
    if (call->value[STEPS]) {
        if (units_integer(call->value[STEPS], &n) || n < 1 || n > MOST_STEPS)
            return kiri_fail(err, KIRI_USAGE, "--steps takes a number in 1..%d, not '%s'",
                             MOST_STEPS, call->value[STEPS]);
        plan->steps = (uint32_t)n;
    }
    return 0;
}

static int run(const struct call *call)
{
    struct kiri_error err = { 0 };
    struct lines_report report = { 0 };
    struct progress progress;
    struct lines_plan plan = { .seed = 1, .progress = tell, .ctx = &progress };
    struct lines *m = NULL;
    size_t len = 0;
    int rc;

    if (read_plan(call, &plan, &err))
        return command_fail(&err);
    if (call->value[SESSIONS])
        return train_sessions(
            &(struct train_sessions){ .from = call->value[SESSIONS],
                                      .out = call->value[OUT],
                                      .seed = plan.seed,
                                      .steps = plan.steps,
                                      .quiet = call->value[QUIET] != NULL });
    char *text =
        path_read(strcmp(call->value[TEXT], "-") == 0 ? "/dev/stdin" : call->value[TEXT],
                  LINES_FILE_MOST, &len, &err);
    if (!text)
        return command_fail(&err);
    interrupt_catch();
    progress_begin(&progress, call->value[QUIET] != NULL);
    m = lines_train(text, len, &plan, &report, &err);
    progress_wipe(&progress);
    if (m && interrupted())
        report.gave_up = 1;
    if (report.gave_up) {
        fprintf(stderr, "kiri: interrupted, nothing was written\n");
        rc = INTERRUPTED;
    } else if (!m) {
        kiri_fail_in(&err, "%s", call->value[TEXT]);
        rc = command_fail(&err);
    } else if (lines_save(m, call->value[OUT], &err)) {
        rc = command_fail(&err);
    } else {
        if (!progress.quiet)
            conclude(m, &report, call->value[OUT]);
        rc = command_finish();
    }
    lines_free(m);
    free(text);
    return rc;
}

const struct command command_train = {
    .name = "train",
    .summary = "Learns what the lines of a text file look like.",
    .arguments = "(--text F | --sessions F) --out M",
    .about =
        "Trains a tiny GPT over bytes (width 32, 4 heads, 2 layers) on a file with one\n"
        "text a line: file names, commands, identifiers. 32 lines are the least that\n"
        "'kiri score' can judge by; 88 take about a second. Lines that are held back "
        "from\n"
        "training end it when it no longer gets better, and tell how odd is odd: what "
        "is\n"
        "anomalous is kept in M and printed. Empty lines are left out, lines over 255\n"
        "bytes cut; CRLF ends are fine.\n"
        "\n"
        "With --sessions each line is one of words, such as log keys, between blanks:\n"
        "eight GPTs and counts of what followed up to five words, and the 1,000 most\n"
        "frequent words. Each session is held back once, by trainings of its own, to\n"
        "know how odd is odd.\n"
        "\n"
        "The same seed and lines give the same model. M is written at the end, whole or\n"
        "not at all; a file that was there is kept as M.prev.\n",
    .option = { { "text", "F",
                  "The file to learn from, a text a line; - is the\n"
                  "                     standard input." },
                { "sessions", "F", "The file to learn from, a session a line." },
                { "seed", "N", "Seed of weights and order. Default: 1." },
                { "out", "M", "The model file to write. Required." },
                { "steps", "N",
                  "Steps at most. Default: two a line, within 200..10000; of\n"
                  "                     each GPT of sessions 60..500 by their number." },
                { "quiet", NULL, "No progress, no summary." } },
    .examples =
        "  kiri train --text names.txt --out names.model\n"
        "  kiri train --sessions keys.txt --out keys.model\n"
        "  ls ~/Downloads | kiri train --text - --seed 7 --out downloads.model\n"
        "  find ~ -name '*.pdf' -printf '%f\\n' | kiri train --text - --out p.model\n",
    .exits = "  0    M is written\n"
             "  64   the command line is wrong\n"
             "  65   F has no line to learn from\n"
             "  66   F cannot be read\n"
             "  73   M cannot be written\n"
             "  130  Ctrl-C: nothing was written\n",
    .run = run,
};
