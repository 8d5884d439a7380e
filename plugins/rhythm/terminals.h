/*
 * terminals.h - idle time as `w` sees it: when a terminal was last read from.
 *
 * The kernel notes that to 8 seconds (tty_update_time). Right for consoles, ssh and
 * everything typed into a terminal; a desktop's mouse and windows do not show here.
 */
#ifndef KIRI_RHYTHM_TERMINALS_H
#define KIRI_RHYTHM_TERMINALS_H

#include "source.h"

/* Looks at DEV/ttyN and DEV/pts/N. SILENT when there is none of them. */
enum source_answer terminals_look(const char *dev, int64_t now_ms, int64_t *last,
                                  char *why);

#endif
