/*
 * flow/message.h - what the messages about an atom say: the members of their JSON after
 * those that every message has (bus/envelope.h). Pure: the host publishes them, `kiri
 * replay` prints the same.
 *
 * All append to *out ("\"id\":7,..." without braces); whoever uses it checks buf_failed.
 */
#ifndef KIRI_FLOW_MESSAGE_H
#define KIRI_FLOW_MESSAGE_H

#include "base/buf.h"
#include "base/json.h"
#include "flow/stream.h"

struct retraining;
/* obs/A. values: the finished JSON object of values_write. label: NULL: none. */
void message_obs(uint64_t id, const struct buf *values, const char *label,
                 struct buf *out);
/* score/A. fields: the finished JSON array of verdict_fields. */
void message_score(const struct kiri_schema *s, const struct verdict *v,
                   const struct buf *fields, struct buf *out);
/* model/A: what came of a learning after `rows` rows. ms: how long it took; < 0: not
 * said. */
void message_model(const struct stream_lesson *l, uint64_t rows, int64_t ms,
                   struct buf *out);
/* model/A: what came of a retraining or a rollback; gen: the live generation now. */
void message_retrain(const struct retraining *r, uint64_t gen, uint64_t rows,
                     struct buf *out);
/* The same members in an object that is begun: for status, too. */
void message_retrain_members(const struct retraining *r, struct jsonw *j);
/* atom/A: how it is and why. */
void message_atom(const char *state, const char *note, struct buf *out);

#endif
