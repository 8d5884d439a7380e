/*
 * detect/plan_time.h - which column has the times, and how far apart they are.
 */
#ifndef KIRI_DETECT_PLAN_TIME_H
#define KIRI_DETECT_PLAN_TIME_H

#include "detect/plan.h"

/* Fills p->time and p->period_ms. wish: as in struct plan_wish. 0, or -1 and a sentence:
 * there is no such column, or it holds no times. */
int plan_time(struct plan *p, struct source *s, const struct sample *sample,
              const char *wish, struct kiri_error *err);

#endif
