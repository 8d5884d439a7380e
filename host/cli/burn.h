/*
 * cli/burn.h - a child that keeps the CPUs busy and memory taken, for a demonstration. It
 * ends after its time, and at once when we end, however that is.
 */
#ifndef KIRI_CLI_BURN_H
#define KIRI_CLI_BURN_H

#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

#define BURN_SHARE 5           /* it takes at most a fifth of the memory that is left */
#define BURN_MOST  (4LL << 30) /* bytes, and no more than that */

/* What a burn would take here: a thread for each CPU that we may use, and bytes by
 * MemAvailable of procfs and the limit of our control group below sysfs. */
void burn_plan(const char *procfs, const char *sysfs, unsigned *cpus, int64_t *bytes);

pid_t burn_start(unsigned cpus, int64_t bytes, int64_t ms,
                 struct kiri_error *err); /* -1 */
void burn_stop(pid_t child);              /* at once; 0 is fine */

#endif
