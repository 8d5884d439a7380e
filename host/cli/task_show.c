#include "cli/task_show.h"

#include "base/json.h"
#include "base/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static void put_day(int64_t at, struct buf *out)
{
    char day[16] = "?";
    time_t t = (time_t)at;
    struct tm local;

    if (localtime_r(&t, &local))
        strftime(day, sizeof day, "%Y-%m-%d", &local);
    buf_puts(out, day);
}

/* A text may hold no NUL: it came from a command line, or is cut there. */
static void put_text(const struct task *t, struct buf *out)
{
    char text[TASK_TEXT_MOST + 1], shown[4 * TASK_TEXT_MOST + 8];
    int n = (int)(t->len < TASK_TEXT_MOST ? t->len : TASK_TEXT_MOST);

    snprintf(text, sizeof text, "%.*s", n, t->text);
    buf_puts(out, value_show(text, shown, sizeof shown));
}

void task_show_line(const struct task_log *log, const struct task *t, struct buf *out)
{
    char mark = t->done >= 0 ? 'x' : t->id == log->current ? '*' : ' ';

    buf_putf(out, "%c %4" PRIu64 "  ", mark, t->id);
    put_text(t, out);
    if (t->done >= 0) {
        buf_puts(out, "  (done ");
        put_day(t->done, out);
        buf_puts(out, ")");
    }
    buf_puts(out, "\n");
}

static void put_json(const struct task_log *log, const struct task *t, struct jsonw *j)
{
    jsonw_object(j);
    jsonw_kint(j, "id", (int64_t)t->id);
    jsonw_key(j, "text");
    jsonw_bytes(j, t->text, t->len);
    jsonw_kint(j, "added", t->added * 1000);
    jsonw_key(j, "done");
    if (t->done >= 0)
        jsonw_int(j, t->done * 1000);
    else
        jsonw_null(j);
    jsonw_kbool(j, "current", t->id == log->current);
    jsonw_end(j);
}

void task_show_json(const struct task_log *log, const struct task *t, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    put_json(log, t, &j);
    buf_puts(out, "\n");
}

static unsigned n_open(const struct task_log *log)
{
    unsigned n = 0;

    for (size_t i = 0; i < log->n; i++)
        n += log->task[i].done < 0;
    return n;
}

void task_show_list(const struct task_log *log, int all, struct buf *out)
{
    for (size_t i = 0; i < log->n; i++)
        if (all || log->task[i].done < 0)
            task_show_line(log, &log->task[i], out);
    buf_putf(out, "%u open; today %u added, %u done, %u switch%s\n", n_open(log),
             log->added_today, log->done_today, log->switched_today,
             log->switched_today == 1 ? "" : "es");
}

void task_show_list_json(const struct task_log *log, int all, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    jsonw_object(&j);
    jsonw_kstr(&j, "file", log->path);
    jsonw_kint(&j, "open", n_open(log));
    jsonw_key(&j, "current");
    if (log->current)
        jsonw_int(&j, (int64_t)log->current);
    else
        jsonw_null(&j);
    jsonw_key(&j, "today");
    jsonw_object(&j);
    jsonw_kint(&j, "added", log->added_today);
    jsonw_kint(&j, "done", log->done_today);
    jsonw_kint(&j, "switches", log->switched_today);
    jsonw_end(&j);
    jsonw_kint(&j, "damaged", log->damaged);
    jsonw_key(&j, "tasks");
    jsonw_array(&j);
    for (size_t i = 0; i < log->n; i++)
        if (all || log->task[i].done < 0)
            put_json(log, &log->task[i], &j);
    jsonw_end(&j);
    jsonw_end(&j);
    buf_puts(out, "\n");
}
