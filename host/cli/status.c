/*
 * kiri status - what the host's atoms are doing, once or each second.
 */
#include "cli/command.h"
#include "cli/common.h"
#include "screen/terminal.h"
#include "screen/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS 1000

enum { JSON, WATCH, BUS, STATE };

static void print_json(const json_t *status)
{
    char *text = json_dumps(status, JSON_COMPACT | JSON_PRESERVE_ORDER);

    if (text)
        puts(text);
    free(text);
}

static void print_lines(const json_t *status)
{
    struct buf text = { 0 };
    char clock[16] = "";
    time_t now = time(NULL);
    struct tm local;

    if (localtime_r(&now, &local))
        strftime(clock, sizeof clock, "%H:%M:%S", &local);
    view_lines(status, clock, &text);
    fputs(buf_text(&text), stdout);
    buf_free(&text);
}

static void print_view(const json_t *status)
{
    struct style style = terminal_style(STDOUT_FILENO);
    struct buf text = { 0 };

    view_status(status, &style, &text);
    fputs(buf_text(&text), stdout);
    buf_free(&text);
}

/* One screen over the last one, in one write: home, each line cleared to its end, the
 * rest of the screen cleared. What does not fit below is left out. */
static void redraw(const json_t *status)
{
    struct style style = terminal_style(STDOUT_FILENO);
    unsigned rows = terminal_rows(STDOUT_FILENO), row = 0;
    struct buf text = { 0 }, screen = { 0 };
    const char *line, *end;

    view_status(status, &style, &text);
    buf_puts(&screen, "\033[H");
    for (line = buf_text(&text); *line && (!rows || row + 1 < rows);
         line = end + 1, row++) {
        end = strchr(line, '\n');
        buf_put(&screen, line, (size_t)(end - line));
        buf_puts(&screen, "\033[K\n");
    }
    buf_puts(&screen, "\033[J");
    fwrite(screen.data, 1, screen.len, stdout);
    buf_free(&text);
    buf_free(&screen);
}

static int watch(const struct reach *reach, int json)
{
    struct kiri_error err = { 0 };
    int drawn = !json && terminal_is(STDOUT_FILENO), said = 0;

    interrupt_catch();
    while (!interrupted()) {
        json_t *status = reach_ask(reach, "status", NULL, &err);
        if (!status)
            break;
        if (drawn && !said)
            fputs("\033[?25l\033[2J", stdout); /* no cursor, an empty screen */
        said = 1;
        if (json)
            print_json(status);
        else if (drawn)
            redraw(status);
        else
            print_lines(status);
        json_decref(status);
        if (fflush(stdout))
            break;
        interrupt_sleep(REDRAW_MS);
    }
    if (drawn && said)
        fputs("\033[?25h\n", stdout);
    int rc = command_finish();
    if (interrupted() || rc)
        return rc;
    if (said)
        fprintf(stderr, "kiri: the host went away\n");
    return command_fail(&err);
}

static int run(const struct call *call)
{
    struct kiri_error err = { 0 };
    struct reach reach;
    int rc;

    if (reach_find(&reach, call->value[BUS], call->value[STATE], &err)) {
        reach_free(&reach);
        return command_fail(&err);
    }
    if (call->value[WATCH]) {
        rc = watch(&reach, call->value[JSON] != NULL);
        reach_free(&reach);
        return rc;
    }
    json_t *status = reach_ask(&reach, "status", NULL, &err);
    reach_free(&reach);
    if (!status)
        return command_fail(&err);
    if (call->value[JSON])
        print_json(status);
    else
        print_view(status);
    json_decref(status);
    return command_finish();
}

const struct command command_status = {
    .name = "status",
    .summary = "Shows what the running atoms see and how surprised they are.",
    .arguments = "",
    .about =
        "Shows the host, and for each atom: how it is, its recent surprise as a line,\n"
        "the last row's surprise, score and tail, alarms seen beside those promised,\n"
        "and the last row field by field with what was expected instead; of an odd text\n"
        "the letters that do not belong.\n"
        "\n"
        "  surprise  mean nats a word of the last row: what the model did not expect\n"
        "  score     how far out that is for this atom, in decades: 0 usual, 10 very "
        "odd\n"
        "  tail      how rare a row this odd is in the atom's own past\n"
        "  word      what the value was read as, such as C5, the sixth bucket of cpu\n",
    .option = { { "json", NULL, "The host's answer as one line of JSON." },
                { "watch", NULL, "Redraws each second. In a pipe: one line an atom." },
                OPTION_BUS,
                OPTION_STATE },
    .examples = "  kiri status\n"
                "  kiri status --watch\n"
                "  kiri status --json | jq '.atoms[].last.surprise'\n",
    .exits = "  0   shown, or stopped by Ctrl-C\n"
             "  64  the command line is wrong\n"
             "  69  no host answers, or it went away\n",
    .run = run,
};
