#include "eval/labels.h"

#include "detect/times.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const label_columns[] = { "label", "anomaly", "is_anomaly", NULL };

int label_read(const char *text, size_t len)
{
    static const struct {
        const char *word;
        int odd;
    } words[] = {
        { "true", 1 },  { "yes", 1 }, { "anomaly", 1 }, { "anomalous", 1 },
        { "false", 0 }, { "no", 0 },  { "normal", 0 },
    };
    double x;

    while (len && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == len && strncasecmp(text, words[i].word, len) == 0)
            return words[i].odd;
    if (times_number(text, len, &x))
        return -1;
    return x < 0 || x > 0;
}

/* ---- windows --------------------------------------------------------------------- */

static int read_time(const json_t *value, int64_t *ms)
{
    char number[40];

    if (json_is_string(value))
        return times_parse(json_string_value(value), json_string_length(value), ms);
    if (!json_is_number(value))
        return -1;
    int len = snprintf(number, sizeof number, "%.3f", json_number_value(value));
    return times_parse(number, (size_t)len, ms);
}

static int read_windows(struct windows *w, const char *path, const char *name,
                        const json_t *list, struct kiri_error *err)
{
    w->name = strdup(name);
    w->at = calloc(json_array_size(list) + 1, sizeof *w->at);
    if (!w->name || !w->at)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        struct window *to = &w->at[w->n++];
        if (json_array_size(pair) != 2 || read_time(json_array_get(pair, 0), &to->from) ||
            read_time(json_array_get(pair, 1), &to->to) || to->to < to->from)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "%s: %.200s%swindow %zu is no pair of times such as "
                             "[\"2014-04-10 07:15:00\", \"2014-04-11 16:45:00\"]",
                             path, name, *name ? ": " : "", i + 1);
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct windows *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static int read_all(struct windows_file *f, json_t *root, struct kiri_error *err)
{
    const char *name;
    json_t *list;

    f->of = calloc(json_object_size(root) + 1, sizeof *f->of);
    if (!f->of)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    if (json_is_array(root))
        return read_windows(&f->of[f->n++], f->path, "", root, err);
    for (void *i = json_object_iter(root); i; i = json_object_iter_next(root, i)) {
        name = json_object_iter_key(i);
        list = json_object_iter_value(i);
        if (!json_is_array(list))
            return kiri_fail(err, KIRI_BAD_DATA, "%s: %.200s has no list of windows",
                             f->path, name);
        if (read_windows(&f->of[f->n++], f->path, name, list, err))
            return -1;
    }
    qsort(f->of, f->n, sizeof *f->of, by_name);
    return 0;
}

int windows_open(struct windows_file *f, const char *path, struct kiri_error *err)
{
    json_error_t why;
    int rc;

    *f = (struct windows_file){ .path = strdup(path) };
    if (!f->path)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!root && why.line < 0)
        rc = kiri_fail(err, KIRI_NO_INPUT, "%s", why.text);
    else if (!root)
        rc = kiri_fail(err, KIRI_BAD_DATA, "%s:%d: %s", path, why.line, why.text);
    else if (!json_is_object(root) && !json_is_array(root))
        rc = kiri_fail(err, KIRI_BAD_DATA,
                       "%s: windows are an object of lists, or a list", path);
    else
        rc = read_all(f, root, err);
    json_decref(root);
    return rc;
}

void windows_free(struct windows_file *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->of[i].name);
        free(f->of[i].at);
    }
    free(f->of);
    free(f->path);
    *f = (struct windows_file){ 0 };
}

struct windows *windows_find(const struct windows_file *f, const char *name)
{
    while (name) {
        for (size_t i = 0; i < f->n; i++)
            if (strcmp(f->of[i].name, name) == 0)
                return &f->of[i];
        name = strchr(name, '/');
        name += name ? 1 : 0;
    }
    return f->n && !*f->of[0].name ? &f->of[0] : NULL;
}
