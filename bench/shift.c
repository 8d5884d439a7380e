/*
 * bench/shift - a stream that is twice as busy from one hour on: is that alarmed, how
 * soon is it usual, are budgets kept from then on, and is a real spike still seen?
 *
 * Usage: shift [--seeds N] [--jobs N] [--json | --markdown]
 *
 * Thirty days of a row a minute, scored as `kiri detect` does with a budget of 1/day;
 * everything is doubled from the end of the tenth day on, and for five minutes shortly
 * before the end once more.
 */
#include "bench/generate.h"
#include "bench/trials.h"
#include "bench/watch.h"

#include <math.h>
#include <stdlib.h>

#define BUDGET  (1.0 / GENERATE_DAY)
#define DAYS    30u
#define ROWS    (DAYS * GENERATE_DAY)
#define SHIFT   (10u * GENERATE_DAY) /* the first row that is twice as busy */
#define SPIKE   (ROWS - 100u)
#define LASTS   5u
#define AT_ONCE 6u /* rows in which what begins is to be alarmed */

struct trial {
    double found, spike;   /* 1: alarmed at once                           */
    double open;           /* rows of open alarms in the day after it began */
    double second, later;  /* alarms in the next day, and from there on     */
    double promised_later; /* of them */
    double day[DAYS];      /* alarms of each day, from the second on */
};

/* What is to be seen of row `row`: where an alarm opened, or is open. */
static void count(struct trial *t, uint32_t row, const struct verdict *v)
{
    uint32_t day = row < SHIFT ? UINT32_MAX : (row - SHIFT) / GENERATE_DAY;

    t->found += v->onset && row >= SHIFT && row < SHIFT + AT_ONCE;
    t->spike += v->onset && row >= SPIKE && row < SPIKE + AT_ONCE;
    t->open += day == 0 && v->alarm;
    t->second += day == 1 && v->onset;
    if (day != UINT32_MAX && day > 0 && row < SPIKE) {
        t->later += v->onset;
        t->day[day] += v->onset;
        t->promised_later += BUDGET;
    }
}

static int try_one(void *ctx, size_t i)
{
    struct trial *trial = (struct trial *)((struct trials *)ctx)->trial + i;
    struct watch *w = watch_new(i + 1, BUDGET);
    struct generated g;
    int rc = w ? 0 : -1;

    generate_begin(&g, 0, i + 1);
    for (uint32_t row = 0; rc == 0 && row < ROWS; row++) {
        double x = generate_next(&g) * (row < SHIFT ? 1 : 2);
        const struct verdict *v =
            watch_push(w, row >= SPIKE && row < SPIKE + LASTS ? 2 * x : x);
        if (v)
            count(trial, row, v);
        else
            rc = -1;
    }
    watch_free(w);
    return rc;
}

static void add_figures(const struct trials *all, struct figures *f)
{
    const struct trial *trial = all->trial;
    struct trial sum = { 0 };
    double n = all->seeds;

    for (unsigned i = 0; i < all->seeds; i++) {
        const struct trial *t = &trial[i];
        sum.found += t->found;
        sum.spike += t->spike;
        sum.open += t->open;
        sum.second += t->second;
        sum.later += t->later;
        sum.promised_later += t->promised_later;
        for (size_t day = 0; day < DAYS; day++)
            sum.day[day] += t->day[day];
    }
    double most = 0;
    for (size_t day = 0; day < DAYS; day++)
        most = fmax(most, sum.day[day] / n);
    figures_add(f, "shift.found", 100 * sum.found / n, "%", GOAL_AT_LEAST, 100);
    figures_add(f, "shift.open", sum.open / n, "rows", GOAL_AT_MOST, GENERATE_DAY);
    figures_add(f, "shift.second_day", sum.second / n, "alarms", GOAL_AT_MOST, 2);
    figures_add(f, "shift.later", sum.later / sum.promised_later, "ratio", GOAL_WITHIN,
                2);
    figures_add(f, "shift.worst_day", most, "alarms", GOAL_NONE, 0);
    figures_add(f, "shift.spike_found", 100 * sum.spike / n, "%", GOAL_AT_LEAST, 100);
}

int main(int argc, char **argv)
{
    static const struct trials_plan plan = {
        .name = "shift",
        .each = 1,
        .size = sizeof(struct trial),
        .one = try_one,
        .figures = add_figures,
    };

    return trials_main(argc, argv, &plan);
}
