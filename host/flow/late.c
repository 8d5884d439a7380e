/*
 * Rows that were stored and not scored, because the process before this one was stopped
 * while they waited for a learning, or killed. They are scored when the stream is brought
 * back (history.c, on a learner thread); what they are worth is stored and published as
 * soon as the loop thread has the stream again, before any row that is newer.
 */
#include "flow/instance.h"

#include <stdlib.h>

struct late {
    struct late *next;
    struct scored_row row;
};

int late_add(struct instance *in, const struct stream_row *row, const struct verdict *v)
{
    if (in->n_late >= INSTANCE_ROWS)
        return 0; /* more than ever wait: these lost their scores by another way */
    struct late *l = calloc(1, sizeof *l);

    if (!l || scored_write(in, row, v, &l->row)) {
        free(l);
        return -1;
    }
    if (in->late_last)
        in->late_last->next = l;
    else
        in->late = l;
    in->late_last = l;
    in->n_late++;
    return 0;
}

void late_publish(struct instance *in)
{
    for (const struct late *l = in->late; l; l = l->next)
        scored_publish(in, &l->row);
    late_free(in);
}

void late_free(struct instance *in)
{
    while (in->late) {
        struct late *next = in->late->next;
        scored_free(&in->late->row);
        free(in->late);
        in->late = next;
    }
    in->late_last = NULL;
    in->n_late = 0;
}
