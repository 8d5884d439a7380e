#include "flow/stream_blame.h"

#include <math.h>
#include <string.h>

static void remember(struct blame *b, const struct verdict *v)
{
    float *now = b->recent[QUIET_ROWS - 1];

    memmove(b->recent, b->recent + 1, sizeof b->recent - sizeof *b->recent);
    memset(now, 0, sizeof *b->recent);
    for (uint32_t i = 0; i < v->n_fields; i++)
        now[v->field[i].field] = v->field[i].excess;
}

static void add_newest(struct blame *b, uint32_t rows)
{
    for (uint32_t r = QUIET_ROWS - rows; r < QUIET_ROWS; r++)
        for (uint32_t f = 0; f < KIRI_MAX_FIELDS; f++)
            b->sum[f] += (double)b->recent[r][f];
}

void blame_row(struct blame *b, struct verdict *v)
{
    double most = -INFINITY;

    remember(b, v);
    if (!v->alarm)
        return;
    if (v->onset)
        memset(b->sum, 0, sizeof b->sum);
    add_newest(b, v->onset ? QUIET_ROWS : 1);
    for (uint32_t i = 0; i < v->n_fields; i++) {
        uint32_t f = v->field[i].field;
        if (b->sum[f] > most) {
            most = b->sum[f];
            v->blame = f;
        }
    }
}
