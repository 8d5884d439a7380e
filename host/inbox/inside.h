/*
 * inbox/inside.h - a message while it is answered, for the files of this folder.
 */
#ifndef KIRI_INBOX_INSIDE_H
#define KIRI_INBOX_INSIDE_H

#include "inbox/inbox.h"
#include "inbox/message.h"

struct message {
    struct message *next;
    struct answer *answer; /* all who sent it */
    struct parts parts;
    int changed;     /* its schema is a new one, with which its atom is opened */
    int schema_done; /* its schema is the atom's */
    uint64_t row;    /* id of its row, which waits to be scored; 0: none yet */
    int64_t began;   /* mono ms */
    uint64_t looked; /* the last turn that looked at it */
};

/* inbox.c. Ends m. */
void message_refuse(struct inbox *b, struct message *m, int code, const char *sentence);

/* step.c: what a message asks of its atom. Each -1 and a sentence with its code. */

/* The atom that it is for, if that takes messages now; else NULL. */
struct instance *message_instance(const struct inbox *b, const struct message *m,
                                  struct kiri_error *err);
/* Makes the message's schema the atom's: 0 it is; 1 wait and ask again. */
int message_schema(struct message *m, struct instance *in, struct kiri_error *err);
/* Makes the message's values a row of the atom: m->row. The atom is open. */
int message_row(struct message *m, struct instance *in, struct kiri_error *err);
/* The members of score/A. */
void score_members(const struct instance *in, const struct observed *row,
                   const struct verdict *v, struct buf *out);

#endif
