/*
 * A host that is none: a bus whose messages are remembered, and a control socket that
 * gives them by since and snapshot, as docs/control.md says.
 */
#ifndef KIRI_TESTS_BUS_JOURNAL_H
#define KIRI_TESTS_BUS_JOURNAL_H

#include "world.h"

struct journal;

struct journal *journal_new(void);
void journal_free(struct journal *j); /* closes the bus, too */

/* A new run; the one before, if any, is as if killed. */
void journal_boot(struct journal *j, const char *boot);
/* Publishes, and journals it as the next message: kept back until journal_commit. Topics
 * log/ and heartbeat are not journalled. */
void journal_say(struct journal *j, const char *topic);
/* The same with this many bytes of text. */
void journal_say_long(struct journal *j, const char *topic, size_t bytes);
void journal_beat(struct journal *j);
/* What was said becomes part of the journal: all, or all but the last `but`, which are
 * lost for it. */
void journal_commit(struct journal *j);
void journal_lose(struct journal *j, size_t but);
/* Deletes all but the last `keep` of the journal. */
void journal_prune(struct journal *j, size_t keep);
/* From now on each command gets this sentence; NULL: an answer. */
void journal_refuse(struct journal *j, const char *sentence);
unsigned journal_asked(struct journal *j); /* since requests so far */

/* Everything ever said whose topic begins with prefix: [i] is "boot:seq"; NULL: no more.
 * Including what journal_lose() lost. */
const char *journal_said(struct journal *j, const char *prefix, size_t i);
struct bus *journal_bus(struct journal *j);

#endif
