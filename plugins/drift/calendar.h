/*
 * drift/calendar.h - local days and hours, and dates as people and programs write them.
 *
 * A day is the calendar's, whatever the clocks did in it (23 to 25 hours): days are told
 * apart by their date, never by counting seconds. Time zone: the process's (TZ).
 */
#ifndef KIRI_DRIFT_CALENDAR_H
#define KIRI_DRIFT_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

/* What one row is about. A slot of a DAY: days since 1970-01-01 of its local date; of an
 * HOUR: that times 24, and the hour of the clock. */
enum calendar_step { CALENDAR_DAY, CALENDAR_HOUR };

/* The slot in which a moment (s UTC since 1970) lies. */
int64_t calendar_slot(enum calendar_step step, int64_t at);
/* s UTC: the first moment after the slot. Not after the end of the slot before: the
 * clocks skipped it. */
int64_t calendar_end(enum calendar_step step, int64_t slot);
/* s UTC: the first moment of the day to which a slot belongs. */
int64_t calendar_day_begin(enum calendar_step step, int64_t slot);

/* "2026-11-21" at s[n], more may follow: its day; -1: no date. */
int64_t calendar_date(const char *s, size_t n);
/* "2026-11-21T08:15:30Z" or "20261121T081530Z", all of s[n]: s UTC; -1: neither. */
int64_t calendar_stamp(const char *s, size_t n);
/* "2026-11-21" of a day, for people. */
void calendar_print(int64_t day, char *out, size_t cap);

#endif
