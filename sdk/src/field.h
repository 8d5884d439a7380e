/*
 * field.h - what the rooms of the SDK ask about one field. Not installed.
 * Every function expects a field of a schema that passed kiri_schema_check, except where
 * check.c itself may call it (said there).
 */
#ifndef KIRI_SDK_FIELD_H
#define KIRI_SDK_FIELD_H

#include <kiri/atom.h>

#define KIRI_LEARNED_WORDS (32u + 6u) /* inner words, and three beyond each side */
#define KIRI_BYTES         256u

/* Does it have a place in the sentence? WORDS does, although its words are not ours. */
int kiri_field_speaks(const struct kiri_field *f);

/* How many values it can say, its missing word not counted; WORDS and the unspoken: 0. */
uint32_t kiri_field_values(const struct kiri_field *f);

/* The same with its missing word: how many ids it takes. */
uint32_t kiri_field_ids(const struct kiri_field *f);

/* How many values an HOUR, WEEKDAY or CHOICE takes before it is cut into words. */
uint32_t kiri_field_range(const struct kiri_field *f);

/* Its symbol as it is printed: the name unless it has one of its own. */
const char *kiri_field_symbol(const struct kiri_field *f);

/* Where bucket k of a LINEAR or LOG number begins; k = buckets gives hi. The one formula
 * by which both kiri_bucket and kiri_tokenize cut. check.c calls it once the range is
 * known to be finite and lo < hi. */
double kiri_field_edge(const struct kiri_field *f, uint32_t k);

#endif
