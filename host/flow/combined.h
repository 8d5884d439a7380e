/*
 * flow/combined.h - what the atoms of a molecule say at once: its voices by name, its row
 * when one is complete (molecule.h), and what the message `molecule` says of it. For the
 * host, as rows are scored, and for `kiri replay`.
 *
 * A molecule of one atom would only repeat it: there is no row before a second one has
 * something to say. One caller at a time.
 */
#ifndef KIRI_FLOW_COMBINED_H
#define KIRI_FLOW_COMBINED_H

#include "base/buf.h"
#include "base/json.h"
#include "flow/molecule.h"
#include "flow/stream.h"

/* Among the store's scores: what an atom may not be called. There `surprise` is the nats
 * and `gen` how many atoms counted. */
#define COMBINED_NAME "molecule"

struct combined_voice {
    char name[33];      /* "": nobody's, any more */
    uint32_t period_ms; /* 0: none */
    double tail;        /* of its last row, (0, 1] */
    int speaks;         /* a row of it was scored by a trained model */
};

struct combined {
    struct molecule molecule; /* atom i of it is voice i */
    struct combined_voice *voice;
    uint32_t n, cap;
    double alarm_per_s; /* the budget */
    struct molecule_verdict last;
    int64_t last_ts; /* ms UTC of the last row, 0: there was none */
};

/* alarm_per_s: <= 0: one a day. */
void combined_init(struct combined *c, double alarm_per_s);
void combined_fini(struct combined *c);
/* Another budget, from the next row on. */
void combined_adjust(struct combined *c, double alarm_per_s);

/* An atom of that period may come to speak. 0, or -1 when memory is short. */
int combined_join(struct combined *c, const char *name, uint32_t period_ms);
/* What a verdict says of its row, for struct molecule_row. */
double combined_tail(const struct verdict *v);
/* The atom has a row: 1, c->last is the molecule's; 0, it has none yet; -1, memory is
 * short and it was not heard. */
int combined_push(struct combined *c, const char *name, const struct molecule_row *row);
/* The atom is gone. */
void combined_leave(struct combined *c, const char *name);
/* A row of before a restart, as store/ kept it (publish.c). 0, or -1: memory is short. */
int combined_again(struct combined *c, int64_t ts, float nats, uint32_t atoms);

/* Members of the message about c->last; whoever uses it checks buf_failed. */
void combined_message(const struct combined *c, struct buf *out);
/* The same into an object that is begun. */
void combined_members(const struct combined *c, struct jsonw *j);

#endif
