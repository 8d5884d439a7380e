/* retrain.c - a cold training of one atom, and the way back from one. */
#include "control/asked.h"

#include "base/units.h"

#include <stdio.h>
#include <string.h>

/* The atom that the request names; NULL: there is none, and that was answered. */
static struct instance *instance_of(struct asked *a)
{
    const struct control *c = a->control;
    const char *name = json_string_value(json_object_get(a->root, "atom"));
    char said[128];

    for (uint32_t i = 0; name && i < c->n_instances; i++)
        if (strcmp(c->instance[i]->name, name) == 0)
            return c->instance[i];
    snprintf(said, sizeof said, "there is no atom `%.64s`: `kiri status` shows all",
             name ? name : "");
    asked_refuse(a, KIRI_USAGE, name ? said : "`atom` says which one");
    return NULL;
}

/* "7d", "2000", 2000; absent or null: all that is remembered. */
static int window_of(struct asked *a, struct stream_window *w)
{
    const json_t *value = json_object_get(a->root, "window");
    const char *text = json_string_value(value);
    int64_t rows = json_integer_value(value), ms;

    *w = (struct stream_window){ .since = INT64_MIN };
    if (!value || json_is_null(value))
        return 0;
    if (json_is_integer(value) || (text && units_integer(text, &rows) == 0)) {
        if (rows > 0) {
            w->rows = rows < STREAM_KEEPS ? (uint32_t)rows : STREAM_KEEPS;
            return 0;
        }
    } else if (text && units_duration_ms(text, &ms) == 0 && ms > 0) {
        w->since = clock_now(a->control->flow->clock) - ms;
        return 0;
    }
    asked_refuse(a, KIRI_USAGE,
                 "`window` is a time such as \"7d\", or a number of rows such as 2000");
    return -1;
}

void run_retrain(struct asked *a)
{
    struct instance *in = instance_of(a);
    struct stream_window window;
    struct kiri_error err;

    if (!in || window_of(a, &window))
        return;
    if (retrain_ask(in, &window, &err)) {
        asked_refuse(a, (int)err.code, err.text);
        return;
    }
    asked_ok(a);
    jsonw_kint(&a->j, "retraining", (int64_t)in->retrain.id);
    asked_end(a);
}

/* Answered when it is done: a moment, but rows may have to be learned before. */
void run_rollback(struct asked *a)
{
    struct instance *in = instance_of(a);
    struct control *c = a->control;
    struct kiri_error err;

    if (!in)
        return;
    if (retrain_ask_back(in, &err)) {
        asked_refuse(a, (int)err.code, err.text);
        return;
    }
    a->ticket = in->retrain.id;
    a->next = c->going_back;
    c->going_back = a;
}

static const struct retraining *retraining_of(const struct control *c, uint64_t id)
{
    for (uint32_t i = 0; i < c->n_instances; i++)
        if (c->instance[i]->retrain.id == id)
            return &c->instance[i]->retrain;
    return NULL;
}

void rollback_turn(struct control *c)
{
    struct asked **at = &c->going_back;

    while (*at) {
        struct asked *a = *at;
        const struct retraining *r = retraining_of(c, a->ticket);

        if (r && r->result == RETRAIN_GOING) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        if (!r)
            asked_refuse(a, KIRI_HELD, "the atom was replaced meanwhile: ask again");
        else if (r->result == RETRAIN_REFUSED)
            asked_refuse(a, (int)r->code, r->said);
        else
            asked_fine(a, (const char *const[]){ r->said }, 1);
    }
}
