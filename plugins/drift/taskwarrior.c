#include "calendar.h"
#include "json.h"
#include "sources.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

struct task {
    int64_t entry, end; /* s UTC; -1: not said */
    int is_template, is_deleted, is_completed;
};

static void take_member(struct task *t, const struct json_text *key,
                        const struct json_text *value)
{
    if (json_is(key, "entry"))
        t->entry = calendar_stamp(value->s, value->n);
    else if (json_is(key, "end"))
        t->end = calendar_stamp(value->s, value->n);
    else if (json_is(key, "status")) {
        t->is_template = json_is(value, "recurring");
        t->is_deleted = json_is(value, "deleted");
        t->is_completed = json_is(value, "completed");
    }
}

static int keep(const struct task *t, struct events *out)
{
    int over = t->is_completed || t->is_deleted;

    if (t->is_template || t->entry < 0)
        return 0;
    out->open += !over;
    if (events_add(out, t->entry, EVENT_ADDED, 0))
        return -1;
    if (!over || t->end < 0)
        return 0;
    return events_add(out, t->end, t->is_completed ? EVENT_DONE : EVENT_DROPPED, 0);
}

/* A list that somebody is still writing has no end yet. */
static int is_whole(const struct text *t)
{
    size_t begin = strspn(t->bytes, " \t\r\n"), n = t->n;

    while (n > begin && strchr(" \t\r\n", t->bytes[n - 1]))
        n--;
    return n > begin && (t->bytes[begin] != '[' || t->bytes[n - 1] == ']');
}

static int read_export(const char *path, struct events *out, char *why, size_t cap)
{
    struct json_text key, value;
    struct task task = { 0 };
    struct text text;
    struct json json;
    enum json_step step = JSON_WRONG;

    if (text_read(path, &text, why, cap) != TEXT_READ)
        return -1;
    json_begin(&json, text.bytes, text.n);
    while (is_whole(&text) && (step = json_next(&json, &key, &value)) > JSON_END) {
        if (step == JSON_OBJECT)
            task = (struct task){ .entry = -1, .end = -1 };
        else if (step == JSON_MEMBER)
            take_member(&task, &key, &value);
        else if (keep(&task, out))
            break;
    }
    if (step == JSON_WRONG)
        snprintf(why, cap, "%s:%u: this is not what 'task export' prints", path,
                 json_line(&json));
    else if (step != JSON_END)
        snprintf(why, cap, "memory is short");
    text_free(&text);
    return step == JSON_END ? 0 : -1;
}

int taskwarrior_read(const char *paths, struct events *out, char *why, size_t cap)
{
    char path[4000];
    int rc;

    while ((rc = text_path(&paths, path, sizeof path)) > 0) {
        if (read_export(path, out, why, cap))
            return -1;
        out->tasks = 1;
    }
    if (rc < 0)
        snprintf(why, cap, "a path of taskwarrior is longer than %zu bytes",
                 sizeof path - 1);
    return rc;
}
