#include "control/asked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS      3u  /* one may wait for a probe, one for the disk */
#define MOST_RUNNING 24u /* of the bus's 32 contexts; the rest is for what is quick */
#define FLUSH_MS     2000

/* ---- the commands ---------------------------------------------------------------- */

static void run_status(struct asked *a)
{
    asked_ok(a);
    control_status(a->control, &a->j);
    asked_end(a);
}

static void run_stop(struct asked *a)
{
    struct control *c = a->control;

    asked_ok(a);
    asked_end(a);
    c->act.stop(c->act.ctx);
}

static void flush(struct asked *a)
{
    struct store_state s;

    if (store_flush(a->control->flow->store, FLUSH_MS) == 0) {
        asked_ok(a);
        return;
    }
    store_state(a->control->flow->store, &s);
    asked_fail(a, KIRI_IO,
               s.degraded ? "the store cannot write now; kiri status says why"
                          : "the store did not commit within 2 s: its disk is slow");
}

static void run_flush(struct asked *a)
{
    asked_elsewhere(a, flush);
}

static const struct command commands[] = {
    { "status", run_status, 0 },     { "since", run_since, 0 },
    { "snapshot", run_snapshot, 0 }, { "save", run_save, 1 },
    { "flush", run_flush, 1 },       { "reload", run_reload, 1 },
    { "load", run_load, 1 },         { "unload", run_unload, 1 },
    { "judge", run_judge, 1 },       { "retrain", run_retrain, 1 },
    { "rollback", run_rollback, 1 }, { "stop", run_stop, 1 },
};
#define KNOWN                                                                            \
    "status, since, snapshot, save, flush, reload, load, unload, judge, retrain, "       \
    "rollback and stop"

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* ---- answers --------------------------------------------------------------------- */

/* When there is no memory for more; whose id it is REP knows. */
static const char starved[] =
    "{\"id\":\"\",\"ok\":false,\"code\":70,\"error\":\"memory is short\"}";

static void tell(void *ctx, void *waiter, const char *json, size_t len)
{
    struct control *c = ctx;

    if (c->closed)
        return;
    c->answered++;
    bus_answer(c->flow->bus, waiter, json, len);
}

void asked_ok(struct asked *a)
{
    jsonw_kbool(&a->j, "ok", 1);
}

void asked_fail(struct asked *a, int code, const char *sentence)
{
    jsonw_kbool(&a->j, "ok", 0);
    jsonw_kint(&a->j, "code", code);
    jsonw_kstr(&a->j, "error", sentence);
}

void asked_end(struct asked *a)
{
    struct control *c = a->control;

    jsonw_end(&a->j);
    int failed = buf_failed(&a->out);
    answers_end(&c->answers, a->answer, failed ? starved : buf_text(&a->out),
                failed ? sizeof starved - 1 : a->out.len, a->command->remembered,
                clock_mono(c->flow->clock), tell, c);
    buf_free(&a->out);
    json_decref(a->root);
    free(a);
}

void asked_fine(struct asked *a, const char *const *applied, size_t n)
{
    asked_ok(a);
    jsonw_key(&a->j, "applied");
    jsonw_array(&a->j);
    for (size_t i = 0; i < n; i++)
        jsonw_string(&a->j, applied[i]);
    jsonw_end(&a->j);
    asked_end(a);
}

void asked_refuse(struct asked *a, int code, const char *sentence)
{
    asked_fail(a, code, sentence);
    asked_end(a);
}

/* ---- off the loop ---------------------------------------------------------------- */

static void work(struct pool_job *job)
{
    struct asked *a = (struct asked *)job;

    a->work(a);
}

static void post(struct pool_job *job)
{
    struct asked *a = (struct asked *)job;

    flow_post(a->control->flow, &a->message);
}

static void deliver(struct flow_message *m)
{
    asked_end((struct asked *)((char *)m - offsetof(struct asked, message)));
}

void asked_elsewhere(struct asked *a, void (*what)(struct asked *a))
{
    struct control *c = a->control;

    a->work = what;
    a->job.run = work;
    a->job.done = post;
    a->message.deliver = deliver;
    if (c->answers.n_running > MOST_RUNNING)
        asked_refuse(a, KIRI_HELD, "too many commands wait for the disk: ask again");
    else if (pool_run(c->pool, &a->job))
        asked_refuse(a, KIRI_UNAVAILABLE, "this host is stopping");
}

int asked_texts(struct asked *a, const char *key, const char ***texts, size_t *n)
{
    const json_t *list = json_object_get(a->root, key), *one;
    char said[128];
    size_t i;

    *texts = NULL;
    *n = 0;
    if (!list || json_is_null(list) || (json_is_array(list) && !json_array_size(list)))
        return 0;
    snprintf(said, sizeof said,
             "`%s` is a list of texts such as [\"score/pulse \",\"alert \"]", key);
    *texts = json_is_array(list) ? calloc(json_array_size(list), sizeof **texts) : NULL;
    if (json_is_array(list) && !*texts) {
        asked_fail(a, KIRI_INTERNAL, "memory is short");
        return -1;
    }
    json_array_foreach(list, i, one)
    {
        if (!*texts || !json_is_string(one))
            break;
        (*texts)[(*n)++] = json_string_value(one);
    }
    if (*texts && *n == json_array_size(list))
        return 0;
    free(*texts);
    *texts = NULL;
    asked_fail(a, KIRI_USAGE, said);
    return -1;
}

/* ---- requests -------------------------------------------------------------------- */

/* A refusal that is worth no memory: what is wrong is the request itself. */
static void refuse(struct control *c, struct bus_request *r, const char *id, int code,
                   const char *sentence)
{
    struct buf out = { 0 };
    struct jsonw j = jsonw_into(&out);

    jsonw_object(&j);
    jsonw_kstr(&j, "id", id);
    jsonw_kbool(&j, "ok", 0);
    jsonw_kint(&j, "code", code);
    jsonw_kstr(&j, "error", sentence);
    jsonw_end(&j);
    if (buf_failed(&out))
        tell(c, r, starved, sizeof starved - 1);
    else
        tell(c, r, buf_text(&out), out.len);
    buf_free(&out);
}

/* It was asked before: the same answer, now or when there is one. */
static void again(struct control *c, struct bus_request *r, struct answer *x,
                  const char *id)
{
    size_t asked, len;
    const char *text = bus_request_text(r, &asked), *json = answer_text(x, &len);

    if (!answer_same(x, text, asked))
        refuse(c, r, id, KIRI_USAGE,
               "this id was used for another request: make a new id for each");
    else if (json)
        tell(c, r, json, len);
    else if (answer_wait(x, r))
        refuse(c, r, id, KIRI_HELD, "this request waits too often already");
}

static void begin(struct control *c, struct bus_request *r, const struct command *command,
                  const char *id, json_t *root)
{
    size_t len;
    const char *text = bus_request_text(r, &len);
    struct asked *a = calloc(1, sizeof *a);
    struct answer *x = a ? answers_begin(&c->answers, id, text, len) : NULL;

    if (!x) {
        free(a);
        refuse(c, r, id, KIRI_INTERNAL, "memory is short");
        return;
    }
    a->control = c;
    a->command = command;
    a->answer = x;
    a->root = json_incref(root);
    a->j = jsonw_into(&a->out);
    jsonw_object(&a->j);
    jsonw_kstr(&a->j, "id", id);
    (void)answer_wait(x, r); /* the first always has room */
    command->run(a);
}

void control_take(struct control *c, struct bus_request *r)
{
    size_t len;
    const char *text = bus_request_text(r, &len);
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    const char *cmd = json_string_value(json_object_get(root, "cmd"));
    const char *id = json_string_value(json_object_get(root, "id"));
    const struct command *command = cmd ? command_named(cmd) : NULL;
    uint64_t uid = bus_request_uid(r);
    struct answer *x;

    if (id && strlen(id) > ANSWERS_ID_MOST)
        id = NULL;
    if (uid != geteuid() && uid != 0)
        refuse(c, r, id ? id : "", KIRI_NO_PERMISSION,
               "this host obeys its own user and root only");
    else if (!json_is_object(root) || !cmd)
        refuse(c, r, id ? id : "", KIRI_USAGE,
               "a request is a JSON object like {\"id\":\"1\",\"cmd\":\"status\"}");
    else if (!id || !*id)
        refuse(c, r, "", KIRI_USAGE,
               "a request has an id of 1 to 64 bytes, a new one each time");
    else if (!command)
        refuse(c, r, id, KIRI_USAGE, "unknown command; this host knows " KNOWN);
    else if ((x = answers_find(&c->answers, id, clock_mono(c->flow->clock))))
        again(c, r, x, id);
    else
        begin(c, r, command, id, root);
    json_decref(root);
}

/* ---- life ------------------------------------------------------------------------ */

int control_open(struct control *c)
{
    answers_init(&c->answers);
    c->pool = pool_new("kiri-answers", THREADS, 0);
    return c->pool ? 0 : -1;
}

void control_turn(struct control *c)
{
    save_turn(c);
    judge_turn(c);
    rollback_turn(c);
}

static void refuse_all(struct asked **list)
{
    while (*list) {
        struct asked *a = *list;
        *list = a->next;
        asked_refuse(a, KIRI_UNAVAILABLE, "this host is stopping");
    }
}

int control_stop(struct control *c, int wait_ms)
{
    if (pool_stop(c->pool, wait_ms))
        return -1;
    c->pool = NULL;
    flow_deliver(c->flow);
    refuse_all(&c->saving);
    refuse_all(&c->judging);
    refuse_all(&c->going_back);
    c->closed = 1;
    return 0;
}

void control_close(struct control *c)
{
    answers_fini(&c->answers);
}
