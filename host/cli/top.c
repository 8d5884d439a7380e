/*
 * kiri top - a live picture of the running host.
 */
#include "base/clock.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/feed.h"
#include "screen/screen.h"
#include "screen/terminal.h"
#include "screen/view_top.h"

#include <stdio.h>
#include <unistd.h>

#define FRAME_MS 50 /* no faster than that */
#define IDLE_MS  1000
#define FIRST_MS 400 /* what a single frame waits for the last events */

enum { ONCE, BUS, STATE };

static void draw(const struct feed_copy *now, struct top *top, struct size size,
                 struct buf *out)
{
    struct style style = terminal_style(STDOUT_FILENO);

    style.width = size.width;
    top->status = now->status;
    top->events = &now->events;
    top->trouble = now->trouble;
    view_top(top, &style, size.height, out);
}

static void scroll(struct top *top, const struct events *events, int by)
{
    unsigned most = events->n;

    if (by < 0 && top->back < (unsigned)-by)
        top->back = 0;
    else if (by > 0 && top->back + (unsigned)by > most)
        top->back = most;
    else
        top->back = (unsigned)((int)top->back + by);
}

/* 1: the key ends it. */
static int obey(struct top *top, const struct feed_copy *now, int key)
{
    unsigned n = (unsigned)json_array_size(json_object_get(now->status, "atoms"));

    if (top->help && key < KEY_RESIZED && key != KEY_NONE) {
        top->help = 0;
        return 0;
    }
    if (top->selected >= n)
        top->selected = n ? n - 1 : 0;
    switch (key) {
    case 'q':
    case 'Q':
    case KEY_ESCAPE:
    case KEY_GONE: return 1;
    case '?':
    case 'h': top->help = 1; break;
    case 'p':
    case ' ': top->paused = !top->paused; break;
    case 'k':
    case KEY_UP: top->selected -= top->selected > 0; break;
    case 'j':
    case KEY_DOWN: top->selected += top->selected + 1 < n; break;
    case KEY_HOME: top->selected = 0; break;
    case KEY_PAGE_UP: scroll(top, &now->events, 5); break;
    case KEY_PAGE_DOWN: scroll(top, &now->events, -5); break;
    case KEY_END: top->back = 0; break;
    default: break;
    }
    return 0;
}

static void watch(struct feed *feed)
{
    struct feed_copy now = { 0 };
    struct top top = { 0 };
    struct buf frame = { 0 };
    int64_t drawn = 0;
    int end = 0;

    while (!end && !interrupted()) {
        int64_t since = clock_mono(&clock_system) - drawn;
        if (since >= FRAME_MS) {
            if (!top.paused || !now.status)
                feed_look(feed, &now);
            buf_clear(&frame);
            draw(&now, &top, screen_size(), &frame);
            screen_show(buf_text(&frame));
            drawn = clock_mono(&clock_system);
            since = 0;
        }
        int key = screen_key(since ? (int)(FRAME_MS - since) : IDLE_MS);
        if (key == KEY_NONE || key == KEY_WOKEN)
            continue; /* many at once are one frame */
        end = obey(&top, &now, key);
        drawn = 0;
    }
    buf_free(&frame);
    feed_copy_free(&now);
}

static void print_frame(struct feed *feed)
{
    struct size size = { .width = terminal_style(STDOUT_FILENO).width,
                         .height = terminal_rows(STDOUT_FILENO) };
    struct feed_copy now = { 0 };
    struct buf frame = { 0 };
    struct top top = { 0 };

    interrupt_catch();
    interrupt_sleep(FIRST_MS);
    if (size.width < TOP_WIDTH)
        size.width = TOP_WIDTH;
    if (size.height <= TOP_HEIGHT)
        size.height = TOP_HEIGHT + 1;
    feed_look(feed, &now);
    draw(&now, &top, (struct size){ size.width, size.height - 1 }, &frame);
    fputs(buf_text(&frame), stdout);
    buf_free(&frame);
    feed_copy_free(&now);
}

static void no_news(void) {}

static int run(const struct call *call)
{
    struct kiri_error err = { 0 };
    int once = call->value[ONCE] != NULL;

    if (!once && (!terminal_is(STDIN_FILENO) || !terminal_is(STDOUT_FILENO))) {
        kiri_fail(&err, KIRI_USAGE,
                  "top draws on a terminal: 'kiri top --once' prints one picture, "
                  "'kiri status --watch' a line each second");
        return command_fail(&err);
    }
    struct feed *feed = feed_start(call->value[BUS], call->value[STATE],
                                   once ? no_news : screen_wake, &err);
    if (!feed)
        return command_fail(&err);
    int rc = 0;
    if (once)
        print_frame(feed);
    else if (screen_open(&err))
        rc = command_fail(&err);
    else
        watch(feed);
    screen_close();
    feed_stop(feed);
    return rc ? rc : command_finish();
}

const struct command command_top = {
    .name = "top",
    .summary = "Shows atoms, words and events of the running host as they change.",
    .arguments = "",
    .about =
        "A live picture: a line for each atom with its state, its surprise lately and\n"
        "its last score; the last row of the selected atom word by word, with its nats\n"
        "and what was expected instead; and what happened: alarms, lessons, health, log\n"
        "lines. A host that goes away is looked for until it is back.\n"
        "\n"
        "Keys: q quit, arrows select an atom, p pause, PgUp and PgDn older and newer\n"
        "events, ? help. It needs 80 columns and 24 lines, and follows the terminal's\n"
        "size. NO_COLOR switches colours off; Unicode follows the locale.\n",
    .option = { { "once", NULL, "Prints one picture, also into a pipe." },
                OPTION_BUS,
                OPTION_STATE },
    .examples = "  kiri top\n"
                "  kiri top --once | head -5\n",
    .exits = "  0   you quit, or it was interrupted\n"
             "  64  the command line is wrong, or this is no terminal\n"
             "  69  no host answers\n",
    .run = run,
};
