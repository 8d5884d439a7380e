/*
 * kiri demo - collects, learns, scores, and is provoked, in two minutes.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/units.h"
#include "cli/burn.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/demo_host.h"
#include "flow/stream.h"
#include "screen/screen.h"
#include "screen/terminal.h"
#include "screen/view.h"
#include "screen/view_demo.h"
#include "screen/view_number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS      200
#define LOOK_BURN_MS 50
#define SAY_MS       10000 /* between lines in a pipe */
#define SILENT_MS    15000 /* a busy host may take to answer */
#define QUIET_MS     60000
#define ALARM_MS     5000 /* within which the alarm must come */
#define BURN_MS      8000
#define SHOW_MS      2000 /* the burn goes on for so long after the alarm */

enum { PROVOKE, YES, KEEP };

/* Exit codes of its own, beside those of sysexits. */
enum { NO_ALARM = 1, WRONG_BLAME = 2, FALSE_ALARM = 3, INTERRUPTED = 130 };

struct demo {
    int provoke, yes, keep, drawn, ending;
    struct demo_host host;
    struct reach reach;
    json_t *status;
    enum demo_stage stage;
    int64_t began, since; /* mono ms: the demo, this stage */
    int64_t heard;        /* mono ms of the last status */
    int64_t said;         /* mono ms of the last line in a pipe */
    double alarms;        /* onsets when the quiet minute or the burn began */
    int false_alarm, code;
    pid_t burn;
    int64_t burn_from, alarm_at; /* mono ms; 0: not yet */
    char sentence[256];
    struct buf verdict; /* lines for the end */
};

static int64_t now_ms(void)
{
    return clock_mono(&clock_system);
}

static const json_t *atom_of(const struct demo *d)
{
    return json_array_get(json_object_get(d->status, "atoms"), 0);
}

static const json_t *last_of(const struct demo *d)
{
    return json_object_get(atom_of(d), "last");
}

static double number_of(const struct demo *d, const char *key)
{
    double x = view_number(atom_of(d), key);

    return isfinite(x) ? x : 0;
}

/* What happens now: on the picture, or as a line when it is no terminal. */
static void say(struct demo *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct demo *d, const char *fmt, ...)
{
    int64_t now = now_ms(), seconds = (now - d->began) / 1000;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(d->sentence, sizeof d->sentence, fmt, ap);
    va_end(ap);
    if (d->drawn)
        return;
    printf("%02d:%02d  %s\n", (int)(seconds / 60), (int)(seconds % 60), d->sentence);
    fflush(stdout);
    d->said = now;
}

static void enter(struct demo *d, enum demo_stage stage)
{
    d->stage = stage;
    d->since = now_ms();
    d->alarms = number_of(d, "alarms");
}

static void end(struct demo *d, int code)
{
    d->code = code;
    d->ending = 1;
}

/* ---- the burn ------------------------------------------------------------------------
 */

static void start_burn(struct demo *d)
{
    struct kiri_error err;
    unsigned cpus;
    int64_t bytes;
    char size[40];

    burn_plan("/proc", "/sys", &cpus, &bytes);
    number_unit((double)bytes, "B", size, sizeof size);
    enter(d, DEMO_BURNING);
    d->burn_from = d->since;
    d->burn = burn_start(cpus, bytes, BURN_MS, &err);
    if (d->burn < 0) {
        d->burn = 0;
        buf_putf(&d->verdict, "%s\n", err.text);
        end(d, (int)err.code);
        return;
    }
    say(d, "Burning %u CPU%s and %s of memory for %d s at most ...", cpus,
        cpus == 1 ? "" : "s", size, BURN_MS / 1000);
}

/* The alarm has come: how long it took, whom it blames, what was expected. */
static void judge_alarm(struct demo *d)
{
    const char *blame = view_text(last_of(d), "blame");
    double seconds = (double)(d->alarm_at - d->burn_from) / 1000;
    char rare[64];

    number_tail(view_number(last_of(d), "tail"), rare, sizeof rare);
    say(d, "Alarm %.1f s after the burn began: %s is blamed; %s.", seconds, blame, rare);
    buf_putf(&d->verdict, "Alarm %.1f s after the burn began; %s. Blamed: %s.\n", seconds,
             rare, blame);
    view_culprits(last_of(d), &d->verdict);
    if (d->alarm_at - d->burn_from > ALARM_MS) {
        buf_putf(&d->verdict, "That was later than %d s.\n", ALARM_MS / 1000);
        d->code = NO_ALARM;
    } else if (!view_is_burned(blame)) {
        buf_putf(&d->verdict, "But %s is not what was burned.\n", blame);
        d->code = WRONG_BLAME;
    } else if (d->false_alarm) {
        buf_puts(&d->verdict, "But there was an alarm before it, when nothing was "
                              "provoked.\n");
        d->code = FALSE_ALARM;
    }
}

static void burning(struct demo *d)
{
    int64_t now = now_ms();

    if (!d->alarm_at && number_of(d, "alarms") > d->alarms) {
        d->alarm_at = now;
        judge_alarm(d);
    }
    if (!d->alarm_at && now - d->since > BURN_MS) {
        say(d, "No alarm within %d s: was this machine as busy before?", BURN_MS / 1000);
        buf_putf(&d->verdict, "No alarm within %d s of the burn's begin.\n",
                 BURN_MS / 1000);
        d->code = NO_ALARM;
    }
    if (d->alarm_at ? now - d->alarm_at > SHOW_MS : d->code != 0) {
        burn_stop(d->burn);
        d->burn = 0;
        enter(d, DEMO_OVER);
    }
}

/* ---- stage after stage ----------------------------------------------------------------
 */

/* In a pipe: how far it is, now and then. */
static void say_progress(struct demo *d)
{
    double rows = number_of(d, "rows"), warmup = number_of(d, "warmup");

    if (d->drawn || now_ms() - d->said < SAY_MS)
        return;
    if (d->stage == DEMO_COLLECTING)
        say(d, "%.0f of %.0f rows.", rows, warmup);
    else if (d->stage == DEMO_SETTLING || d->stage == DEMO_QUIET)
        say(d, "%.0f rows scored; surprise %.2f nats, score %.1f, %.0f alarm%s.",
            number_of(d, "scored"), view_number(last_of(d), "surprise"),
            view_number(last_of(d), "score"), number_of(d, "alarms"),
            number_of(d, "alarms") == 1 ? "" : "s");
}

static void offer(struct demo *d)
{
    if (d->yes)
        say(d, d->provoke ? "A quiet minute first: nothing should be called odd."
                          : "A quiet minute: nothing should be called odd.");
    else
        say(d, "It knows what is usual here. Burn CPU and memory for some seconds? "
               "(y, or n to end)");
}

static void quiet(struct demo *d)
{
    if (!d->false_alarm && number_of(d, "alarms") > d->alarms) {
        d->false_alarm = 1;
        say(d, "An alarm, although nothing was provoked: %s.",
            view_text(last_of(d), "blame"));
        buf_puts(&d->verdict, "In the quiet minute:\n");
        view_culprits(last_of(d), &d->verdict);
    }
    if (!d->yes || now_ms() - d->since < QUIET_MS)
        return;
    if (d->provoke) {
        start_burn(d);
        return;
    }
    buf_putf(&d->verdict, "A minute of scores, %s.\n",
             d->false_alarm ? "with an alarm" : "no alarm");
    end(d, d->false_alarm ? FALSE_ALARM : 0);
}

static void advance(struct demo *d)
{
    char left[64];

    say_progress(d);
    switch (d->stage) {
    case DEMO_COLLECTING:
        if (number_of(d, "rows") < number_of(d, "warmup") || number_of(d, "warmup") <= 0)
            return;
        enter(d, DEMO_LEARNING);
        say(d, "Training a model of what is usual here ...");
        return;
    case DEMO_LEARNING:
        if (number_of(d, "gen") < 1)
            return;
        enter(d, DEMO_SETTLING);
        units_duration_print((int64_t)(STREAM_BLIND * number_of(d, "period_ms")), left,
                             sizeof left);
        say(d,
            "Trained. Scores, for %s without alarms: how odd is odd must be seen first.",
            left);
        return;
    case DEMO_SETTLING:
        if (number_of(d, "scored") <= STREAM_BLIND)
            return;
        enter(d, DEMO_QUIET);
        offer(d);
        return;
    case DEMO_QUIET: quiet(d); return;
    case DEMO_BURNING: burning(d); return;
    case DEMO_OVER:
        if (d->yes || !d->drawn)
            end(d, d->code);
        return;
    }
}

/* ---- looking and listening
 * ------------------------------------------------------------- */

static void draw(struct demo *d)
{
    struct size size = screen_size();
    struct style style = terminal_style(STDOUT_FILENO);
    struct buf frame = { 0 };

    style.width = size.width;
    view_demo(d->stage, d->sentence,
              d->stage == DEMO_QUIET && !d->yes ? "y burn  n, q end" : "q end", d->status,
              &style, size.height, &frame);
    screen_show(buf_text(&frame));
    buf_free(&frame);
}

static void obey(struct demo *d, int key)
{
    if (key == 'q' || key == 'Q' || key == KEY_ESCAPE || key == KEY_GONE)
        end(d, d->code);
    else if (d->stage != DEMO_QUIET || d->yes)
        return;
    else if (key == 'y' || key == 'Y')
        start_burn(d);
    else if (key == 'n' || key == 'N')
        end(d, 0);
}

/* The host has said where it is, within its time. */
static int find_host(struct demo *d, struct kiri_error *err)
{
    char *state = demo_host_state(&d->host);
    int rc = -1;

    while (!interrupted() && state) {
        if (demo_host_alive(&d->host, err))
            break;
        if (reach_find(&d->reach, NULL, state, err) == 0) {
            rc = 0;
            break;
        }
        reach_free(&d->reach);
        if (now_ms() - d->began > SILENT_MS)
            break;
        interrupt_sleep(LOOK_BURN_MS);
    }
    free(state);
    return rc;
}

/* A busy host may not answer in time; one that has ended never will. */
static int look(struct demo *d, struct kiri_error *err)
{
    json_t *status = reach_ask(&d->reach, "status", NULL, err);

    if (!status && demo_host_alive(&d->host, err))
        return -1;
    if (!status)
        return interrupted() || now_ms() - d->heard < SILENT_MS ? 0 : -1;
    d->heard = now_ms();
    json_decref(d->status);
    d->status = status;
    return 0;
}

static int show(struct demo *d, struct kiri_error *err)
{
    d->began = d->since = d->said = d->heard = now_ms();
    say(d, "Collecting what this machine does, four times a second.");
    if (find_host(d, err))
        return interrupted() ? 0 : -1;
    while (!d->ending && !interrupted()) {
        int ms = d->stage == DEMO_BURNING ? LOOK_BURN_MS : LOOK_MS;
        if (look(d, err))
            return interrupted() ? 0 : -1;
        advance(d);
        if (d->drawn) {
            draw(d);
            obey(d, screen_key(ms));
        } else if (!d->ending) {
            interrupt_sleep(ms);
        }
    }
    return 0;
}

static void conclude(struct demo *d)
{
    fputs(buf_text(&d->verdict), stdout);
    if (d->alarm_at && d->code == 0)
        puts("As it should be: no alarm before, and the right one in time.");
}

static int run(const struct call *call)
{
    struct kiri_error err = { 0 };
    struct demo d = { .provoke = call->value[PROVOKE] != NULL,
                      .yes = call->value[YES] != NULL,
                      .keep = call->value[KEEP] != NULL };
    int terminal = terminal_is(STDIN_FILENO) && terminal_is(STDOUT_FILENO);

    if (!terminal && !d.yes) {
        if (d.provoke) {
            kiri_fail(
                &err, KIRI_USAGE,
                "there is no terminal to ask on: say --yes, or leave out --provoke");
            return command_fail(&err);
        }
        d.yes = 1;
    }
    interrupt_catch();
    d.drawn = terminal && screen_open(&err) == 0;
    if (terminal && !d.drawn && !d.yes)
        return command_fail(&err);
    int rc = demo_host_start(&d.host, &err) || show(&d, &err) ? -1 : 0;
    burn_stop(d.burn);
    screen_close();
    if (rc == 0 && !interrupted())
        conclude(&d);
    if (d.keep && d.host.dir)
        printf("Kept: %s\n", d.host.dir);
    demo_host_end(&d.host, d.keep);
    reach_free(&d.reach);
    json_decref(d.status);
    buf_free(&d.verdict);
    if (rc)
        return command_fail(&err);
    rc = command_finish();
    return rc ? rc : interrupted() ? INTERRUPTED : d.code;
}

const struct command command_demo = {
    .name = "demo",
    .summary = "Shows on this machine what KIRI does, in two minutes.",
    .arguments = "",
    .about =
        "Runs a host of its own in a temporary folder, that watches this machine four\n"
        "times a second: half a minute of collecting, a second of training, then live\n"
        "scores. When it knows how odd is odd, it offers to burn CPU and memory for a\n"
        "few seconds, and shows the alarm, the words that are blamed, what was expected\n"
        "instead, and how long it took. Ctrl-C ends all of it at once; nothing is "
        "left.\n",
    .option = { { "provoke", NULL,
                  "Offers to burn CPU and memory; with --yes: does it,\n"
                  "                     after a quiet minute." },
                { "yes", NULL, "Asks nothing, and ends by itself." },
                { "keep", NULL, "Leaves the folder, with models and store." } },
    .examples = "  kiri demo\n"
                "  kiri demo --provoke --yes\n",
    .exits = "  0   shown; with --provoke: the right alarm in time, none before\n"
             "  1   the alarm came later than 5 s, or not at all\n"
             "  2   it blamed something else\n"
             "  3   there was an alarm in the quiet minute\n"
             "  64  the command line is wrong\n"
             "  69  the host has ended\n"
             "  130 it was interrupted\n",
    .run = run,
};
