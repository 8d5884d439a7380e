/*
 * load/cell_wire.h - what a host and its cell say to each other. For this folder and its
 * tests only.
 *
 * A stream socket carries frames: u32 length of what follows (1..CELL_MOST_FRAME), u8
 * kind, members. Numbers are in the machine's own order, since both ends are the same
 * executable; a text is u32 length (CELL_NO_TEXT: NULL) and its bytes. The host speaks
 * first and waits for the answer; meanwhile the cell may ask. Neither end believes a
 * length, an index or an order: what cannot be is an error, never more.
 *
 *   host              cell
 *                     HELLO   text why it cannot be an atom here (NULL: it is one),
 *                             u32 what it has (CELL_HAS_*)
 *   OPEN  text zone,  OPENED  i32 status, text why; with KIRI_OK: u32 has_fd, schema
 *    u32 n, n x (text name, text value)
 *   COLLECT i64 time, ROW     i32 status; with OK and MORE: i64 time, text label, values
 *    u32 cause
 *   CLOSE             CLOSED
 *   VALUE i32 status, KV_GET  text key, u32 cap    while the host waits for an answer
 *    text             KV_PUT  text key, text value
 *                     LOG     u32 level, u32 held back, text line          no answer
 *                     NOTE    text name, text body                         no answer
 *                     READABLE: its fd is; once, until the next COLLECT    no answer
 */
#ifndef KIRI_LOAD_CELL_WIRE_H
#define KIRI_LOAD_CELL_WIRE_H

#include "base/buf.h"
#include "base/error.h"

#include <kiri/schema.h>

#include <stdint.h>

#define CELL_MOST_FRAME (1u << 20)
#define CELL_MOST_LABEL 4096u
#define CELL_MOST_LINE  1024u
#define CELL_MOST_ZONE  256u
#define CELL_MOST_KEY   64u /* its NUL included */
#define CELL_MOST_VALUE 4096u
#define CELL_MOST_NOTE  4096u
#define CELL_NO_TEXT    UINT32_MAX

enum cell_kind {
    CELL_OPEN = 1,
    CELL_COLLECT,
    CELL_CLOSE,
    CELL_VALUE,
    CELL_HELLO,
    CELL_OPENED,
    CELL_ROW,
    CELL_CLOSED,
    CELL_KV_GET,
    CELL_KV_PUT,
    CELL_LOG,
    CELL_NOTE,
    CELL_READABLE
};

enum { CELL_HAS_TOKENIZE = 1 };

/* ---- one frame's members, written and read ----------------------------------------- */

void cell_begin(struct buf *out, enum cell_kind kind); /* empties it */
void cell_u32(struct buf *out, uint32_t x);
void cell_i64(struct buf *out, int64_t x);
void cell_num(struct buf *out, double x);
void cell_text(struct buf *out, const char *text, size_t len); /* text NULL: none */
void cell_string(struct buf *out, const char *text); /* NUL-terminated or NULL */
/* Its length is put in: 0, or -1 when memory was short or it became too long. */
int cell_finish(struct buf *out);

struct cell_frame {
    enum cell_kind kind;
    const char *at; /* what is not read yet; lives until the next is received */
    size_t left;
    int bad; /* it ended too early: everything read since is 0 or NULL */
};
uint32_t cell_take_u32(struct cell_frame *f);
int32_t cell_take_i32(struct cell_frame *f);
int64_t cell_take_i64(struct cell_frame *f);
double cell_take_num(struct cell_frame *f);
/* NULL: there is none, or bad. It is not NUL-terminated. */
const char *cell_take_text(struct cell_frame *f, uint32_t *len);
/* The same into out[cap], NUL-terminated; longer, or with a NUL in it: bad. NULL or out.
 */
const char *cell_take_string(struct cell_frame *f, char *out, size_t cap);
int cell_all_read(const struct cell_frame *f); /* nothing left, and not bad */

/* ---- frames over a socket ---------------------------------------------------------- */

struct cell_link {
    int fd, ended; /* ended: a descriptor that is readable when the other end is no more
                      (a pidfd); -1: none                                              */
    struct buf in; /* what has come */
    size_t done;   /* of in: the frames handed out */
};
/* fd becomes the link's, non-blocking. */
int cell_link_init(struct cell_link *l, int fd);
void cell_link_fini(struct cell_link *l); /* closes the fd, not `ended` */
/* cell_finish, and the whole frame on its way until `until` (mono ms). 0 or -1. */
int cell_send(const struct cell_link *l, struct buf *frame, int64_t until);
/* Frames that were finished before. */
int cell_send_raw(const struct cell_link *l, const char *bytes, size_t n, int64_t until);

enum cell_got {
    CELL_GOT_FRAME,
    CELL_GOT_NOTHING, /* until `until` */
    CELL_GOT_END,     /* the other end is gone, or has closed */
    CELL_GOT_NONSENSE /* a length that cannot be; or memory is short */
};
enum cell_got cell_receive(struct cell_link *l, int64_t until, struct cell_frame *f);

/* ---- what an atom is and sees ------------------------------------------------------ */

/* A schema that kiri_schema_check has passed. */
void cell_put_schema(struct buf *out, const struct kiri_schema *s);
/* As one block, to be freed with free(): NULL when the frame is no schema or memory is
 * short. Only its form is believed: kiri_schema_check has not seen it. */
struct kiri_schema *cell_take_schema(struct cell_frame *f);

/* Time, label, values. Texts are cut to one byte more than their field allows. */
void cell_put_row(struct buf *out, const struct kiri_schema *s,
                  const struct kiri_obs *obs);
/* Into obs->time_ms, label (in label[CELL_MOST_LABEL]) and v[s->n_fields]; texts stay in
 * the frame. 0, or -1 when it is no row of this schema. */
int cell_take_row(struct cell_frame *f, const struct kiri_schema *s, char *label,
                  struct kiri_obs *obs);

#endif
