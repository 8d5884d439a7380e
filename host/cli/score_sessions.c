#include "cli/score_sessions.h"

#include "base/json.h"
#include "cli/command.h"
#include "flow/lines.h"
#include "flow/sessions.h"
#include "screen/terminal.h"
#include "screen/view_bytes.h"
#include "screen/view_number.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RAREST 1e-6 /* rarer than this is one thing */

struct scorer {
    const struct score_sessions *ask;
    struct sessions *model;
    struct style style;
    struct buf out;
    struct word *word; /* [SESSIONS_LONGEST] */
    uint64_t rows, cut;
};

/* ---- as JSON --------------------------------------------------------------------- */

static void write_json(struct scorer *s, const char *text, size_t len,
                       const struct sessions_verdict *v)
{
    struct jsonw j = jsonw_into(&s->out);
    int calibrated = sessions_calibrated(s->model);

    jsonw_object(&j);
    jsonw_key(&j, "text");
    jsonw_bytes(&j, text, len);
    jsonw_knum(&j, "total", v->total, 7);
    jsonw_knum(&j, "surprise", v->surprise, 7);
    jsonw_key(&j, "tokens");
    jsonw_array(&j);
    for (uint32_t t = 0; t < v->n; t++) {
        jsonw_object(&j);
        jsonw_key(&j, "token");
        if (t + 1 < v->n)
            jsonw_bytes(&j, s->word[t].text, s->word[t].len);
        else
            jsonw_string(&j, "<end>");
        jsonw_knum(&j, "nats", (double)v->token[t].nats, 5);
        jsonw_knum(&j, "gpt", (double)v->token[t].voices, 5);
        jsonw_knum(&j, "counts", (double)v->token[t].counts, 5);
        jsonw_end(&j);
    }
    jsonw_end(&j);
    jsonw_kint(&j, "worst", (int64_t)v->worst);
    jsonw_key(&j, "anomalous");
    if (calibrated)
        jsonw_bool(&j, v->tail <= s->ask->budget);
    else
        jsonw_null(&j);
    jsonw_key(&j, "tail");
    if (calibrated)
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

/* The session, each word in the colour of its nats. */
static int write_words(struct scorer *s, struct canvas *c, const char *text, size_t len,
                       const struct sessions_verdict *v)
{
    float *nats = calloc(len + 1, sizeof *nats);

    if (!nats)
        return -1;
    for (uint32_t t = 0; t + 1 < v->n; t++)
        for (uint32_t i = 0; i < s->word[t].len; i++)
            nats[s->word[t].text - text + i] = v->token[t].nats;
    nats[len] = v->token[v->n - 1].nats;
    view_bytes(c, text, len, nats);
    free(nats);
    return 0;
}

static int write_line(struct scorer *s, const char *text, size_t len,
                      const struct sessions_verdict *v)
{
    struct canvas c = { .out = &s->out, .style = s->style };
    int calibrated = sessions_calibrated(s->model);
    int odd = calibrated && v->tail <= s->ask->budget;
    char rare[40] = "-";

    if (calibrated && v->tail < RAREST)
        snprintf(rare, sizeof rare, "> 1,000,000");
    else if (calibrated)
        number_count(1 / v->tail, rare, sizeof rare);
    canvas_textf(&c, RED, "%s", odd ? "!" : "");
    canvas_to(&c, 1);
    canvas_textf(&c, PLAIN, "%8.1f  %8.2f  %6.1f  ", v->total, v->surprise,
                 (double)v->token[v->worst].nats);
    canvas_right(&c, odd ? RED : PLAIN, 39, rare);
    canvas_to(&c, 41);
    int rc = write_words(s, &c, text, len, v);
    canvas_end(&c);
    return rc;
}

/* ---- rows ------------------------------------------------------------------------ */

static int score_row(struct scorer *s, const char *text, size_t len,
                     struct kiri_error *err)
{
    struct sessions_verdict v;
    uint32_t n = sessions_split(text, len, s->word, SESSIONS_LONGEST);

    s->cut += n > SESSIONS_LONGEST;
    if (n > SESSIONS_LONGEST)
        n = SESSIONS_LONGEST;
    if (sessions_score(s->model, s->word, n, &v))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    if (s->ask->json)
        write_json(s, text, len, &v);
    else if (write_line(s, text, len, &v))
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
    while (!rc && (got = lines_next(file, SESSIONS_BYTES, &line, &missing)) > 0) {
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

int score_sessions(const struct score_sessions *ask)
{
    struct scorer s = { .ask = ask, .style = terminal_style(STDOUT_FILENO) };
    struct kiri_error err = { 0 };
    int rc = -1;

    s.word = calloc(SESSIONS_LONGEST, sizeof *s.word);
    s.model = sessions_open(ask->model, &err);
    if (!terminal_is(STDOUT_FILENO))
        s.style.width = UINT_MAX; /* a pipe has no right edge */
    if (s.model && !s.word)
        kiri_fail(&err, KIRI_INTERNAL, "memory is short");
    if (s.model && s.word) {
        if (!ask->json)
            write_head(&s);
        rc = ask->text ? score_row(&s, ask->text, strlen(ask->text), &err)
                       : score_file(&s, ask->input, &err);
    }
    rc = rc ? command_fail(&err) : command_finish();
    if (s.cut)
        fprintf(stderr,
                "kiri: %" PRIu64
                " session%s longer than %u words: only the beginning was "
                "scored\n",
                s.cut, s.cut == 1 ? " was" : "s were", SESSIONS_LONGEST);
    sessions_free(s.model);
    free(s.word);
    buf_free(&s.out);
    return rc;
}
