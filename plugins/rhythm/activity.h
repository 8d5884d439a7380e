/*
 * activity.h - from "when was the last input" to what a person means: how long away, how
 * much of the time at work, how long without a break.
 *
 * Pure: time is given. All times are ms UTC; 0: never. A clock that was set back makes
 * what lies in the future now.
 */
#ifndef KIRI_RHYTHM_ACTIVITY_H
#define KIRI_RHYTHM_ACTIVITY_H

#include <stdint.h>

/* What survives a restart. */
struct activity_past {
    int64_t last;  /* last input */
    int64_t begun; /* the block of work that it belongs to */
};

struct activity {
    struct activity_past past;
    int64_t break_ms;         /* so long without input ends a block */
    int64_t looked;           /* the last look; 0: none since the start */
    int64_t busy_ms, seen_ms; /* since the last row: at work, and known at all */
};

/* The last input was at `last`; 0: this source saw none. */
void activity_look(struct activity *a, int64_t now, int64_t last);
/* Nothing could be asked: the time since the last look is not known. */
void activity_blind(struct activity *a);

double activity_idle(const struct activity *a, int64_t now);  /* s; NaN: no input ever */
double activity_focus(const struct activity *a, int64_t now); /* minutes; 0: a break   */
/* % of the time since the last row in whose looks there was input, and a new row begins;
 * NaN when nothing is known of it. */
double activity_share(struct activity *a);

#endif
