/*
 * flow/instance.h - one atom at run time: its plugin, its stream, its timer and its
 * counters.
 *
 * Life: instance_start -> open() on a callback thread -> ticks, each a collect() on a
 * callback thread; its model and history on a learner thread, rows wait for them -> rows,
 * scored on the loop thread -> instance_stop: its model is saved, its close() called on a
 * callback thread -> instance_gone: instance_free. Owner: the loop thread.
 */
#ifndef KIRI_FLOW_INSTANCE_H
#define KIRI_FLOW_INSTANCE_H

#include "conf/conf.h"
#include "flow/flow.h"
#include "flow/retrain.h"
#include "flow/services.h"
#include "flow/stream.h"
#include "flow/verdict.h"
#include "load/plugin.h"

#define INSTANCE_RECENT 120u /* surprises kept for a sparkline */
#define INSTANCE_DEADLINE                                                                \
    2000                    /* ms that a callback may take                             */
#define INSTANCE_ROWS 4096u /* most rows that wait for a learning; then the oldest go */

enum instance_health {
    INSTANCE_STARTING,
    INSTANCE_WELL,
    INSTANCE_STALE,   /* silent for two periods: nothing comes, or nothing is scored */
    INSTANCE_STUCK,   /* a callback is past its deadline   */
    INSTANCE_FAILING, /* the last callback failed; tried again with growing pauses */
    INSTANCE_BROKEN   /* it cannot go on: a wrong option, a bug   */
};

/* One collected row on its way: values, label and texts in one block. */
struct observed {
    struct observed *next;
    uint64_t id; /* from its arrival on */
    int64_t ts;
    const char *label; /* NULL: none */
    union kiri_value v[];
};

/* A row's score as it is stored and published. */
struct scored_row {
    struct store_score score;
    struct buf fields, members;
    int keep; /* 1: the fields are stored, too */
};

/* What an instance leaves to the one that takes its place, as long as that one has not
 * taken it up (inherit.c). */
struct legacy {
    struct stream *stream; /* NULL: the model comes from the shelf */
    struct kiri_schema *schema;
    struct observed *rows; /* that the stream has not scored */
    uint32_t n_rows;
    struct stream_facts saved;
    int64_t saved_at, learn_from;
    struct verdict last;
    struct observed *last_row;
    float recent[INSTANCE_RECENT];
    unsigned char recent_alarm[INSTANCE_RECENT];
    uint32_t n_recent;
    uint32_t period_ms; /* its beat; next_tick 0: none */
    int64_t next_tick;
};

struct instance {
    struct instance *next; /* in a list of the owner's */
    struct flow *flow;
    char name[33];
    struct plugin *plugin;
    const struct kiri_atom *atom;
    void *self;
    struct services services;
    struct kiri_schema *schema;
    struct stream *stream;

    uint32_t every_ms;  /* as the YAML says; 0: the schema does */
    uint32_t period_ms; /* 0: only its fd wakes it */
    double alarm_per_s; /* the budget */
    uint32_t warmup;
    int learn_off;
    int64_t hold_ms;
    double share; /* of one core, for turns of learning */
    int adjusted; /* the stream is to be told so */

    int fed;          /* nobody asks it: its rows come through the inbox (fed.c) */
    int reopen;       /* its language is another one now: at the next row boundary */
    int64_t reopened; /* mono ms when that was last so; 0: never */

    enum instance_health health;
    char
        rejected[512]; /* why another version of its plugin was refused; "": it was not */
    struct stat rejected_file;
    char note[256]; /* why it is not well, a sentence                                */
    atomic_int closing;
    int handing;     /* it leaves to another: its model is not saved, but left, too */
    int provisional; /* it may have to give back what it was left: instance_confirm */
    struct legacy legacy;
    int refused; /* open() said that an option is wrong, or the schema is */

    /* ticks */
    uv_timer_t timer;
    uv_poll_t poll;
    int has_poll, handles; /* handles not closed yet */
    int64_t next_tick; /* mono ms                                                      */
    uint32_t pause;    /* periods skipped after an error: 0, 1, 2, 4 .. 16             */

    /* the callback that runs, if any (collect.c) */
    struct pool_job call;
    struct flow_message called;
    int opened; /* open() succeeded; before, self is the callback thread's */
    int calling, call_rc;
    enum kiri_cause call_cause;    /* of a collect */
    int owed;                      /* a tick came while only its fd was served */
    int held;                      /* its fd is not served: too many rows wait */
    struct plugin_trouble trouble; /* of the last callback that failed             */
    int64_t call_began; /* mono ms                                                      */
    int64_t watched;    /* call_began as collect_watch last saw it */
    enum call_what { CALL_OPEN, CALL_COLLECT, CALL_CLOSE } call_what;
    struct observed *call_rows, **call_last;

    /* rows that wait to be scored, and the work of a learner they may wait for: it has
       the whole stream meanwhile (learn.c) */
    struct observed *rows, **rows_last;
    uint32_t n_rows;
    struct pool_job lesson;
    struct flow_message learned;
    enum lesson_what {
        LESSON_RESTORE,
        LESSON_TURN,
        LESSON_PACK,
        LESSON_RETRAIN
    } lesson_what;
    int learning, lesson_rc;
    int restored;      /* its model and history are in the stream: it may be saved */
    uint64_t first_id; /* of this run: older ones are brought back, others wait in rows */
    struct stream_lesson lesson_out;
    int64_t lesson_began, lesson_ms;
    int64_t learn_from; /* mono ms: no turn before, memory was short */
    int64_t cpu_us;     /* of the learner's thread, that the turn took */
    int turn_skipped;   /* before the row that is scored next */
    double may_us;      /* learning that it may do now, as of may_at (share.c) */
    int64_t may_at;     /* mono ms; 0: never reckoned */
    atomic_uint lesson_done, lesson_all;
    struct late *late, *late_last; /* rows that are scored, but nobody knows (late.c) */
    uint32_t n_late;
    char restored_how[512]; /* a sentence for the log, "" */
    enum log_level restored_level;

    /* its model file (save.c) */
    struct pool_job write;
    struct flow_message written;
    int writing, write_rc;
    struct kiri_error write_err;
    void *packed; /* bytes on their way to the file, and what they are */
    size_t packed_len;
    struct stream_facts packed_facts;
    int save_wanted, pack_after; /* at the next row boundary; after this turn */
    uint64_t save_asked, packed_for, save_done; /* tickets of save_ask */
    struct stream_facts saved;    /* what the file holds, as far as we know */
    int64_t saved_at, save_tried; /* mono ms; 0: never                      */
    int64_t write_began;          /* mono ms, while `writing`               */
    char unsaved[256];            /* why the last saving failed; "": it did not */

    struct retraining retrain;

    /* for status */
    uint64_t replaced; /* how often another took its place while the host runs */
    uint64_t collected, clamped, missing, errors, skipped, dropped;
    uint64_t turns_skipped; /* learning passed over: its share was used up */
    int64_t last_ok;  /* mono ms of the last row; 0: never                            */
    int64_t answered; /* mono ms of the last callback that went well                  */
    int64_t late_ms, late_most_ms; /* the last tick after its time; the latest ever    */
    int64_t moved_at; /* mono ms: rows that wait were last seen to move               */
    uint32_t moved;   /* the flow's counter then                                      */
    float recent[INSTANCE_RECENT];
    unsigned char recent_alarm[INSTANCE_RECENT];
    uint32_t n_recent;
    struct verdict last;
    struct observed *last_row; /* what `last` is about */
    struct stream_facts facts; /* the stream's, as of its last row or learning: the stream
                                  itself may be with a learner */
};

/* plugin: taken over. c is only read during the call. before: the instance whose place it
 * takes, which has left (instance_left): its small state, its counters and, in an
 * unchanged language, its stream go on; NULL: none. NULL when memory is short: then
 * plugin and before are as they were. */
struct instance *instance_start(struct flow *f, const struct conf_atom *c,
                                struct plugin *plugin, struct instance *before);
/* Other rules while it runs: period, budget, learning. Takes effect at a row boundary. */
void instance_adjust(struct instance *in, const struct conf_atom *c);
/* It keeps what it was left in another language until it is confirmed, so that it may be
 * handed on to a third. Before its open() has answered. */
void instance_try(struct instance *in);
void instance_confirm(struct instance *in);
/* No more ticks: it saves its model, closes, and some time is gone. */
void instance_stop(struct instance *in);
/* The same, but for another that will take its place: nothing is saved. */
void instance_hand_over(struct instance *in);
/* It is closed, and its stream is with nobody: another may take its place. Its model may
 * still be on the way to the disk. */
int instance_left(const struct instance *in);
/* Nothing of it runs any more: no callback, no learner, no handle; its model is saved. */
int instance_gone(const struct instance *in);
/* The next step of leaving, if it is time for one; after each thing that has ended. */
void instance_leave(struct instance *in);
/* Frees everything. Only when gone - or stuck, at exit: then all that a thread may still
 * touch stays. Rows that were not scored are in the store; the next start does it. */
void instance_free(struct instance *in);

/* Marks what became of it, says it once on the log and as atom/<name> on the bus. */
void instance_report(struct instance *in, enum instance_health health, const char *fmt,
                     ...) __attribute__((format(printf, 3, 4)));
const char *instance_health_name(const struct instance *in); /* or the stream's state */

/* The steps, each in its own file; all on the loop thread but for what says otherwise. */
void collect_open(struct instance *in);  /* collect.c: open(), then ticks               */
void collect_close(struct instance *in); /* collect.c: close(), on a callback thread    */
void collect_again(struct instance *in); /* collect.c: the period has changed           */
void collect_resume(struct instance *in); /* collect.c: fewer rows wait now */
/* inherit.c: what `before` leaves, to `in`, which is just made. */
void inherit_take(struct instance *in, struct instance *before);
void inherit_self(struct instance *in);  /* the same before it is opened anew */
int inherit_stream(struct instance *in); /* 1: its language is spoken; it is ours now */
int inherit_beat(struct instance *in);   /* 1: the next tick is when it would have been */
/* On the learner thread: a stream of another language to the shelf, if that has less. */
int inherit_put_away(struct instance *in, struct kiri_error *err);
void inherit_drop(struct instance *in);
/* Rows that have come, oldest first; each gets an id, is stored and published, and waits
 * to be scored: score_rows. They are safe from here on. */
void collect_arrived(struct instance *in, struct observed *rows);
/* An observation in one block: struct, values, label, texts. Any thread. NULL: memory is
 * short. */
struct observed *observed_copy(const struct kiri_schema *schema,
                               const struct kiri_obs *obs);

/* fed.c, of those that nobody asks. One row, as in collect_arrived; its id, 0: memory is
 * short. */
uint64_t fed_row(struct instance *in, const struct kiri_obs *obs);
/* Closed and opened again, because it now knows another schema: waiting rows are in the
 * store, and what was learned goes on if the language is the same. Until `opened`, no
 * rows. */
void fed_reopen(struct instance *in);
void fed_step(struct instance *in);  /* does that, if it can now */
void fed_waits(struct instance *in); /* open() did not know a schema yet */
/* history.c, on the learner thread: model and stored rows. 0 or -1 (memory, stopping). */
int history_restore(struct instance *in);
/* late.c. On the learner thread: a row that was stored, and never scored. 0, -1: memory.
 */
int late_add(struct instance *in, const struct stream_row *row, const struct verdict *v);
void late_publish(struct instance *in); /* on the loop thread: all of them are told */
void late_free(struct instance *in);
void score_rows(struct instance *in); /* score.c: all that wait, until a learning    */
void learn_start(struct instance *in, enum lesson_what what); /* learn.c               */
/* share.c: may it take a turn now, and what one took, in µs of a core. */
int share_allows(struct instance *in);
void share_take(struct instance *in, int64_t us);
/* learn.c: what no learner has begun is given up. */
void learn_leave(struct instance *in);
/* watch.c, a few times a second: is it stuck, is it silent, must its model be saved
 * again? Says so as atom/<name>. */
void watch_instance(struct instance *in);

/* save.c. Asks for the model to be saved as it is at the next row boundary; when it is,
 * save_done >= ticket. Nothing to save counts as saved. */
void save_ask(struct instance *in, uint64_t ticket);
void save_step(struct instance *in);  /* does what was asked, if it can now        */
void save_pack(struct instance *in);  /* on the learner thread: stream -> packed   */
void save_write(struct instance *in); /* packed -> file, on the saver thread       */
int save_needed(const struct instance *in); /* it knows more than its file              */

/* publish.c. Members of a message onto the bus and into the journal; on the loop thread.
 */
void publish_message(struct flow *f, const char *topic, int64_t ts,
                     const struct buf *members);
void publish_obs(struct instance *in, const struct observed *row); /* as it arrives */
void publish_row(struct instance *in, const struct observed *row,
                 const struct verdict *v); /* as it is scored */
/* What all atoms say at once, if this row of one completes it. */
void publish_together(struct instance *in, int64_t ts, double tail);
/* The same as publish_row in two steps, of which the first may be done on any thread. 0,
 * or -1 when memory is short: nothing is to be freed. */
int scored_write(const struct instance *in, const struct stream_row *row,
                 const struct verdict *v, struct scored_row *out);
void scored_publish(struct instance *in, const struct scored_row *row);
void scored_free(struct scored_row *row);
void publish_lesson(struct instance *in);
void publish_retrain(struct instance *in);
void publish_health(struct instance *in);
void publish_removed(struct instance *in); /* its last word */

#endif
