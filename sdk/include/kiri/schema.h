/*
 * kiri/schema.h - pure functions over a schema: check, vocabulary, hash, tokens, words.
 * No I/O, no allocation, no state: the host, the tests and any atom may call them from
 * any thread. All but kiri_schema_check expect a schema that passed it.
 *
 * Token ids: the fields that speak, in order, each its values and then its missing word
 * unless ALWAYS; BOS is the last id (vocab - 1) and also ends TEXT and WORDS. HOUR and
 * WEEKDAY speak only with SPOKEN; otherwise they are rows of the side embedding.
 */
#ifndef KIRI_SCHEMA_H
#define KIRI_SCHEMA_H

#include <kiri/atom.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIRI_MAX_FIELDS 64u
#define KIRI_MAX_LEN    256u /* bytes of a TEXT, words of a WORDS                      */
#define KIRI_MAX_VOCAB  65535u
#define KIRI_SIDE_ROWS  31u /* hours 0..23, then weekdays 24..30                       */
#define KIRI_SIDE_NONE  0xffffu
#define KIRI_WORD_CAP   72u /* a buffer of this size holds every word, NUL included     */

/* Checks every rule written beside struct kiri_field and struct kiri_schema. Returns 0,
 * or -1 and one sentence for a person in why[cap], naming the field: "cpu: lo must be <
 * hi". Trusts no pointer's contents beyond what the rules bound: it reads at most 257
 * choices, 33 bytes of a name or word, unit and help not at all. LEARNED and WORDS are
 * valid. Refused beside those rules: a schema in which no field is scored; a range so
 * narrow or so wide that its buckets are not distinct finite numbers; DECIDED on anything
 * but a CHOICE, or together with CONTEXT; SPOKEN on anything but HOUR and WEEKDAY; a
 * second unspoken HOUR or WEEKDAY. */
int kiri_schema_check(const struct kiri_schema *s, char *why, size_t cap);

/* Number of distinct tokens, BOS included. LEARNED counts 32 + 6 inner and outer words.
 * WORDS has no fixed vocabulary: it counts 0 values here; its words are the language's.
 */
uint32_t kiri_schema_vocab(const struct kiri_schema *s);
uint32_t kiri_schema_bos(const struct kiri_schema *s); /* vocab - 1 */

/* The ids of field f < n_fields: *first and how many, the missing word included. 0: it
 * has no id of its own (an unspoken clock; WORDS with ALWAYS). */
uint32_t kiri_schema_words(const struct kiri_schema *s, uint32_t f, uint32_t *first);

/* Longest token sequence of one observation, BOS not counted; but TEXT and WORDS count
 * max_len + 1, because BOS ends them. */
uint32_t kiri_schema_max_tokens(const struct kiri_schema *s);

/* Past observations the model sees: s->context, or the default: none with TEXT or WORDS,
 * 64 if one field speaks, else 8. */
uint32_t kiri_schema_context(const struct kiri_schema *s);

/* Does some field feed the side embedding? Then a model has KIRI_SIDE_ROWS of it. */
int kiri_schema_has_sides(const struct kiri_schema *s);

/* Identity of the language a model speaks: names, symbols, kinds, flags, scales, ranges,
 * choices, lengths, order, context, aggregate; not unit, help or period, nor a member
 * that the field's kind and scale do not use. As the author wrote it: context 0 and its
 * default spelled out are two languages. A model trained under another hash must not be
 * loaded. FNV-1a, 64 bit, over a canonical spelling: the same on every machine. */
uint64_t kiri_schema_hash(const struct kiri_schema *s);

/* The default tokenizer: in[s->n_fields] -> out[cap], in schema order, BOS only where it
 * ends a TEXT. Returns the number of tokens, or KIRI_EBUG when cap is too small or the
 * schema has a LEARNED or WORDS field (whose words belong to a learned language, not to
 * the schema); then out[] holds nothing of use.
 *   A number on the edge of two buckets belongs to the upper one, hi to the last. Outside
 * it is clamped. An index that a CHOICE, HOUR or WEEKDAY does not have is as good as
 * missing. A missing TEXT is its missing word alone, without BOS. Missing although ALWAYS
 * is the first word, or an empty TEXT.
 *   Adds to *clamped the values out of range, too long, not there, or missing although
 * ALWAYS (nothing on an error); may be NULL. */
int kiri_tokenize(const struct kiri_schema *s, const union kiri_value *in,
                  struct kiri_token *out, uint32_t cap, uint32_t *clamped);

/* The rows of the side embedding that this observation's hour and weekday add: row[0] the
 * hour's, row[1] the weekday's; KIRI_SIDE_NONE where there is none. */
void kiri_sides(const struct kiri_schema *s, const union kiri_value *in, uint16_t row[2]);

/* The word as people read it; no two ids have the same, but for bytes of several TEXTs:
 *   NUMBER, HOUR, WEEKDAY  symbol and index, "C5"; a symbol that ends in a digit is set
 *                          apart by a colon, "load1:5", so that "load15" is never load1's
 *   CHOICE                 "net=up"; with a symbol of its own like a number, "N1"
 *   TEXT                   the byte itself if it is printable ASCII, else "\x0a"
 *   missing                "C?"
 *   BOS                    "<end>"; an id outside the vocabulary "<unknown>"
 * NUL-terminated unless cap is 0. Returns the length (cut at cap - 1). */
int kiri_word(const struct kiri_schema *s, uint32_t id, char *buf, size_t cap);

/* The field that speaks this id, or n_fields for BOS and beyond. */
uint32_t kiri_field_of(const struct kiri_schema *s, uint32_t id);

/* What bucket k < buckets of a LINEAR or LOG number covers: [*lo, *hi), the last one hi
 * too. Exactly what kiri_tokenize cuts by. LOG: edge k is lo * (hi / lo)^(k / buckets).
 */
void kiri_bucket(const struct kiri_field *f, uint32_t k, double *lo, double *hi);

/* Sets every value of v[n_fields] to "missing" for its kind. */
void kiri_missing(const struct kiri_schema *s, union kiri_value *v);
int kiri_is_missing(const struct kiri_field *f, const union kiri_value *v);

#ifdef __cplusplus
}
#endif

#endif /* KIRI_SCHEMA_H */
