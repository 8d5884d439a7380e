/*
 * xserver.h - idle time as an X server knows it: the screen saver extension's ms since
 * the user's last input, whatever window it went to.
 *
 * Speaks the four messages itself, over the server's local socket: Xlib would end this
 * process when the server goes away, and xcb waits for one that hangs. Each look
 * connects, asks and leaves, in at most SOURCE_PATIENCE_MS. Neither windows nor keys are
 * asked for.
 *
 * X Window System Protocol, X11R7.7 (Setup, QueryExtension); X11 Screen Saver Extension,
 * MIT X Consortium Standard 1.0 (QueryInfo).
 */
#ifndef KIRI_RHYTHM_XSERVER_H
#define KIRI_RHYTHM_XSERVER_H

#include "source.h"

/* display: ":0", or the path of the server's socket. cookies: an Xauthority file. */
enum source_answer xserver_look(const char *display, const char *cookies, int64_t now_ms,
                                int64_t *last, char *why);

#endif
