/*
 * flow/lines.h - models of texts, one line one text: train, score, keep in a file.
 *
 * Two kinds of language. TEXT: the 256 bytes and BOS, of one field as the SDK tokenizes
 * it. SYMBOLS: an imported vocabulary of UTF-8 strings and BOS; what is outside it costs
 * GPT_FLOOR_NATS, is a token, and is skipped as context. Every row stands alone; it
 * begins with BOS and ends with BOS, whose surprise counts ("<end>").
 *
 * How odd a row is: the sum of its nats, their mean (a sum says little where lengths
 * differ much) and its worst token are each held against rows that the model was not
 * trained on; the oddest of the three, in decades, is the score, and
 * the score's own place among those rows is the tail (DESIGN.md 4). A line that is longer
 * than the model's context is scored in steps: BOS and the newer half of what was seen
 * stay as context.
 *
 * Owner: one caller at a time. Files: safetensors, metadata format "1".
 */
#ifndef KIRI_FLOW_LINES_H
#define KIRI_FLOW_LINES_H

#include "base/buf.h"
#include "base/error.h"
#include "flow/calibrate.h"
#include "flow/stream_school.h"
#include "model/interchange.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINES_LONGEST   65536u /* bytes of a line that are scored                      */
#define LINES_BOS       256u /* of TEXT: the id behind the bytes                       */
#define LINES_TAUGHT    255u /* bytes of a line that are trained                     */
#define LINES_FILE_MOST (256u << 20) /* bytes of a model or of a text to train on */
#define LINES_ODD       0.003 /* default budget: tail of an anomalous row             */

enum lines_kind { LINES_TEXT, LINES_SYMBOLS };
enum lines_statistic { LINES_SUM, LINES_MEAN, LINES_WORST, LINES_STATISTICS };

struct lines_facts {
    uint64_t rows, held_back; /* trained on; calibrated with */
    uint64_t seed, steps;
    double held_back_loss; /* nats per token */
};

struct lines;                     /* a model that can score */
void lines_free(struct lines *m); /* NULL is fine */

/* From a file, or from its bytes. NULL and a sentence. */
struct lines *lines_open(const char *path, struct kiri_error *err);
struct lines *lines_parse(const void *bytes, size_t len, struct kiri_error *err);
/* From a published model.json: SYMBOLS, without rows to calibrate by. */
struct lines *lines_import(const char *json, size_t len, struct kiri_error *err);
/* The whole file or nothing of it (store/atomic.h). */
int lines_save(const struct lines *m, const char *path, struct kiri_error *err);

enum lines_kind lines_kind(const struct lines *m);
const struct gpt *lines_gpt(const struct lines *m);
const struct lines_facts *lines_facts(const struct lines *m);
/* Are there rows enough to say how odd a row is? */
int lines_calibrated(const struct lines *m);
/* From how many nats on, by each statistic, a row's tail is `tail` at most; INFINITY
 * without calibration, and where no token can cost as much. */
void lines_levels(const struct lines *m, double tail, double level[LINES_STATISTICS]);

struct lines_token {
    uint32_t at, len; /* bytes of the text; len 0: the end */
    float nats;
};
struct lines_verdict {
    double total;               /* nats of all tokens                               */
    double surprise;            /* total / tokens                                   */
    double worst;               /* nats of the worst token                          */
    double score, tail;         /* decades; (0, 1]. 0 and 1 without calibration     */
    enum lines_statistic by;    /* the oddest                                       */
    uint32_t n;                 /* tokens, the end included: at least 1             */
    struct lines_token *tokens; /* [n], the model's: until the next score           */
};
/* 0; -1 when memory is short. len at most LINES_LONGEST. */
int lines_score(struct lines *m, const char *text, size_t len, struct lines_verdict *out);

/* The next line of a file into *line: without its end (\n or \r\n), cut at `most` bytes
 * (*cut then says how many are missing). 1; 0 at the end; -1: reading failed, or memory.
 */
int lines_next(FILE *file, size_t most, struct buf *line, uint64_t *cut);

/* ---- training (lines_learn.c) ------------------------------------------------------ */

struct lines_plan {
    uint64_t seed;
    uint32_t steps; /* 0: by the number of rows */
    /* Called after every step; nonzero gives up. May be NULL. */
    int (*progress)(void *ctx, const struct school_progress *p);
    void *ctx;
};
struct lines_report {
    uint64_t rows, empty, cut; /* used; left out; shortened to LINES_TAUGHT bytes      */
    uint64_t held_back;        /* rows that calibrate                                  */
    uint32_t steps;            /* the model's                                          */
    double held_back_loss;     /* nats per token; NaN: nothing was held back           */
    int gave_up;               /* progress() said so; no model then                    */
};

/* Trains a TEXT model on the lines of text[len), each a row of the school
 * (stream_school.h). The same seed gives the same model. */
struct lines *lines_train(const char *text, size_t len, const struct lines_plan *plan,
                          struct lines_report *report, struct kiri_error *err);

#endif
