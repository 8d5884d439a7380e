/*
 * kiri replay FILE --data DIR - recorded rows through the molecule again, by their own
 * clock.
 */
#include "replay/replay_open.h"

#include "cli/command.h"
#include "cli/common.h"
#include "cli/progress.h"
#include "replay/output.h"
#include "screen/terminal.h"
#include "screen/view_number.h"

#include <kiri/wire.h>

#include <inttypes.h>

#define INTERRUPTED 130 /* 128 + SIGINT, as shells count */

enum { DATA, OUTPUT, FROM_START, QUIET };

struct player {
    struct output *out;
    struct progress progress;
    struct buf line;
    struct kiri_error err;
    int failed;
};

static int print(void *ctx, const char *bytes, size_t len)
{
    struct player *p = ctx;
    struct kiri_message m;

    buf_clear(&p->line);
    if (kiri_message_split(bytes, len, &m) == 0)
        message_json(&m, &p->line);
    if (buf_failed(&p->line))
        p->failed = kiri_fail(&p->err, KIRI_INTERNAL, "out of memory");
    else
        p->failed = output_write(p->out, buf_text(&p->line), p->line.len, &p->err);
    return p->failed != 0;
}

static int tell(void *ctx, const struct replay_counts *c)
{
    struct player *p = ctx;
    char rows[40], left[48];

    if (interrupted())
        return 1;
    if (!progress_due(&p->progress))
        return 0;
    double share = c->size ? (double)c->bytes / (double)c->size : 1;
    number_count((double)c->rows, rows, sizeof rows);
    progress_say(&p->progress, "%s rows  %.0f %%  %.0f rows/s%s", rows, 100 * share,
                 (double)c->rows * 1e3 / (double)(progress_ms(&p->progress) + 1),
                 progress_left(&p->progress, share, left));
    return 0;
}

static void say(void *ctx, const char *sentence)
{
    struct player *p = ctx;

    progress_wipe(&p->progress);
    fprintf(stderr, "kiri replay: %s\n", sentence);
}

static void conclude(const struct player *p, const struct replay_counts *c)
{
    char rows[40], known[40], rate[40];

    number_count((double)c->rows, rows, sizeof rows);
    number_count((double)c->remembered, known, sizeof known);
    number_count((double)c->rows * 1e3 / (double)(progress_ms(&p->progress) + 1), rate,
                 sizeof rate);
    fprintf(stderr, "%s row%s scored", rows, c->rows == 1 ? "" : "s");
    if (c->remembered)
        fprintf(stderr, " after %s that the models knew", known);
    fprintf(stderr, ", %" PRIu64 " learning%s, %" PRIu64 " alarm%s; %s rows/s\n",
            c->lessons, c->lessons == 1 ? "" : "s", c->alarms, c->alarms == 1 ? "" : "s",
            rate);
}

/* 0, 1: interrupted, -1. */
static int play(struct player *p, const struct call *call, const struct conf *conf)
{
    struct replay_options o = {
        .message = print, .progress = tell, .ctx = p, .alarm_per_s = conf->alarm
    };
    struct replay_source from = { .data = call->value[DATA],
                                  .from_start = call->value[FROM_START] != NULL,
                                  .say = say,
                                  .ctx = p };
    struct replay *r = replay_new(&o);
    struct replay_counts counts;
    int rc = -1;

    if (!r)
        return kiri_fail(&p->err, KIRI_INTERNAL, "out of memory");
    struct replay_atoms *atoms = replay_open(r, conf, &from, &p->err);
    if (atoms && (p->out = output_open(call->value[OUTPUT], 1, &p->err))) {
        interrupt_catch();
        progress_begin(&p->progress, call->value[QUIET] != NULL);
        rc = replay_run(r, &p->err);
        rc = p->failed ? -1 : rc;
        if (rc)
            output_drop(p->out);
        else
            rc = output_keep(p->out, &p->err);
        progress_wipe(&p->progress);
    }
    if (rc == 0) {
        replay_counts(r, &counts);
        replay_atoms_tell(atoms, &from);
        if (!p->progress.quiet)
            conclude(p, &counts);
    }
    replay_free(r);
    replay_atoms_free(atoms);
    return rc;
}

static int run(const struct call *call)
{
    struct conf_errors errors = { 0 };
    struct player player = { 0 };
    int code;

    if (!call->value[DATA]) {
        kiri_fail(&player.err, KIRI_USAGE, "replay needs --data DIR, where the rows are");
        return command_fail(&player.err);
    }
    struct conf *conf = conf_read(call->word[0], &errors);
    if (!conf) {
        fputs(buf_text(&errors.text), stderr);
        code = errors.code ? (int)errors.code : KIRI_BAD_CONFIG;
        conf_errors_free(&errors);
        return code;
    }
    int rc = play(&player, call, conf);
    if (rc > 0) {
        fprintf(stderr, "kiri: interrupted, %s\n",
                call->value[OUTPUT] ? "nothing was written"
                                    : "the output is not complete");
        code = INTERRUPTED;
    } else {
        code = rc ? command_fail(&player.err) : 0;
    }
    buf_free(&player.line);
    conf_free(conf);
    conf_errors_free(&errors);
    return code;
}

const struct command command_replay = {
    .name = "replay",
    .summary = "Scores recorded observations again, by their own clock.",
    .arguments = "FILE --data DIR",
    .least = 1,
    .most = 1,
    .about =
        "DIR holds ATOM.jsonl for atoms of the molecule FILE, as 'kiri record' and "
        "'kiri\n"
        "export obs' write it, one row a line: {\"ts\":ms,\"values\":{\"name\":value}}, "
        "with\n"
        "\"id\" and \"label\" where they are known. The rows of all atoms go through the "
        "same\n"
        "learning and scoring as in 'kiri run', in the order of their times; where "
        "ATOM's\n"
        "recorded model (ATOM.safetensors) lies beside them, from that model on. "
        "Plugins\n"
        "are opened to learn their language and asked for nothing else.\n"
        "\n"
        "What 'kiri sub score/ model/ --json' would print comes out, with host and boot\n"
        "\"replay\", seq and n from 1. The same rows, file and time zone (TZ: the hour "
        "is a\n"
        "part of the language) give the same bytes.\n",
    .option = { { "data", "DIR", "The folder of the rows. Required." },
                { "output", "F",
                  "The file to write, whole or not at all. Default: the\n"
                  "                     standard output." },
                { "from-start", NULL,
                  "Learns from the first row on, whatever models lie in DIR." },
                { "quiet", NULL, "No progress, no summary." } },
    .examples =
        "  kiri record --for 10m --output rec\n"
        "  kiri replay configs/first.yaml --data rec --output rec.scores\n"
        "  kiri replay my.yaml --data rows --from-start | grep '\"alarm\":true'\n",
    .exits = "  0    every row is through\n"
             "  64   the command line is wrong\n"
             "  65   a row or a model cannot be used: the sentence says where\n"
             "  66   no FILE, no DIR, or no rows in it\n"
             "  78   FILE is wrong; every mistake was listed\n"
             "  130  Ctrl-C: F was not written\n",
    .run = run,
};
