/*
 * together.c - the molecule of a running host: what its atoms say at once.
 *
 * Its past needs no file of its own: its rows are among the store's scores, and at the
 * start the newest of them are judged again, in their order. Loop thread.
 */
#include "reload.h"

#include "base/log.h"
#include "store/reader.h"

static int judge_again(void *ctx, const struct store_score *c)
{
    return combined_again(ctx, c->ts, c->surprise, (uint32_t)c->gen) != 0;
}

void together_start(struct host *h)
{
    struct kiri_error err = { 0 };
    struct store_reader *r;

    combined_init(&h->together, h->conf->alarm);
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        combined_join(&h->together, h->control.instance[i]->name,
                      h->control.instance[i]->period_ms);
    r = store_reader_open(h->flow.state, &err);
    if (r && store_newest_scores(r, COMBINED_NAME, PAST_ROWS + MOLECULE_GUARD,
                                 judge_again, &h->together, &err))
        log_warn("what the atoms said together before this start is not known: %s",
                 err.text);
    store_reader_close(r);
    h->flow.together = &h->together;
}

void together_status(const struct host *h, struct jsonw *j)
{
    jsonw_key(j, "together");
    if (!h->together.last_ts) {
        jsonw_null(j);
        return;
    }
    jsonw_object(j);
    jsonw_kint(j, "ts", h->together.last_ts);
    combined_members(&h->together, j);
    jsonw_kint(j, "rows", (int64_t)h->together.molecule.rows);
    jsonw_kint(j, "alarms", (int64_t)h->together.molecule.alarms);
    jsonw_knum(j, "budget_per_day", h->together.alarm_per_s * 86400, 4);
    jsonw_end(j);
}
