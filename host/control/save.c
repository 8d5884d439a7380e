/*
 * save: every trained model to its file now, at a row boundary; answered when the last
 * one is there.
 */
#include "control/asked.h"

#include <stdio.h>

static int has_model(const struct instance *in)
{
    return in->stream && in->facts.gen;
}

/* Whoever has come to its model only now is asked now. */
static int all_done(const struct control *c, uint64_t ticket)
{
    int all = 1;

    for (uint32_t i = 0; i < c->n_instances; i++) {
        struct instance *in = c->instance[i];

        if (has_model(in) && in->save_asked < ticket)
            save_ask(in, ticket);
        if (has_model(in) && in->save_done < ticket)
            all = 0;
    }
    return all;
}

static void write_saved(const struct instance *in, struct jsonw *j)
{
    char file[64];

    snprintf(file, sizeof file, "%s.safetensors", in->name);
    jsonw_object(j);
    jsonw_kstr(j, "name", in->name);
    jsonw_kstr(j, "file", file);
    jsonw_kint(j, "gen", (int64_t)in->saved.gen);
    jsonw_kint(j, "rows", (int64_t)in->saved.rows);
    jsonw_kint(j, "last_id", (int64_t)in->saved.last_id);
    jsonw_end(j);
}

static void finish(struct asked *a)
{
    const struct control *c = a->control;

    for (uint32_t i = 0; i < c->n_instances; i++) {
        const struct instance *in = c->instance[i];
        char said[384];

        if (!has_model(in) || !*in->unsaved)
            continue;
        snprintf(said, sizeof said, "%s: its model stays as it was last saved: %s",
                 in->name, in->unsaved);
        asked_refuse(a, KIRI_NO_WRITE, said);
        return;
    }
    asked_ok(a);
    jsonw_key(&a->j, "atoms");
    jsonw_array(&a->j);
    for (uint32_t i = 0; i < c->n_instances; i++)
        if (has_model(c->instance[i]))
            write_saved(c->instance[i], &a->j);
    jsonw_end(&a->j);
    asked_end(a);
}

void save_turn(struct control *c)
{
    struct asked **at = &c->saving;

    while (*at) {
        struct asked *a = *at;

        if (!all_done(c, a->ticket)) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        finish(a);
    }
}

void run_save(struct asked *a)
{
    struct control *c = a->control;

    a->ticket = ++c->ticket;
    a->next = c->saving;
    c->saving = a;
    (void)all_done(c, a->ticket); /* save_turn answers */
}
