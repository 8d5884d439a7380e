/*
 * bench/engine/team.h - a few threads for gpt_parallel: woken for a step, asleep between.
 */
#ifndef KIRI_BENCH_ENGINE_TEAM_H
#define KIRI_BENCH_ENGINE_TEAM_H

#include "engine/gpt.h"

struct team;
/* `threads` with the caller's. NULL: they cannot be started. */
struct team *team_new(unsigned threads);
void team_free(struct team *t); /* NULL is fine */
/* As long as the team lives. */
const struct gpt_parallel *team_parallel(const struct team *t);

#endif
