/*
 * kiri/atom.h - the whole contract between KIRI and an atom.
 *
 * An atom is a shared object that exports one constant, `kiri_atom`. The host reads its
 * `abi` and `size` before it calls anything of yours. (The linker runs constructors even
 * earlier; have none.)
 *
 *      collect --> tokenize --> [engine: surprise] --> score --> hear --> decide
 *      (yours)     (optional)                                    (meta-atoms only)
 *
 * THREADS. Calls on one instance never overlap, but may come from different OS threads;
 * two instances of one atom run at the same time. Hence: no mutable globals, no
 * thread-locals, no threads of your own alive after close(). Host services marked [any]
 * may be called from any thread; all others only from inside one of your callbacks. The
 * host table lives until close() returns.
 *
 * MEMORY. Nobody frees what somebody else allocated. What you hand to the host stays
 * yours and must live until your next callback on that instance; what the host hands you
 * is gone when your callback returns.
 *
 * TIME. Every callback must return within its deadline (default 2 s). Need to wait?
 * Return KIRI_NONE and give the host an fd or a period.
 *
 * ERRORS. Callbacks return a count, KIRI_OK, or a negative kiri_status. After an error
 * the host calls you again with growing pauses, up to 16x your period.
 *
 * ABI. Within one KIRI_ABI number, structs only grow at the end (behind their padding)
 * and every later field may be zero. The vtable tells the host the sizes of the structs
 * whose arrays or contents cross the border, and structs that you fill begin with their
 * size, so each can grow by itself. Test a later host service with KIRI_HAS before
 * calling it.
 */
#ifndef KIRI_ATOM_H
#define KIRI_ATOM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIRI_ABI    1u
#define KIRI_EXPORT __attribute__((visibility("default")))

/* Is `member` inside the table as its maker compiled it, and set? */
#define KIRI_HAS(table, member)                                                          \
    (offsetof(__typeof__(*(table)), member) + sizeof((table)->member) <=                 \
         (table)->size &&                                                                \
     (table)->member)

enum kiri_status {
    KIRI_OK = 0,       /* one observation, or done                                    */
    KIRI_MORE = 1,     /* one observation, and another is ready now                   */
    KIRI_NONE = 2,     /* nothing new; not an error                                   */
    KIRI_EIO = -1,     /* the outside world failed; try again later                   */
    KIRI_ECONFIG = -2, /* an option is wrong; do not try again                        */
    KIRI_ENOMEM = -3,  /* memory is short; try again later                            */
    KIRI_EBUG = -4     /* "this cannot happen"; the host disables the atom            */
};

/* ---- schema: what one observation looks like ------------------------------------- */

enum kiri_kind {
    KIRI_NUMBER, /* a double, cut into words by its scale                             */
    KIRI_CHOICE, /* one of a fixed list of words                                      */
    KIRI_TEXT,   /* bytes, one token each, ended by BOS                               */
    KIRI_WORDS,  /* a sequence of words from a learned vocabulary, ended by BOS       */
    KIRI_HOUR,   /* 0..23 local time, filled in by the host                           */
    KIRI_WEEKDAY /* 0..6, Monday first, filled in by the host                         */
};

/* How a NUMBER becomes a word. */
enum kiri_scale {
    KIRI_LINEAR, /* equal buckets over [lo, hi]; outside is clamped and counted        */
    KIRI_LOG,    /* equal buckets of the logarithm over [lo, hi], 0 < lo; the same     */
    KIRI_LEARNED /* edges learned from the stream, three words beyond each side; lo,
                    hi and buckets are not used                                       */
};

/* Flags of a field. */
#define KIRI_CONTEXT                                                                     \
    (1u << 0) /* the model sees it; neither in the loss nor in the score */
#define KIRI_DECIDED                                                                     \
    (1u << 1) /* the model proposes it (meta-atoms only)                 */
#define KIRI_ALWAYS                                                                      \
    (1u << 2) /* never missing: the field has no "missing" word          */
#define KIRI_SPOKEN                                                                      \
    (1u << 3) /* HOUR, WEEKDAY: a word of the sentence. Without it they                  \
                 are a side embedding of the row being predicted         */

struct kiri_field {
    const char *name;           /* "cpu": unique here, [a-z][a-z0-9_]{0,31}            */
    const char *symbol;         /* "C" gives the words C0 C1 ..., as people read them;
                                   [A-Za-z][A-Za-z0-9_]{0,7}, unique here. NULL: name  */
    const char *unit;           /* "%", "B/s"; NULL: none                              */
    const char *help;           /* one sentence for a person; NULL: none               */
    uint32_t kind;              /* enum kiri_kind                                      */
    uint32_t flags;             /* KIRI_CONTEXT ...                                    */
    uint32_t scale;             /* NUMBER: enum kiri_scale                             */
    uint32_t buckets;           /* NUMBER LINEAR, LOG: 2..256 words. SPOKEN HOUR and
                                   WEEKDAY: 2..24, 2..7 equal parts; 0: one word each  */
    double lo, hi;              /* NUMBER LINEAR, LOG: the range                       */
    uint32_t max_len;           /* TEXT: 1..256 bytes, WORDS: 1..256 words; longer is
                                   cut and counted                                     */
    const char *const *choices; /* CHOICE: NULL-terminated, 2..256 distinct words of 1..32
                                   bytes without control characters                    */
};

/* How the nats of one row become its statistic; 0 picks by what the schema has. */
enum kiri_aggregate {
    KIRI_BY_SCHEMA, /* one NUMBER: EXCESS; several fields: ROW; WORDS: WORST; TEXT: SUM */
    KIRI_EXCESS, /* surprise minus the model's own entropy, mean of 6 rows            */
    KIRI_ROW,    /* the row's mean and its 6-row mean, each calibrated, the larger    */
    KIRI_WORST,  /* the worst token                                                   */
    KIRI_SUM     /* sum of nats and worst token, each calibrated, the larger          */
};

struct kiri_schema {
    uint32_t size;                   /* sizeof(struct kiri_schema)                      */
    uint32_t n_fields;               /* 1..64                                           */
    const struct kiri_field *fields; /* [n_fields]                                      */
    uint32_t period_ms;              /* how often collect() is called unless the YAML
                                        says; 0: only when the fd is readable           */
    uint32_t context;                /* past observations seen, 1..256; 0: 64 for one
                                        number, 8 for several fields, none with TEXT or
                                        WORDS                                           */
    uint32_t aggregate;              /* enum kiri_aggregate                             */
};

/* Sixteen bytes; it never grows within an ABI, for rows are arrays of it. */
union kiri_value {
    double num;     /* NUMBER; NaN: missing                                            */
    int32_t choice; /* CHOICE: index; HOUR, WEEKDAY; -1: missing                       */
    struct {
        const char *ptr; /* NULL: missing */
        uint32_t len;
    } text; /* TEXT */
    struct {
        const char *const *ptr; /* NUL-terminated words; NULL: missing */
        uint32_t n;
    } words; /* WORDS */
};

/* Why collect() is called. With both a period and an fd, READABLE says that it is not yet
 * time for a row unless the fd brings one. */
enum kiri_cause {
    KIRI_PERIOD,  /* the period is up                                                  */
    KIRI_READABLE /* only the fd is readable                                           */
};

/* What collect() fills in. On entry: now, NULL, every value "missing". */
struct kiri_obs {
    uint32_t size;       /* as the host filled it                                      */
    uint32_t n;          /* n_fields                                                   */
    int64_t time_ms;     /* UTC; change it if you know better                          */
    const char *label;   /* what it is about, for a person: a path; never scored       */
    union kiri_value *v; /* [n], in schema order                                       */
    uint32_t cause;      /* on entry: enum kiri_cause                                  */
    uint32_t reserved;
};

struct kiri_token {
    uint16_t id;    /* 0..vocab-1                                                      */
    uint16_t field; /* which field it came from: lets a score explain itself           */
};

/* ---- what the host does for you -------------------------------------------------- */

enum kiri_level { KIRI_ERROR, KIRI_WARN, KIRI_INFO, KIRI_DEBUG };

struct kiri_host {
    uint32_t abi, size;
    void *ctx; /* pass it back as the first argument */

    /* One finished line, no newline (kiri_logf formats). 10 lines a second an instance.
     * [any] */
    void (*log)(void *ctx, int level, const char *line);
    int64_t (*now_ms)(void *ctx);  /* UTC since 1970; can jump. For stamps.      [any] */
    int64_t (*mono_ms)(void *ctx); /* never goes back. For intervals.            [any] */

    /* This instance's option from the YAML, or its declared default; NULL: not declared.
     */
    const char *(*option)(void *ctx, const char *name);

    /* Small durable state: at most 64 keys of 4 KiB. It outlives restarts and hot
     * reloads, so it is also how an old .so hands over to a new one. get returns the
     * stored length (0: no such key; bytes beyond cap are not copied) or a negative
     * status; put is atomic. */
    int (*kv_get)(void *ctx, const char *key, void *buf, uint32_t cap);
    int (*kv_put)(void *ctx, const char *key, const void *buf, uint32_t len);

    /* Sends `body` (text, at most 4 KiB) on the topic note/<instance>/<name>. Never
     * blocks; a slow listener loses the oldest. [any] */
    int (*publish)(void *ctx, const char *name, const void *body, uint32_t len);

    /* Meta-atoms: the i-th atom that the YAML lets this one hear. Name and schema live
     * until close(); its fields lie field_size of your vtable apart. KIRI_OK, or
     * KIRI_NONE past the last. */
    int (*peer)(void *ctx, uint32_t i, const char **name,
                const struct kiri_schema **schema);
};

static inline void kiri_logf(const struct kiri_host *host, int level, const char *fmt,
                             ...) __attribute__((format(printf, 3, 4)));
static inline void kiri_logf(const struct kiri_host *host, int level, const char *fmt,
                             ...)
{
    char line[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    host->log(host->ctx, level, line);
}

/* ---- meta-atoms: atoms that hear atoms ------------------------------------------- */

enum kiri_event_kind { KIRI_SCORED = 1, KIRI_ACTED, KIRI_FEEDBACK, KIRI_RETRAINED };

struct kiri_event {
    uint32_t size, kind;
    const char *from;   /* instance name, "pulse"                                      */
    uint64_t id;        /* of the score, the action or the incident                    */
    int64_t time_ms;    /* UTC                                                         */
    double surprise;    /* SCORED: nats per token, raw                                 */
    double score;       /* SCORED: decades, 0..20, large is odd                        */
    double tail;        /* SCORED: P(at least this odd | normal), (0, 1], small is odd */
    uint32_t alarm;     /* SCORED: 1 while an alarm is open                            */
    double verdict;     /* FEEDBACK: -1 dismissed .. +1 approved                       */
    const char *blame;  /* SCORED: the most surprising field; else ""                  */
    const char *action; /* ACTED: the wish as it was written, "retrain:pulse:7d"       */
    const char *result; /* ACTED: "granted", "refused: budget", what came of it        */
};

/* What the model proposed for one DECIDED field, in schema order. */
struct kiri_choice {
    const char *field, *word;
    float p;           /* of that word, given the words before and what policy allows   */
    const float *dist; /* [n] over the field's choices                                  */
    uint32_t n;
};

enum kiri_verb {
    KIRI_OKAY, /* nothing to do */
    KIRI_ALERT,
    KIRI_SUPPRESS,
    KIRI_RETRAIN,
    KIRI_SPAWN,
    KIRI_DO
};

/* A wish, not a command: the host's policy (allow-list, rate limit, budget) decides, and
 * answers with a KIRI_ACTED event either way. */
struct kiri_action {
    uint32_t size, verb; /* size as the host filled it                                 */
    const char *target;  /* instance; SPAWN: a template, DO: a command, both named in the
                            YAML, never a path; NULL: none                             */
    const char *window;  /* RETRAIN, SUPPRESS: "7d", "24h"; NULL: none                  */
    const char *reason;  /* one sentence for a person                                  */
};

/* One weighted example of named values: what should be learned instead of raw history. */
struct kiri_lesson {
    uint32_t size, n;    /* as the host filled them; n = n_fields                      */
    float weight;        /* on entry 1                                                 */
    union kiri_value *v; /* [n], in schema order; on entry all "missing"               */
};

/* ---- options --------------------------------------------------------------------- */

enum kiri_option_type {
    KIRI_OPT_TEXT,     /* any text                                                      */
    KIRI_OPT_NUMBER,   /* a decimal number; range "0..100"                              */
    KIRI_OPT_INTEGER,  /* a whole number; range "1..64"                                 */
    KIRI_OPT_BOOL,     /* true or false                                                 */
    KIRI_OPT_CHOICE,   /* range lists the words: "default|classic"                      */
    KIRI_OPT_DURATION, /* "250ms" "5s" "10m" "8h" "7d"; range "1s..1d"                  */
    KIRI_OPT_PATH,     /* file or directory that the atom may read; ~ is expanded       */
    KIRI_OPT_URL,      /* where it may connect                                          */
    KIRI_OPT_BUS,      /* D-Bus address                                                 */
    KIRI_OPT_PATHS     /* one PATH or a list of them; option() gives them joined by
                          newlines, which no path there has                             */
};

/* Validates the YAML, prints the help, and (PATHs, URL, BUS) says what a cell may touch.
 * Everything an atom reads from the world is an option, so that tests can inject it. */
struct kiri_option {
    const char *name;     /* [a-z][a-z0-9_-]{0,31}                                      */
    uint32_t type;        /* enum kiri_option_type                                      */
    const char *fallback; /* as it would stand in the YAML; NULL: required              */
    const char *range;    /* see the types; NULL: no limit                              */
    const char *help;     /* one sentence for a person                                  */
};

/* ---- the vtable ------------------------------------------------------------------ */

struct kiri_atom {
    uint32_t abi, size; /* KIRI_ATOM_INIT sets these and the sizes below                */
    uint32_t field_size, option_size, obs_size, action_size;
    uint32_t event_size, choice_size, lesson_size, reserved;
    const char *name;    /* [a-z][a-z0-9-]{0,31}                                        */
    const char *version; /* "1.0"                                                       */
    const char *help;    /* one sentence for a person                                   */
    const struct kiri_option *options; /* ends with a NULL name; NULL: none */

    /* Required. */
    int (*open)(const struct kiri_host *host, void **self);
    void (*close)(void *self); /* accepts NULL and whatever open() left behind          */
    const struct kiri_schema *(*schema)(void *self); /* the same answer all its life */
    int (*collect)(void *self, struct kiri_obs *out);

    /* Optional; zero is fine. */

    /* Pure: values in, tokens out; returns how many (at most cap), or a negative status.
     * Its tokens are stored when collected, so training never calls it again. */
    int (*tokenize)(void *self, const union kiri_value *in, struct kiri_token *out,
                    uint32_t cap);
    uint32_t (*vocab)(void *self); /* required with tokenize: words, BOS included */
    int (*fd)(void *self); /* readable: collect until not MORE; < 0: none        */
    int (*hear)(void *self, const struct kiri_event *event);
    /* c[n]: the DECIDED fields, choice_size apart. KIRI_OK: out is a wish; KIRI_NONE:
     * nothing. */
    int (*decide)(void *self, const struct kiri_choice *c, uint32_t n,
                  struct kiri_action *out);
    int (*lessons)(void *self,
                   struct kiri_lesson *out); /* OK, MORE, NONE, like collect */
};

#define KIRI_ATOM_INIT                                                                   \
    .abi = KIRI_ABI, .size = sizeof(struct kiri_atom),                                   \
    .field_size = sizeof(struct kiri_field), .option_size = sizeof(struct kiri_option),  \
    .obs_size = sizeof(struct kiri_obs), .action_size = sizeof(struct kiri_action),      \
    .event_size = sizeof(struct kiri_event), .choice_size = sizeof(struct kiri_choice),  \
    .lesson_size = sizeof(struct kiri_lesson)

extern KIRI_EXPORT const struct kiri_atom kiri_atom;

#ifdef __cplusplus
}
#endif

#endif /* KIRI_ATOM_H */
