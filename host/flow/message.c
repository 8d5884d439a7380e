#include "flow/message.h"

#include "flow/retrain.h"
#include "flow/verdict.h"

void message_obs(uint64_t id, const struct buf *values, const char *label,
                 struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    jsonw_kint(&j, "id", (int64_t)id);
    jsonw_key(&j, "values");
    jsonw_raw(&j, buf_text(values), values->len);
    if (label)
        jsonw_kstr(&j, "label", label);
}

void message_score(const struct kiri_schema *s, const struct verdict *v,
                   const struct buf *fields, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    verdict_write(s, v, &j);
    jsonw_key(&j, "fields");
    jsonw_raw(&j, buf_text(fields), fields->len);
}

void message_model(const struct stream_lesson *l, uint64_t rows, int64_t ms,
                   struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    jsonw_kint(&j, "gen", (int64_t)l->gen);
    jsonw_kint(&j, "rows", (int64_t)rows);
    jsonw_kint(&j, "steps", l->steps);
    jsonw_knum(&j, "before", (double)l->before, 4);
    jsonw_knum(&j, "after", (double)l->after, 4);
    if (ms >= 0)
        jsonw_kint(&j, "ms", ms);
    jsonw_kstr(&j, "result", l->rejected ? "rejected" : l->steps ? "trained" : "skipped");
}

void message_retrain_members(const struct retraining *r, struct jsonw *j)
{
    const struct stream_trial *t = &r->trial;

    jsonw_kint(j, "retraining", (int64_t)r->id);
    jsonw_kstr(j, "result", retrain_result_name(r));
    jsonw_kstr(j, "said", r->said);
    if (t->judged) {
        jsonw_knum(j, "before", t->live, 5);
        jsonw_knum(j, "after", t->fresh, 5);
        jsonw_kint(j, "window", t->rows);
        jsonw_kint(j, "judged", t->judged);
        jsonw_kint(j, "steps", t->steps);
    }
    if (r->result != RETRAIN_GOING)
        jsonw_kint(j, "ms", r->ms);
}

void message_retrain(const struct retraining *r, uint64_t gen, uint64_t rows,
                     struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    jsonw_kint(&j, "gen", (int64_t)gen);
    jsonw_kint(&j, "rows", (int64_t)rows);
    message_retrain_members(r, &j);
}

void message_atom(const char *state, const char *note, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    jsonw_kstr(&j, "state", state);
    jsonw_kstr(&j, "note", note);
}
