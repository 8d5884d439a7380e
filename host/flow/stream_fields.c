#include "flow/stream_fields.h"

#include <math.h>
#include <string.h>

/* Before anything is known a mean of six deviates by so many nats, as if that had been
 * seen in so many rows. */
#define USUAL      0.1
#define USUAL_ROWS 4
#define LEAST      0.01 /* nats: less is rounding */

static float mean_of_recent(const struct fields *f, uint32_t i)
{
    float sum = 0;

    for (uint32_t k = QUIET_ROWS - f->n_recent; k < QUIET_ROWS; k++)
        sum += f->recent[k][i];
    return sum / (float)f->n_recent;
}

/* Deviations that x is above the mean of field i's past. */
static double far_out(const struct fields *f, uint32_t i, float x)
{
    double rows = f->n, all = rows + USUAL_ROWS;
    double variance = (rows * f->variance[i] + USUAL_ROWS * USUAL * USUAL) / all;

    return ((double)x - f->mean[i]) / (sqrt(variance) + LEAST);
}

struct farthest fields_see(struct fields *f, const float *excess, uint32_t n)
{
    struct farthest out = { 0 };

    memmove(f->recent, f->recent + 1, sizeof f->recent - sizeof *f->recent);
    memcpy(f->recent[QUIET_ROWS - 1], excess, n * sizeof *excess);
    if (f->n_recent < QUIET_ROWS)
        f->n_recent++;
    for (uint32_t i = 0; i < n; i++) {
        float six = mean_of_recent(f, i), z = (float)far_out(f, i, six);
        if (i == 0 || z > out.out)
            out = (struct farthest){ z, six * (float)f->n_recent };
    }
    return out;
}

static void learn(struct fields *f, const float six[KIRI_MAX_FIELDS])
{
    if (f->n < PAST_ROWS)
        f->n++;
    for (uint32_t i = 0; i < KIRI_MAX_FIELDS; i++) {
        double x = (double)six[i], n = f->n, d = x - f->mean[i];
        f->mean[i] += d / n;
        f->variance[i] += (d * (x - f->mean[i]) - f->variance[i]) / n;
    }
}

void fields_learn(struct fields *f)
{
    if (f->n_waiting == FIELDS_WAIT) {
        learn(f, f->waiting[0]);
        memmove(f->waiting, f->waiting + 1, sizeof f->waiting - sizeof *f->waiting);
        f->n_waiting--;
    }
    float *six = f->waiting[f->n_waiting++];
    for (uint32_t i = 0; i < KIRI_MAX_FIELDS; i++)
        six[i] = mean_of_recent(f, i);
}

int fields_sound(const struct fields *f)
{
    if (f->n_recent > QUIET_ROWS || f->n_waiting > FIELDS_WAIT || f->n > PAST_ROWS)
        return 0;
    for (uint32_t i = 0; i < KIRI_MAX_FIELDS; i++)
        if (!isfinite(f->mean[i]) || !(f->variance[i] >= 0) || !isfinite(f->variance[i]))
            return 0;
    for (uint32_t k = 0; k < QUIET_ROWS; k++)
        for (uint32_t i = 0; i < KIRI_MAX_FIELDS; i++)
            if (!isfinite(f->recent[k][i]))
                return 0;
    for (uint32_t k = 0; k < f->n_waiting; k++)
        for (uint32_t i = 0; i < KIRI_MAX_FIELDS; i++)
            if (!isfinite(f->waiting[k][i]))
                return 0;
    return 1;
}
