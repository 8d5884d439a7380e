/*
 * flow/molecule.h - how odd is what several atoms say at once?
 *
 * Two atoms that are each a little odd in the same minute are a rarity that neither can
 * tell: the molecule's rows are Fisher's sum of -ln tail over the atoms whose last row is
 * young (Fisher, "Statistical methods for research workers", 1932), told in decades of
 * the chi-square tail that it has when atoms know nothing of each other, so that it says
 * the same whatever their number. What they do know of each other is in the molecule's
 * past: its tail is measured against its own normal rows, as an atom's is (calibrate.h);
 * a week has few as odd as a budget asks for, so the first rows of this past are
 * theory's.
 *
 * A row of the molecule is complete when every young atom of the shortest period has
 * spoken within half of it. When there was none for one and a half, nobody is waited for.
 * Slower atoms count with the row that they had. An atom without a period speaks when it
 * has something to say; it completes a row, and counts in this one only.
 *
 * Pure, with visible state; no clock, no I/O, no threads: one caller at a time.
 */
#ifndef KIRI_FLOW_MOLECULE_H
#define KIRI_FLOW_MOLECULE_H

#include "flow/calibrate.h"

#include <stddef.h>
#include <stdint.h>

#define MOLECULE_YOUNG 3u   /* periods: an older row does not count */
#define MOLECULE_GUARD 20u  /* newest rows that are no past yet */
#define MOLECULE_PRIOR 256u /* rows that theory tells, before there are any */

/* What an atom said last. */
struct molecule_atom {
    int64_t ts;         /* ms UTC */
    uint32_t period_ms; /* 0: it has none */
    float nats;         /* -ln of its tail; NaN: it cannot say */
    int counted;        /* in the molecule's last row */
};

struct molecule {
    struct molecule_atom *atom; /* [n], by the caller's numbers; grows */
    uint32_t n;
    double rate;      /* budget: P(a normal row opens an alarm) */
    struct past past; /* of normal rows: Fisher's sum as -ln of its chi-square tail */
    struct {
        float nats;
        int counts, cut;       /* it is a normal row; as hardly more than an alarm */
    } guarded[MOLECULE_GUARD]; /* oldest first */
    uint32_t n_guarded;
    struct alarm alarm;
    uint32_t open_rows; /* of the open alarm */
    int64_t ts;         /* of the last row; rows = 0: there was none */
    uint64_t rows, alarms;
};

/* A row of one atom. */
struct molecule_row {
    int64_t ts;         /* ms UTC */
    uint32_t period_ms; /* of the atom; 0: none */
    double tail;        /* P(a normal row of it is as odd), (0, 1]; NaN: it cannot say */
};

struct molecule_verdict {
    int complete;   /* 0: the molecule has no row yet; then nothing else is set */
    uint32_t atoms; /* that counted; each says `counted` */
    float sum;      /* Fisher's: sum of -ln tail, nats */
    float nats;     /* -ln of the chi-square tail of that */
    float score;    /* decades, 0..20 */
    float tail;     /* P(a normal row begins to be so odd), (0, 1] */
    int alarm;      /* 1: an alarm is open */
    int onset, closed;
};

void molecule_init(struct molecule *m, double rate);
void molecule_fini(struct molecule *m);

/* Atom number `atom` has a row. 0, or -1 when memory is short: it was not heard. */
int molecule_push(struct molecule *m, uint32_t atom, const struct molecule_row *row,
                  struct molecule_verdict *out);
/* A row of before a restart, as it was told: its nats and how many atoms counted. 0, or
 * -1 when memory is short. */
int molecule_again(struct molecule *m, float nats, uint32_t atoms,
                   struct molecule_verdict *out);
/* The atom is gone: its last row counts no more. */
void molecule_leave(struct molecule *m, uint32_t atom);
/* The score that one row in 1 / `rate` normal ones has; INFINITY without a past. */
double molecule_level(const struct molecule *m, double rate);

#endif
