/*
 * screen/screen.h - a terminal of our own for as long as a picture is on it: alternate
 * screen, no cursor, keys as they are pressed.
 *
 * A frame is lines of text; only those that differ from the last frame are written, in
 * one write, inside a synchronized update: nothing flickers. However the program ends,
 * also by a signal or a fault of its own, the terminal is given back as it was.
 * One screen a process. Owner: the main thread.
 */
#ifndef KIRI_SCREEN_SCREEN_H
#define KIRI_SCREEN_SCREEN_H

#include "base/buf.h"
#include "base/error.h"
#include "screen/canvas.h"

struct size {
    unsigned width, height; /* columns, lines */
};

enum {
    KEY_NONE, /* nothing within the time: look at the clock, the size, interrupted() */
    KEY_UP = 256,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_ESCAPE,
    KEY_RESIZED,
    KEY_WOKEN, /* screen_wake() was called */
    KEY_GONE   /* the terminal was closed */
};

/* Takes the terminal of standard input and output. -1 and a sentence: KIRI_USAGE when one
 * of them is no terminal or it cannot move its cursor, KIRI_IO. Signals that end us raise
 * the flag of interrupted() (cli/terminal.h) from here on; Ctrl-Z is a key (26). */
int screen_open(struct kiri_error *err);
void screen_close(void); /* gives it back; may be called twice */
struct size screen_size(void);

/* Shows the lines of the text, at most the screen's height; a '\n' ends each. */
void screen_show(const char *text);
/* The next key: a character below 256 or one of these; waits at most ms. */
int screen_key(int ms);
void screen_wake(void); /* any thread: screen_key() returns KEY_WOKEN */

/* The pure parts. What to write so that `now` stands where `before` stood ("": nothing
 * did): both are lines; appends to out. */
void screen_difference(const char *before, const char *now, unsigned height,
                       struct buf *out);
/* Takes one key from the n bytes that came; *used says how many it was. */
int screen_decode(const char *bytes, size_t n, size_t *used);

#endif
