/*
 * cli/when.h - a moment as people write it: "2026-11-21", "2026-11-21T04:15",
 * "2026-11-21T04:15:30Z", "1763679600123" (ms UTC), "10m" (so long ago). Without Z the
 * local time is meant.
 */
#ifndef KIRI_CLI_WHEN_H
#define KIRI_CLI_WHEN_H

#include "base/error.h"

#include <stdint.h>

/* option: for the sentence, "--from". 0, or -1 and a sentence (KIRI_USAGE). */
int when_read(const char *option, const char *text, int64_t now_ms, int64_t *out,
              struct kiri_error *err);

#endif
