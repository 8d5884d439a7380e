/*
 * kiri task add|done|switch|list - what is to be done, what was, and what is at hand: the
 * log that the atom drift reads.
 */
#include "base/path.h"
#include "base/value.h"
#include "cli/command.h"
#include "cli/task_log.h"
#include "cli/task_show.h"
#include "cli/when.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS 5000 /* while another program writes */

enum { FILE_PATH, AT, ALL, JSON };

struct moment {
    int64_t at;    /* s UTC: when it happens */
    int64_t today; /* when its day began     */
};

/* $XDG_DATA_HOME/kiri/tasks.log, else ~/.local/share/kiri/tasks.log. */
static char *usual_place(void)
{
    const char *data = getenv("XDG_DATA_HOME");

    if (data && *data == '/')
        return path_join(data, "kiri/tasks.log");
    return path_expand("~/.local/share/kiri/tasks.log");
}

static int find_place(const struct call *call, char **path, struct kiri_error *err)
{
    *path = call->value[FILE_PATH] ? path_expand(call->value[FILE_PATH]) : usual_place();
    return *path ? 0
                 : kiri_fail(err, KIRI_UNAVAILABLE,
                             "there is no home directory to keep tasks in: say --file F");
}

static int find_moment(const struct call *call, struct moment *out,
                       struct kiri_error *err)
{
    int64_t now = (int64_t)time(NULL) * 1000, at = now;
    struct tm local = { 0 };

    if (call->value[AT] && when_read("--at", call->value[AT], now, &at, err))
        return -1;
    if (at < 0 || at > now)
        return kiri_fail(err, KIRI_USAGE,
                         "a task of the future, or of before 1970, cannot be noted");
    out->at = at / 1000;
    time_t t = (time_t)(now / 1000);
    localtime_r(&t, &local);
    local.tm_hour = local.tm_min = local.tm_sec = 0;
    local.tm_isdst = -1;
    out->today = mktime(&local);
    return 0;
}

/* The words after the verb as one text. malloc'ed; NULL and a sentence. */
static char *text_of(const struct call *call, struct kiri_error *err)
{
    struct buf b = { 0 };

    for (int i = 1; i < call->n_words; i++)
        buf_putf(&b, "%s%s", i > 1 ? " " : "", call->word[i]);
    const char *text = buf_text(&b);
    if (buf_failed(&b))
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    else if (text[strspn(text, " \t\r\v\f")] == '\0')
        kiri_fail(err, KIRI_USAGE, "which task? kiri task %s TEXT", call->word[0]);
    else if (strchr(text, '\n'))
        kiri_fail(err, KIRI_USAGE, "a task is one line: this text has a line break");
    else if (b.len > TASK_TEXT_MOST)
        kiri_fail(err, KIRI_USAGE, "a task has at most %u bytes, this text %zu",
                  TASK_TEXT_MOST, b.len);
    else
        return buf_take(&b, NULL);
    buf_free(&b);
    return NULL;
}

/* ---- which task is meant --------------------------------------------------------- */

/* Does the text hold the word? ASCII letters are the same large and small. */
static int holds(const struct task *t, const char *word, size_t n)
{
    for (size_t at = 0; at + n <= t->len; at++) {
        size_t i = 0;
        while (i < n &&
               tolower((unsigned char)t->text[at + i]) == tolower((unsigned char)word[i]))
            i++;
        if (i == n)
            return 1;
    }
    return 0;
}

static int is_text(const struct task *t, const char *text)
{
    return t->len == strlen(text) && memcmp(t->text, text, t->len) == 0;
}

static int many(const struct task_log *log, const char *text, struct kiri_error *err)
{
    struct buf list = { 0 };
    char shown[80];
    unsigned n = 0;

    for (size_t i = 0; i < log->n; i++)
        if (log->task[i].done < 0 && holds(&log->task[i], text, strlen(text)) && n++ < 3)
            buf_putf(&list, "%s%" PRIu64, n > 1 ? ", " : "", log->task[i].id);
    kiri_fail(err, KIRI_USAGE, "'%s' may be any of %u open tasks (%s%s): say its number",
              value_show(text, shown, sizeof shown), n, buf_text(&list),
              n > 3 ? ", ..." : "");
    buf_free(&list);
    return -1;
}

/* By number; else the open task with this text; else the only open one that holds it. */
static struct task *meant(const struct task_log *log, const char *text,
                          struct kiri_error *err)
{
    struct task *only = NULL;
    char shown[80], *end;
    uint64_t id = strtoull(text, &end, 10);
    int n = 0;

    if (isdigit((unsigned char)*text) && *end == '\0' && task_log_find(log, id))
        return task_log_find(log, id);
    for (size_t i = 0; i < log->n; i++) {
        struct task *t = &log->task[i];
        if (t->done >= 0 || !holds(t, text, strlen(text)))
            continue;
        if (is_text(t, text))
            return t;
        only = t;
        n++;
    }
    if (n == 1)
        return only;
    if (n > 1)
        many(log, text, err);
    else
        kiri_fail(err, KIRI_NO_INPUT,
                  "no open task is '%s': 'kiri task list' shows them, 'kiri task add' "
                  "makes one",
                  value_show(text, shown, sizeof shown));
    return NULL;
}

/* ---- the verbs ------------------------------------------------------------------- */

static void print_task(const struct call *call, const struct task_log *log,
                       const struct task *t)
{
    struct buf out = { 0 };

    if (call->value[JSON])
        task_show_json(log, t, &out);
    else
        task_show_line(log, t, &out);
    fputs(buf_text(&out), stdout);
    buf_free(&out);
}

static int add(const struct call *call, struct task_log *log, const char *text,
               int64_t at, struct kiri_error *err)
{
    struct task made = {
        .id = log->last_id + 1, .text = text, .len = strlen(text), .added = at, .done = -1
    };

    if (task_log_append(log, at, "add", made.id, text, err))
        return -1;
    print_task(call, log, &made);
    return 0;
}

static int done(const struct call *call, struct task_log *log, const char *text,
                int64_t at, struct kiri_error *err)
{
    struct task *t = meant(log, text, err);

    if (!t)
        return -1;
    if (t->done >= 0)
        return kiri_fail(err, KIRI_NO_INPUT,
                         "task %" PRIu64 " was done before; nothing was changed", t->id);
    if (task_log_append(log, at, "done", t->id, NULL, err))
        return -1;
    t->done = at;
    log->current = log->current == t->id ? 0 : log->current;
    print_task(call, log, t);
    return 0;
}

/* To the task that is at hand already is no switch, and no error. */
static int switch_to(const struct call *call, struct task_log *log, const char *text,
                     int64_t at, struct kiri_error *err)
{
    struct task *t = meant(log, text, err);

    if (!t)
        return -1;
    if (t->done >= 0)
        return kiri_fail(err, KIRI_NO_INPUT,
                         "task %" PRIu64 " is done; 'kiri task list' shows what is open",
                         t->id);
    if (t->id != log->current && task_log_append(log, at, "switch", t->id, NULL, err))
        return -1;
    log->current = t->id;
    print_task(call, log, t);
    return 0;
}

static void say_damaged(const struct task_log *log)
{
    if (log->damaged)
        fprintf(stderr, "kiri task: %u damaged line%s left out of %s\n", log->damaged,
                log->damaged == 1 ? "" : "s", log->path);
}

static int list(const struct call *call, const char *path, const struct moment *when,
                struct kiri_error *err)
{
    struct task_log log;
    struct buf out = { 0 };
    int all = call->value[ALL] != NULL;

    int rc = task_log_read(&log, path, when->today, err);
    if (rc == 0 && call->value[JSON])
        task_show_list_json(&log, all, &out);
    else if (rc == 0)
        task_show_list(&log, all, &out);
    if (rc == 0) {
        say_damaged(&log);
        rc = buf_failed(&out) ? kiri_fail(err, KIRI_INTERNAL, "out of memory") : 0;
        fputs(buf_text(&out), stdout);
    }
    buf_free(&out);
    task_log_close(&log);
    return rc;
}

typedef int verb_fn(const struct call *call, struct task_log *log, const char *text,
                    int64_t at, struct kiri_error *err);

static int change(const struct call *call, verb_fn *verb, const char *path,
                  const struct moment *when, struct kiri_error *err)
{
    char *text = text_of(call, err);
    struct task_log log;

    if (!text)
        return -1;
    int rc = task_log_open(&log, path, when->today, PATIENCE_MS, err);
    if (rc == 0) {
        say_damaged(&log);
        rc = verb(call, &log, text, when->at, err);
    }
    task_log_close(&log);
    free(text);
    return rc;
}

static verb_fn *verb_named(const char *name)
{
    static const struct {
        const char *name;
        verb_fn *verb;
    } verbs[] = { { "add", add }, { "done", done }, { "switch", switch_to } };

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return verbs[i].verb;
    return NULL;
}

static int run(const struct call *call)
{
    const char *name = call->word[0];
    int is_list = strcmp(name, "list") == 0;
    verb_fn *verb = verb_named(name);
    struct kiri_error err = { 0 };
    struct moment when = { 0 };
    char *path = NULL;
    int rc;

    if (!verb && !is_list)
        rc = kiri_fail(&err, KIRI_USAGE,
                       "task does not know '%.40s': it takes add, done, switch or list",
                       name);
    else if (is_list && call->n_words > 1)
        rc = kiri_fail(&err, KIRI_USAGE, "what is '%.80s' for? list takes no text",
                       call->word[1]);
    else if (is_list && call->value[AT])
        rc = kiri_fail(&err, KIRI_USAGE, "list takes no --at");
    else if (!is_list && call->value[ALL])
        rc = kiri_fail(&err, KIRI_USAGE, "--all is for list");
    else if (find_place(call, &path, &err) || find_moment(call, &when, &err))
        rc = -1;
    else
        rc = is_list ? list(call, path, &when, &err)
                     : change(call, verb, path, &when, &err);
    free(path);
    return rc ? command_fail(&err) : command_finish();
}

const struct command command_task = {
    .name = "task",
    .summary = "Notes what is to be done, for the atom drift.",
    .arguments = "add TEXT | done N|TEXT | switch N|TEXT | list",
    .least = 1,
    .most = -1,
    .about =
        "  add TEXT       A new task; prints its number, which stays its own.\n"
        "  done N|TEXT    It is finished. By number, or any part of its text that only\n"
        "                 one open task has.\n"
        "  switch N|TEXT  The task at hand is another one from now on.\n"
        "  list           What is open; * is the task at hand.\n"
        "\n"
        "Each is one line in an append-only log, on the disk before the command ends: a\n"
        "crash at any moment costs at most the line that was being written. Several may\n"
        "write at once. The atom drift counts what was added, done and switched to, day\n"
        "by day; docs/tasks.md has the format. Texts that begin with - go after --.\n",
    .option = { { "file", "F",
                  "The log. Default: $XDG_DATA_HOME/kiri/tasks.log, else\n"
                  "                     ~/.local/share/kiri/tasks.log." },
                { "at", "TIME",
                  "When it happened: 10m (so long ago), 2026-11-21T17:00.\n"
                  "                     Default: now. Days that drift has told stay "
                  "told." },
                { "all", NULL, "list: what is done, too." },
                { "json", NULL, "One JSON object." } },
    .examples = "  kiri task add Write the report\n"
                "  kiri task switch report\n"
                "  kiri task done 1\n"
                "  kiri task list --json | jq -r '.tasks[].text'\n",
    .exits = "  0   noted, or shown\n"
             "  64  the command line is wrong, or several tasks are meant\n"
             "  65  the file is no log of tasks\n"
             "  66  no such open task; or the file cannot be read\n"
             "  73  the file cannot be created\n"
             "  74  writing failed: nothing was noted\n"
             "  75  another program has held the log for 5 s\n",
    .run = run,
};
