/*
 * screen/terminal.h - what a tool knows about where it prints, and about being
 * interrupted.
 */
#ifndef KIRI_SCREEN_TERMINAL_H
#define KIRI_SCREEN_TERMINAL_H

#include "screen/canvas.h"

/* How to write to this file descriptor: its width (80 when it is no terminal); colours
 * on a terminal unless NO_COLOR is set or TERM is dumb; Unicode by the locale. */
struct style terminal_style(int fd);
unsigned terminal_rows(int fd); /* lines on the screen; 0: no terminal */
int terminal_is(int fd);

/* From here on SIGINT, SIGTERM and SIGHUP only raise a flag, and interrupt what blocks.
 */
void interrupt_catch(void);
int interrupted(void);
/* Waits, but not after an interrupt. */
void interrupt_sleep(int ms);

#endif
