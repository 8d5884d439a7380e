/*
 * load/abuse/trial.h - one trial, in the child: the atom, one or more lives of it, and
 * what is found. For this folder only.
 *
 * A trial calls the atom as a host would, through life_*(), which leave a crumb for the
 * parent: a callback that crashes, hangs or ends the process is named by it. What the
 * atom does wrong and survives is found here.
 */
#ifndef KIRI_LOAD_ABUSE_TRIAL_H
#define KIRI_LOAD_ABUSE_TRIAL_H

#include "load/abuse/page.h"
#include "load/plugin.h"
#include "load/vtable.h"

#include <kiri/schema.h>

#include <pthread.h>

struct globals;
struct manners;

struct trial {
    struct page *page;
    pthread_mutex_t lock; /* two instances may find something at once */
    struct vtable vtable;
    struct plugin *plugin; /* the same, as schema.c wants it */
    const char *room;      /* a directory of this trial's own */
    char **settings;       /* "name=value" of every option; ends with NULL */
    int scratch;           /* a file; what can be written to it can be read */
    struct globals *globals;
    struct manners *manners; /* NULL: nobody looks after each callback */
    unsigned hooked;         /* slots of its that lead to hooks.c */
};

/* One finding: what it does (fmt) and what to do about it. The circumstances come between
 * the two. Said once for each kind and about. Any thread. */
void trial_find(struct trial *t, const char *kind, const char *about, const char *remedy,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* What could not be looked at, and why. */
void trial_note(struct trial *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The circumstances of all that follows: " while memory is short"; "": none. */
void trial_when(struct trial *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* There is nothing to try. */
void trial_skip(struct trial *t, const char *why);
/* Can n bytes be read there? */
int trial_readable(const struct trial *t, const void *at, size_t n);

/* ---- the trials: which there are, in order -------------------------------------- */

struct trial_kind {
    const char *name, *what;
    void (*run)(struct trial *t);
    const char *remedy; /* when it crashes there */
};

extern const struct trial_kind trial_kinds[]; /* ends with a NULL name */

void trial_image(struct trial *t);
void trial_life(struct trial *t);
void trial_close(struct trial *t);
void trial_leaks(struct trial *t);
void trial_long(struct trial *t);
void trial_turns(struct trial *t);
void trial_pairs(struct trial *t);
void trial_signals(struct trial *t);
void trial_options(struct trial *t);
void trial_state(struct trial *t);
void trial_memory(struct trial *t);
void trial_callbacks(struct trial *t);

/* ---- one instance --------------------------------------------------------------- */

#define SERVED_KEYS  64u
#define SERVED_VALUE 4096u
#define SERVED_ASKED 16u
#define SPARE_VALUES 16u /* behind v[n]: nobody may write there */

/* The host's services, as an atom sees them, with their limits; and what can go wrong
 * with them. */
struct served {
    struct kiri_host table;
    struct trial *trial;
    pthread_t caller;
    atomic_int inside; /* a callback of this instance runs, on `caller` */
    int closed;        /* close() has returned: nothing may be called any more */
    int64_t now, mono;
    int put_fails, get_fails, publish_fails;
    const char *option_name, *option_value; /* instead of the setting; NULL: none */
    uint64_t lines;
    char last_line[256];
    uint32_t n_asked; /* keys that were asked for and not there */
    char asked[SERVED_ASKED][64];
    uint32_t n_kv;
    struct served_key {
        char key[64];
        uint32_t len;
        unsigned char value[SERVED_VALUE];
    } kv[SERVED_KEYS];
};

struct life {
    struct trial *trial;
    unsigned thread; /* its crumb */
    void *self;
    struct kiri_schema *schema; /* our copy; NULL before life_schema */
    struct served served;
    struct {
        struct kiri_obs obs;
        unsigned char after[64];
    } out;
    union kiri_value v[KIRI_MAX_FIELDS + SPARE_VALUES];
    uint32_t outside[KIRI_MAX_FIELDS]; /* rows whose value was clamped or cut */
    uint32_t n_rows, n_failed;
    const char *doing; /* the callback that fills in the row */
    uintptr_t frame;   /* of whoever calls it: what is below on the stack was its own */
    int timeless;      /* the trial moves the clock: a row's time says nothing */
};

/* A new instance that nobody has opened yet. life_free gives back what is ours: close it
 * first. */
struct life *life_new(struct trial *t, unsigned thread);
void life_free(struct life *l);

/* Each calls the atom and holds the answer against the contract; the answer. */
int life_open(struct life *l);
int life_schema(struct life *l); /* 0, or -1: it cannot be used, which was found */
int life_collect(struct life *l);
int life_fd(struct life *l);
void life_close(struct life *l);
/* Opens and asks for the schema; a failure is found, with what the atom said. 0 or -1. */
int life_start(struct life *l);
/* n collects or ms of time, whichever comes first: how many it were. */
uint32_t life_collect_many(struct life *l, uint32_t n, int ms);

/* Around any other callback: the crumb, and whether what it did was proper. */
void life_enter(struct life *l, const char *callback);
void life_leave(struct life *l, const char *callback);
void life_hold_status(struct life *l, const char *callback, int rc, int most);

/* row.c: the row in l->v, to be filled in by l->doing, against the schema; how often it
 * must be clamped is counted in l->outside, and judged by row_judge. */
void row_prepare(struct life *l, const char *doing);
void row_hold(struct life *l, int rc);
void row_hold_values(struct life *l); /* the values alone */
void row_judge(struct life *l);
/* A text of the atom's: NUL-terminated within `most` bytes, and still its own? */
int row_text_ok(struct life *l, const char *callback, const char *what, const char *text,
                size_t most);

/* served.c */
void served_init(struct served *s, struct trial *t);
const char *served_setting(const struct trial *t, const char *name);

#endif
