#include "flow/atom_stream.h"

#include <stdio.h>

#define SEED   1u
#define WARMUP 750u
/* Of an atom that only its fd wakes: nothing says how many rows a day will bring, and a
 * budget of one alarm a day is one in so many rows. */
#define ROWS_A_DAY 1000

void atom_rules(const struct conf_atom *c, struct atom_rules *out)
{
    *out = (struct atom_rules){
        .period_ms = (uint32_t)c->every_ms,
        .alarm_per_s = c->alarm > 0 ? c->alarm : 1.0 / 86400,
        .warmup = c->warmup ? c->warmup : WARMUP,
        .learn_off = c->learn_off,
        .hold_ms = c->hold_ms,
    };
}

struct stream_options atom_options(const struct atom_rules *r)
{
    double per_row = r->period_ms ? r->alarm_per_s * r->period_ms / 1e3
                                  : r->alarm_per_s * 86400 / ROWS_A_DAY;

    return (struct stream_options){
        .seed = SEED,
        .warmup = r->warmup,
        .learn_off = r->learn_off,
        .hold_ms = r->hold_ms,
        .alarm_rate = per_row < 1 ? per_row : 1,
    };
}

struct stream *atom_stream(const struct kiri_atom *atom, const struct kiri_schema *schema,
                           const struct atom_rules *r, char *why, size_t cap)
{
    struct stream_options o = atom_options(r);

    if (atom->tokenize) {
        snprintf(why, cap,
                 "it brings a tokenizer of its own, which this version of KIRI does not "
                 "call yet: describe its words in the schema");
        return NULL;
    }
    return stream_new(schema, &o, why, cap);
}
