/*
 * drift/language.h - the two languages that drift speaks.
 */
#ifndef KIRI_DRIFT_LANGUAGE_H
#define KIRI_DRIFT_LANGUAGE_H

#include <kiri/atom.h>

/* Fields, in order; the published language has HOUR where the other has OPEN. */
enum { ADDED, DONE, SWITCHES, OPEN, WEEKDAY };

/* The default language: one row a day. */
extern const struct kiri_schema drift_default;
/* The published one: one row an hour, of the day so far. */
extern const struct kiri_schema drift_classic;

#endif
