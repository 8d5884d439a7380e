/*
 * kiri score - how surprising texts are to a model, one row out for every row in.
 */
#include "base/json.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/score_sessions.h"
#include "flow/lines.h"
#include "flow/sessions.h"
#include "screen/terminal.h"
#include "screen/view_bytes.h"
#include "screen/view_number.h"

#include <kiri/schema.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RAREST     1e-6 /* rarer than this is one thing                        */
#define TEXT_AT    41u  /* column of the text, beside its numbers              */
#define LEAST_ROOM 24u  /* columns; fewer, and the text stands below them      */
#define INDENT     4u
#define MOST_LINES 8u /* of a text on a terminal */

enum { MODEL, INPUT, TEXT, JSON, BUDGET };

struct scorer {
    struct lines *model;
    int json, calibrated;
    int terminal, alone; /* where it is printed; only one text */
    double budget;
    struct style style;
    struct buf out;
    uint64_t rows, cut; /* rows scored; of these shortened */
};

/* ---- as JSON --------------------------------------------------------------------- */

static void token_text(struct jsonw *j, const struct scorer *s, const char *text,
                       const struct lines_token *t)
{
    char hex[8];

    if (!t->len) {
        jsonw_string(j, "<end>");
        return;
    }
    unsigned char byte = (unsigned char)text[t->at];
    int printable = byte >= 0x20 && byte < 0x7f;
    if (t->len > 1 || printable ||
        (lines_kind(s->model) == LINES_SYMBOLS && byte < 0x80)) {
        jsonw_bytes(j, text + t->at, t->len);
        return;
    }
    snprintf(hex, sizeof hex, "\\x%02x", byte);
    jsonw_string(j, hex);
}

static void write_json(struct scorer *s, const char *text, size_t len,
                       const struct lines_verdict *v)
{
    struct jsonw j = jsonw_into(&s->out);

    jsonw_object(&j);
    jsonw_key(&j, "text");
    jsonw_bytes(&j, text, len);
    jsonw_knum(&j, "total", v->total, 7);
    jsonw_knum(&j, "surprise", v->surprise, 7);
    jsonw_key(&j, "tokens");
    jsonw_array(&j);
    for (uint32_t i = 0; i < v->n; i++) {
        jsonw_object(&j);
        jsonw_key(&j, "token");
        token_text(&j, s, text, &v->tokens[i]);
        jsonw_knum(&j, "nats", (double)v->tokens[i].nats, 5);
        jsonw_end(&j);
    }
    jsonw_end(&j);
    jsonw_key(&j, "anomalous");
    if (s->calibrated)
        jsonw_bool(&j, v->tail <= s->budget);
    else
        jsonw_null(&j);
    jsonw_key(&j, "tail");
    if (s->calibrated)
        jsonw_num(&j, v->tail, 4);
    else
        jsonw_null(&j);
    jsonw_end(&j);
    buf_puts(&s->out, "\n");
}

/* ---- for people ------------------------------------------------------------------ */

static void write_head(struct scorer *s)
{
    struct canvas c = { .out = &s->out, .style = s->style };

    canvas_text(&c, FAINT, "    total  surprise   worst   one row in  text");
    canvas_end(&c);
}

/* The numbers of a row; what makes it anomalous is red. */
static void write_numbers(struct scorer *s, struct canvas *c,
                          const struct lines_verdict *v, int odd)
{
    char rare[40] = "-";

    if (s->calibrated && v->tail < RAREST)
        snprintf(rare, sizeof rare, "1,000,000+");
    else if (s->calibrated)
        number_count(1 / v->tail, rare, sizeof rare);
    canvas_textf(c, RED, "%s", odd ? "!" : "");
    canvas_to(c, 1);
    canvas_textf(c, odd && v->by == LINES_SUM ? RED : PLAIN, "%8.1f", v->total);
    canvas_textf(c, odd && v->by == LINES_MEAN ? RED : PLAIN, "  %8.2f", v->surprise);
    canvas_textf(c, odd && v->by == LINES_WORST ? RED : PLAIN, "  %6.1f  ", v->worst);
    canvas_right(c, odd ? RED : PLAIN, TEXT_AT - 2, rare);
}

/* The text from column `col` on, in as many lines as it takes, each character marked by
 * its most surprising token: by colour, or by ^ below where `marks` says so. */
static int write_text(struct canvas *c, unsigned col, const char *text, size_t len,
                      const struct lines_verdict *v, int marks)
{
    float *nats = calloc(len + 1, sizeof *nats);
    size_t at = 0;

    if (!nats)
        return -1;
    for (uint32_t t = 0; t < v->n; t++)
        for (uint32_t i = 0; i < (v->tokens[t].len ? v->tokens[t].len : 1); i++)
            nats[v->tokens[t].at + i] = v->tokens[t].nats;
    for (unsigned line = 0; at <= len && line < MOST_LINES; line++) {
        canvas_to(c, col);
        size_t drawn = view_bytes(c, text + at, len - at, nats + at);
        canvas_end(c);
        if (marks)
            view_marks(c, col, text + at, len - at, drawn, nats + at);
        at += drawn;
    }
    if (at < len) {
        canvas_to(c, col);
        canvas_textf(c, FAINT, "... and %zu bytes more", len - at);
        canvas_end(c);
    }
    free(nats);
    return 0;
}

/* On a terminal that is too narrow the text has lines of its own. */
static int write_line(struct scorer *s, const char *text, size_t len,
                      const struct lines_verdict *v)
{
    struct canvas c = { .out = &s->out, .style = s->style };
    int odd = s->calibrated && v->tail <= s->budget;
    int below = s->style.width < TEXT_AT + LEAST_ROOM;

    write_numbers(s, &c, v, odd);
    if (below)
        canvas_end(&c);
    return write_text(&c, below ? INDENT : TEXT_AT, text, len, v,
                      s->terminal && !s->style.colour && (odd || s->alone));
}

/* ---- rows ------------------------------------------------------------------------ */

static int score_row(struct scorer *s, const char *text, size_t len,
                     struct kiri_error *err)
{
    struct lines_verdict verdict;

    if (lines_score(s->model, text, len, &verdict))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    if (s->json)
        write_json(s, text, len, &verdict);
    else if (write_line(s, text, len, &verdict))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    if (buf_failed(&s->out))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    s->rows++;
    if (fwrite(s->out.data, 1, s->out.len, stdout) != s->out.len)
        return kiri_fail(err, KIRI_IO, "cannot write the output: %s", strerror(errno));
    buf_clear(&s->out);
    return 0;
}

static int score_file(struct scorer *s, const char *path, struct kiri_error *err)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct buf line = { 0 };
    uint64_t missing;
    int rc = 0, got = 0;

    if (!file)
        return kiri_fail(err, KIRI_NO_INPUT, "%s: %s", path, strerror(errno));
    while (!rc && (got = lines_next(file, LINES_LONGEST, &line, &missing)) > 0) {
        s->cut += missing > 0;
        rc = score_row(s, buf_text(&line), line.len, err);
    }
    if (got < 0)
        rc = kiri_fail(err, s->rows ? KIRI_IO : KIRI_NO_INPUT, "%s: cannot be read: %s",
                       path, strerror(errno));
    if (file != stdin)
        fclose(file);
    buf_free(&line);
    return rc;
}

static int check_call(const struct call *call, struct scorer *s, struct kiri_error *err)
{
    if (!call->value[MODEL])
        return kiri_fail(err, KIRI_USAGE, "score needs --model M");
    if (!call->value[INPUT] == !call->value[TEXT])
        return kiri_fail(err, KIRI_USAGE, "score needs one of --input F and --text S");
    if (call->value[TEXT] && strlen(call->value[TEXT]) > LINES_LONGEST)
        return kiri_fail(err, KIRI_USAGE, "--text takes at most %u bytes: use --input",
                         LINES_LONGEST);
    if (call->value[BUDGET] && (units_share(call->value[BUDGET], &s->budget) ||
                                s->budget <= 0 || s->budget >= 1))
        return kiri_fail(err, KIRI_USAGE,
                         "--budget takes a share of rows such as .003 or 0.3%%, not '%s'",
                         call->value[BUDGET]);
    return 0;
}

static int run(const struct call *call)
{
    struct scorer s = { .json = call->value[JSON] != NULL,
                        .terminal = terminal_is(STDOUT_FILENO),
                        .alone = call->value[TEXT] != NULL,
                        .budget = LINES_ODD,
                        .style = terminal_style(STDOUT_FILENO) };
    struct kiri_error err = { 0 };
    int rc;

    if (check_call(call, &s, &err))
        return command_fail(&err);
    if (sessions_is(call->value[MODEL]))
        return score_sessions(&(struct score_sessions){ .model = call->value[MODEL],
                                                        .input = call->value[INPUT],
                                                        .text = call->value[TEXT],
                                                        .json = s.json,
                                                        .budget = s.budget });
    s.model = lines_open(call->value[MODEL], &err);
    if (!s.model)
        return command_fail(&err);
    s.calibrated = lines_calibrated(s.model);
    if (!s.terminal)
        s.style.width = UINT_MAX; /* a pipe has no right edge */
    if (!s.json)
        write_head(&s);
    if (call->value[TEXT])
        rc = score_row(&s, call->value[TEXT], strlen(call->value[TEXT]), &err);
    else
        rc = score_file(&s, call->value[INPUT], &err);
    rc = rc ? command_fail(&err) : command_finish();
    if (s.cut)
        fprintf(stderr,
                "kiri: %" PRIu64
                " line%s longer than %u bytes: only the beginning was scored\n",
                s.cut, s.cut == 1 ? " was" : "s were", LINES_LONGEST);
    lines_free(s.model);
    buf_free(&s.out);
    return rc;
}

const struct command command_score = {
    .name = "score",
    .summary = "Says how surprising texts are to a model of text.",
    .arguments = "--model M (--input F | --text S)",
    .about =
        "Prints one row for every line of the input, in its order. Surprise is counted\n"
        "in nats: -ln of the probability that the model gave a token, which is a byte "
        "of\n"
        "the line, or its end. 0 is \"of course\", 5 is one in 150.\n"
        "\n"
        "  total       of all tokens: is the line like those that were learned?\n"
        "  surprise    a token, on average\n"
        "  worst       of the worst token: is there one letter that does not belong?\n"
        "  one row in  so many lines of the kind that was learned is this odd, by its\n"
        "              total, its surprise or its worst token\n"
        "\n"
        "Rows marked ! are anomalous: one in 333 or rarer, unless --budget says\n"
        "otherwise. On a terminal surprising characters stand on yellow, from 3 nats "
        "on,\n"
        "or red, from 6; with NO_COLOR, ^ below marks those of anomalous rows.\n"
        "\n"
        "With --json: "
        "{\"text\",\"total\",\"surprise\",\"tokens\":[{\"token\",\"nats\"}],\n"
        "\"anomalous\",\"tail\"}, one object a line. The last token is the end of the "
        "line.\n"
        "Bytes that are not text read \\xNN as a token. A symbol that an imported model\n"
        "does not know costs 23.03 nats and is skipped as context. An imported model\n"
        "has no lines to compare with, nor has one trained on fewer than 32: anomalous\n"
        "and tail are null then. Only the first 65,536 bytes of a line are scored.\n",
    .option = { { "model", "M", "From 'kiri train' or 'kiri import'. Required." },
                { "input", "F", "One text a line; - is the standard input." },
                { "text", "S", "This one text." },
                { "json", NULL, "One JSON object a line." },
                { "budget", "P",
                  "Share of usual lines that may be anomalous: .003\n"
                  "                     unless told, or such as 1%." } },
    .examples = "  kiri score --model names.model --text holiday.exe.pdf\n"
                "  kiri score --model names.model --input new.txt --json\n"
                "  ls | kiri score --model names.model --input - --budget 1%\n",
    .exits = "  0   every row was scored\n"
             "  64  the command line is wrong\n"
             "  65  M is damaged or of another kind\n"
             "  66  M or F cannot be read\n"
             "  74  reading or writing failed half way\n",
    .run = run,
};
