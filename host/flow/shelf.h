/*
 * flow/shelf.h - the folder of model files, one an atom: a model is whole or absent,
 * never for another language, and what is not used is kept, not deleted.
 *
 *   <atom>.safetensors           the newest
 *   <atom>.safetensors.prev      the one before
 *   <atom>.previous.safetensors  the generation before the last retraining
 *   ....bad-<time>               damaged, set aside
 *   ....old-<hash>               another language
 */
#ifndef KIRI_FLOW_SHELF_H
#define KIRI_FLOW_SHELF_H

#include "base/error.h"
#include "flow/stream.h"

#define SHELF_MOST (64u << 20) /* bytes of a model file that we are willing to read */

/* Opens (makes) <state>/models and sweeps what a killed process left. Its descriptor, or
 * -1. */
int shelf_open(const char *state, struct kiri_error *err);

enum shelf_found {
    SHELF_EMPTY,
    SHELF_LOADED,
    SHELF_LOADED_PREV,
    SHELF_RELEARN,
    SHELF_STARVED /* memory is short: nothing was touched, it must not learn anew */
};
/*
 * Brings the stream to what the atom's file holds. A damaged file is set aside and the
 * one before is tried; one of another language is set aside and the atom learns anew.
 * *said gets a sentence for people whenever something was wrong ("" else). An atom
 * without a model learns.
 */
enum shelf_found shelf_load(int shelf, const char *atom, struct stream *s, char *said,
                            size_t cap);
/* Saves atomically what keep_save made. */
int shelf_save(int shelf, const char *atom, const void *bytes, size_t len,
               struct kiri_error *err);

/* The same of the generation that a retraining replaces, beside the newest. */
int shelf_save_previous(int shelf, const char *atom, const void *bytes, size_t len,
                        struct kiri_error *err);
/* Brings a fresh stream to it. 0; -1 and a sentence, nothing is touched: KIRI_NO_INPUT
 * when there is none, KIRI_HELD when it speaks another language. */
int shelf_load_previous(int shelf, const char *atom, struct stream *s,
                        struct kiri_error *err);
void shelf_drop_previous(int shelf, const char *atom); /* none is fine */

#endif
