/*
 * judge: people say of an atom's rows that they were real, or normal. It takes effect at
 * a row boundary, and is answered when the model file has it: what was answered survives
 * any end of the host.
 */
#include "control/asked.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct instance *find(const struct control *c, const char *name)
{
    for (uint32_t i = 0; i < c->n_instances; i++)
        if (strcmp(c->instance[i]->name, name) == 0)
            return c->instance[i];
    return NULL;
}

static const char *name_of(const struct asked *a)
{
    return json_string_value(json_object_get(a->root, "atom"));
}

static int is_dismissal(const struct asked *a)
{
    return strcmp(json_string_value(json_object_get(a->root, "verdict")), "dismiss") == 0;
}

static uint64_t id_of(const struct asked *a, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(a->root, key));
}

static void say(struct asked *a, int code, const char *what)
{
    char said[512];

    snprintf(said, sizeof said, "%s: %.400s", name_of(a), what);
    asked_refuse(a, code, said);
}

/* Onto the stream, which is with nobody else. 0, or -1: that was answered. */
static int apply(struct asked *a, struct instance *in)
{
    enum stream_judgement judgement =
        is_dismissal(a) ? STREAM_DISMISSED : STREAM_APPROVED;
    int rc =
        stream_judge(in->stream, id_of(a, "from"), id_of(a, "to"), judgement, &a->judged);

    stream_facts(in->stream, &in->facts);
    if (rc == 0 && a->judged) {
        a->ticket = ++a->control->ticket;
        return 0;
    }
    if (rc)
        say(a, KIRI_INTERNAL, "memory is short: say it again");
    else
        say(a, KIRI_NO_INPUT,
            "it remembers none of these rows: it has its last 8,192, and kiri sub score/ "
            "shows their ids");
    return -1;
}

static void finish(struct asked *a, const struct instance *in)
{
    char said[512];
    const char *lines[] = { said };

    if (*in->unsaved) {
        snprintf(said, sizeof said,
                 "the rows are judged, but its model stays as it was last saved: %.300s",
                 in->unsaved);
        say(a, KIRI_NO_WRITE, said);
        return;
    }
    snprintf(said, sizeof said, "%s: %" PRIu32 " row%s %s", name_of(a), a->judged,
             a->judged == 1 ? "" : "s",
             is_dismissal(a) ? "dismissed: it learns them as normal, with weight 4"
                             : "approved: it never learns them");
    asked_fine(a, lines, 1);
}

/* 1: it was answered. */
static int step(struct asked *a)
{
    struct instance *in = find(a->control, name_of(a));

    if (!in || in->closing) {
        say(a, KIRI_USAGE, "there is no such atom");
        return 1;
    }
    if (!in->restored || in->learning)
        return 0;
    if (!in->facts.gen) {
        say(a, KIRI_HELD, "it has no model yet, so it raised no alarm: ask again later");
        return 1;
    }
    if (!a->ticket && apply(a, in))
        return 1;
    if (in->save_asked < a->ticket)
        save_ask(in, a->ticket);
    if (in->save_done < a->ticket)
        return 0;
    finish(a, in);
    return 1;
}

void judge_turn(struct control *c)
{
    struct asked **at = &c->judging;

    while (*at) {
        struct asked *a = *at, *next = a->next;

        if (step(a))
            *at = next;
        else
            at = &a->next;
    }
}

static int is_id(const json_t *x)
{
    return json_is_integer(x) && json_integer_value(x) > 0;
}

void run_judge(struct asked *a)
{
    const char *verdict = json_string_value(json_object_get(a->root, "verdict"));
    struct control *c = a->control;
    struct asked **at = &c->judging;

    if (!name_of(a))
        asked_refuse(a, KIRI_USAGE, "`atom` says which one");
    else if (!verdict ||
             (strcmp(verdict, "approve") != 0 && strcmp(verdict, "dismiss") != 0))
        asked_refuse(a, KIRI_USAGE,
                     "`verdict` is approve (it was real) or dismiss (it was normal)");
    else if (!is_id(json_object_get(a->root, "from")) ||
             !is_id(json_object_get(a->root, "to")) || id_of(a, "from") > id_of(a, "to"))
        asked_refuse(a, KIRI_USAGE,
                     "`from` and `to` are ids of rows, the first and the last of them");
    else {
        while (*at)
            at = &(*at)->next;
        a->next = NULL;
        *at = a;
        judge_turn(c);
    }
}
