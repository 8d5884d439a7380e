/*
 * presence.h - when was the last input? Asked of the first source that works: logind,
 * then an X server, then the terminals.
 *
 * The one in use is asked at every look; better ones again with every row, worse ones
 * only when the one in use was silent for three rows, so that one bad moment does not
 * swap what idle time means. Every change is said in the log, once.
 */
#ifndef KIRI_RHYTHM_PRESENCE_H
#define KIRI_RHYTHM_PRESENCE_H

#include "login.h"

#include <kiri/atom.h>

enum presence_source { LOGIND, XSERVER, TERMINALS, N_SOURCES };

struct presence {
    const struct kiri_host *host;
    struct login login;
    const char *display, *cookies, *dev; /* the owner's; live as long as this */
    unsigned allowed;                    /* 1 << enum presence_source: ask this one */
    unsigned in_use;                     /* N_SOURCES: none */
    unsigned silent;                     /* rows since the one in use answered */
    int told;                            /* the log knows that there is none */
};

/* with_row: this look is for a row. */
enum source_answer presence_look(struct presence *p, int with_row, int64_t now_ms,
                                 int64_t *last);
void presence_leave(struct presence *p);

#endif
