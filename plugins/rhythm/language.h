/* language.h - the words of rhythm: the default language, and the published 30. */
#ifndef KIRI_RHYTHM_LANGUAGE_H
#define KIRI_RHYTHM_LANGUAGE_H

#include <kiri/atom.h>

/* On a LOG scale all that is less than lo is the same; `none` of a count is .5. */
#define IDLE_FLOOR 15
#define COUNT_ZERO .5

enum { IDLE, ACTIVE, FOCUS, GIT, COMMITS, SWITCHES, HOUR, WEEKDAY };
enum { C_IDLE, C_ACTIVITY, C_HOUR, C_WEEKDAY };

extern const struct kiri_schema rhythm_default, rhythm_classic;

#endif
