/*
 * kiri retrain ATOM [WINDOW] - a cold training in the running host, and what came of it.
 */
#include "cli/command.h"
#include "cli/common.h"
#include "cli/progress.h"
#include "screen/terminal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS 100

enum { NO_WAIT, QUIET, BUS, STATE, JSON };

/* How far it is; NULL: the atom that was asked is not there any more. */
static const json_t *look(const json_t *status, const char *atom, int64_t id)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(status, "atoms"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        const json_t *r = json_object_get(one, "retrain");
        if (name && strcmp(name, atom) == 0 &&
            json_integer_value(json_object_get(r, "retraining")) == id)
            return r;
    }
    return NULL;
}

static const char *text_of(const json_t *r, const char *key)
{
    const char *text = json_string_value(json_object_get(r, key));

    return text ? text : "";
}

static void tell(struct progress *p, const json_t *r)
{
    int64_t done = json_integer_value(json_object_get(r, "done"));
    int64_t all = json_integer_value(json_object_get(r, "all"));
    char left[48];

    if (progress_due(p))
        progress_say(p, "%s: %" PRId64 " of %" PRId64 " steps%s", text_of(r, "step"),
                     done, all,
                     progress_left(p, all ? (double)done / (double)all : 0, left));
}

static int print_json(const json_t *r)
{
    json_dumpf(r, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    return command_finish();
}

/* The end of it, as the host has said. */
static int finish(const json_t *r, int json)
{
    int code = (int)json_integer_value(json_object_get(r, "code"));
    int rc = 0;

    if (json)
        rc = print_json(r);
    else if (code)
        fprintf(stderr, "kiri: %s\n", text_of(r, "said"));
    else
        puts(text_of(r, "said"));
    if (!json && !code)
        rc = command_finish();
    return rc ? rc : code;
}

static int wait_for(const struct reach *reach, const struct call *call, int64_t id)
{
    struct kiri_error err = { 0 };
    struct progress progress;
    int rc = -1;

    progress_begin(&progress, call->value[QUIET] || call->value[JSON]);
    interrupt_catch();
    while (rc < 0 && !interrupted()) {
        json_t *status = reach_ask(reach, "status", NULL, &err);
        const json_t *r = status ? look(status, call->word[0], id) : NULL;
        if (!status) {
            progress_wipe(&progress);
            rc = command_fail(&err);
        } else if (!r) {
            progress_wipe(&progress);
            kiri_fail(&err, KIRI_HELD,
                      "%s was replaced meanwhile: it is not retrained, ask again",
                      call->word[0]);
            rc = command_fail(&err);
        } else if (strcmp(text_of(r, "result"), "going") != 0) {
            progress_wipe(&progress);
            rc = finish(r, call->value[JSON] != NULL);
        } else {
            tell(&progress, r);
            interrupt_sleep(LOOK_MS);
        }
        json_decref(status);
    }
    if (rc >= 0)
        return rc;
    progress_wipe(&progress);
    fprintf(stderr, "kiri: the retraining goes on in the host: kiri status shows it\n");
    return 0;
}

/* The host's answer that it has begun; NULL and a sentence. */
static json_t *ask(const struct reach *reach, const struct call *call,
                   struct kiri_error *err)
{
    json_t *members = call->n_words > 1 ? json_pack("{ss,ss}", "atom", call->word[0],
                                                    "window", call->word[1])
                                        : json_pack("{ss}", "atom", call->word[0]);
    char *text = members ? json_dumps(members, JSON_COMPACT) : NULL;
    json_t *answer = NULL;

    if (text) {
        text[strlen(text) - 1] = '\0';
        answer = reach_ask(reach, "retrain", text + 1, err);
    } else {
        kiri_fail(err, KIRI_USAGE, "an atom's name is a-z, 0-9 and -");
    }
    free(text);
    json_decref(members);
    return answer;
}

static int run(const struct call *call)
{
    struct kiri_error err = { 0 };
    struct reach reach;
    json_t *answer;
    int rc;

    if (reach_find(&reach, call->value[BUS], call->value[STATE], &err)) {
        reach_free(&reach);
        return command_fail(&err);
    }
    answer = ask(&reach, call, &err);
    int64_t id = json_integer_value(json_object_get(answer, "retraining"));
    if (!answer) {
        rc = command_fail(&err);
    } else if (!call->value[NO_WAIT]) {
        rc = wait_for(&reach, call, id);
    } else if (call->value[JSON]) {
        rc = print_json(answer);
    } else {
        printf("retraining %" PRId64 " has begun\n", id);
        rc = command_finish();
    }
    json_decref(answer);
    reach_free(&reach);
    return rc;
}

const struct command command_retrain = {
    .name = "retrain",
    .summary = "Trains an atom's model anew, and takes it if it is no worse.",
    .arguments = "ATOM [WINDOW]",
    .least = 1,
    .most = 2,
    .about =
        "The running host trains a model of this atom from nothing, on a window of what\n"
        "is remembered (the newest 8,192 rows), beside the live one, which goes on\n"
        "scoring. The newest tenth of the window is held back: there the new model is\n"
        "judged against what the live one said of those rows before it knew them, in\n"
        "nats of density (nats plus the logarithm of how wide the word is, because the\n"
        "two cut numbers at other edges). If it is no worse it is promoted: the next\n"
        "generation, calibrated by its own scores there, with the window as its "
        "history.\n"
        "The generation before is kept for 'kiri rollback'. If it is worse, nothing\n"
        "changes.\n"
        "\n"
        "WINDOW: a time such as 7d, or a number of rows such as 2000, at least 320.\n"
        "Default: all that is remembered. What came of it is printed, published as\n"
        "model/ATOM and shown by 'kiri status'. Ctrl-C stops the waiting only.\n",
    .option = { { "no-wait", NULL, "Returns as soon as it has begun." },
                { "quiet", NULL, "No progress." },
                OPTION_BUS,
                OPTION_STATE,
                { "json", NULL, "Prints what came of it as one line of JSON." } },
    .examples = "  kiri retrain pulse\n"
                "  kiri retrain pulse 2d\n"
                "  kiri retrain soil 2000 --json | jq .result\n",
    .exits =
        "  0   promoted, or kept because the live model is better: both are an "
        "answer\n"
        "  64  the command line is wrong, or there is no such atom\n"
        "  69  no host answers\n"
        "  75  not now: another retraining is under way, there are too few rows, or\n"
        "      the atom is being replaced\n",
    .run = run,
};
