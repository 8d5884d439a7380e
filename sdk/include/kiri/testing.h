/*
 * kiri/testing.h - a host for tests: one atom, driven through its vtable as KIRI drives
 * it, inside your own test program.
 *
 *      struct kiri_test *t = kiri_test_new(&kiri_atom);
 *      kiri_test_option(t, "file", path);
 *      KIRI_EXPECT(t, kiri_test_open(t) == KIRI_OK);
 *      KIRI_EXPECT(t, kiri_test_collect(t) == KIRI_OK);
 *      KIRI_EXPECT(t, kiri_test_number(t, "value") == 0.25);
 *      return kiri_test_done(t);
 *
 * The clocks stand until the test moves them. Options are what the test sets, else what
 * the atom declares. Small state is kept in memory and outlives close(), as it does in
 * the host. Log lines and notes are counted, the last of each is kept.
 *
 * Every answer of the atom is held against the contract in kiri/atom.h; what breaks it is
 * one sentence on stderr, and counted. `kiri check FILE.so` tries far more.
 *
 * For tests only: no atom links this into itself. Not for several threads.
 */
#ifndef KIRI_TESTING_H
#define KIRI_TESTING_H

#include <kiri/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIRI_TEST_OPTIONS 32
#define KIRI_TEST_KEYS    64    /* of small state, as in the host                       */
#define KIRI_TEST_VALUE   4096u /* bytes of one value, and of a note                    */

struct kiri_test_pair {
    char key[64];
    uint32_t len;
    unsigned char value[KIRI_TEST_VALUE];
};

struct kiri_test {
    struct kiri_host host; /* what open() is given                           */
    const struct kiri_atom *atom;
    void *self;                       /* what open() made                               */
    const struct kiri_schema *schema; /* after kiri_test_open; NULL: not open           */

    int64_t now_ms, mono_ms; /* the clocks: t->now_ms += 5000; t->mono_ms += 5000;      */
    uint32_t cause;          /* of the next collect: enum kiri_cause                    */

    struct kiri_obs row; /* the last collect's: time_ms, label        */
    union kiri_value v[KIRI_MAX_FIELDS + 1]; /* its values, in schema order             */

    int32_t puts_left; /* so often kv_put works, then memory is short; < 0: for ever    */

    uint32_t broken;                /* expectations and rules of the contract          */
    uint32_t rows, lines, notes;    /* collected, logged, published so far             */
    int level;                      /* of the last line                                */
    char line[1024];                /* the last line                                   */
    char note[40];                  /* the last note's name                            */
    char body[KIRI_TEST_VALUE + 1]; /* and its text                                    */

    uint32_t n_options, n_pairs;
    struct {
        const char *name, *value;
    } option[KIRI_TEST_OPTIONS];
    struct kiri_test_pair pair[KIRI_TEST_KEYS];
    uint64_t hash; /* of the schema, as open found it */
};

/* A host with nothing in it; ends the program with a sentence when memory is short. */
struct kiri_test *kiri_test_new(const struct kiri_atom *atom);

/* The same in your memory, for what kiri_test_close ends. */
void kiri_test_init(struct kiri_test *t, const struct kiri_atom *atom);

/* This option's value from the next open on; both texts must live as long. */
void kiri_test_option(struct kiri_test *t, const char *name, const char *value);

/* open() and schema(): what open() returned. An instance that is still open is closed. */
int kiri_test_open(struct kiri_test *t);

/* One row as the host asks for it, every value missing on entry: what collect()
 * returned. The values are in t->v. */
int kiri_test_collect(struct kiri_test *t);

/* The value of a field in the last row. A name that the schema does not have is an
 * expectation that does not hold, and gives a missing value. */
const union kiri_value *kiri_test_value(struct kiri_test *t, const char *field);
double kiri_test_number(struct kiri_test *t, const char *field); /* NaN: missing */

/* close(); small state and options stay for the next open. Nothing open: nothing. */
void kiri_test_close(struct kiri_test *t);

/* Closes, says how it went in one line, frees t. What main() returns: 0, or 1 when
 * anything was broken. */
int kiri_test_done(struct kiri_test *t);

/* One sentence on stderr, counted. */
void kiri_test_broken(struct kiri_test *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define KIRI_EXPECT(t, condition)                                                        \
    ((condition)                                                                         \
         ? (void)0                                                                       \
         : kiri_test_broken((t), "%s:%d: not so: %s", __FILE__, __LINE__, #condition))

#ifdef __cplusplus
}
#endif

#endif
