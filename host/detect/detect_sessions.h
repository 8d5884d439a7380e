/*
 * detect/detect_sessions.h - sessions of words through a model of theirs
 * (flow/sessions.h), a row of CSV out for each: `kiri detect --format sessions`.
 *
 * What --train has is learned at once, else the warm-up's sessions are; then each stands
 * alone, and none changes the model.
 */
#ifndef KIRI_DETECT_DETECT_SESSIONS_H
#define KIRI_DETECT_DETECT_SESSIONS_H

#include "detect/detect.h"

/* As detect_run, which calls it. */
int detect_sessions(const struct detect_options *o, struct output *out,
                    struct detect_report *report, struct kiri_error *err);

#endif
