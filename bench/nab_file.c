#include "bench/nab.h"

#include "detect/source.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS 19 /* characters of a time that count: 2014-04-10 07:15:00 */
#define NOWHERE UINT32_MAX

static int bad_label(const struct nab_file *f, struct kiri_error *err)
{
    return kiri_fail(err, KIRI_BAD_DATA,
                     "labels/combined_windows.json: %s: each window is a pair of times",
                     f->name);
}

/* A window's two times: their first SECONDS characters. */
static int read_window(const json_t *pair, const char *time[2])
{
    for (size_t i = 0; i < 2; i++) {
        time[i] = json_string_value(json_array_get(pair, i));
        if (!time[i] || strlen(time[i]) < SECONDS)
            return -1;
    }
    return json_array_size(pair) == 2 ? 0 : -1;
}

static void note_row(struct nab_file *f, const json_t *windows, const struct cell *time)
{
    const char *end[2];

    if (!time->text || time->len < SECONDS)
        return;
    for (uint32_t k = 0; k < f->n_windows; k++) {
        struct nab_window *w = &f->window[k];
        if (read_window(json_array_get(windows, k), end))
            continue;
        if (w->first == NOWHERE && strncmp(time->text, end[0], SECONDS) == 0)
            w->first = f->rows;
        if (w->last == NOWHERE && strncmp(time->text, end[1], SECONDS) == 0)
            w->last = f->rows;
    }
}

/* Every window's times stand in the file, in order. */
static int check(const struct nab_file *f, struct kiri_error *err)
{
    for (uint32_t k = 0; k < f->n_windows; k++) {
        const struct nab_window *w = &f->window[k];
        if (w->first == NOWHERE || w->last == NOWHERE || w->last < w->first ||
            (k && w->first <= w[-1].last))
            return kiri_fail(err, KIRI_BAD_DATA,
                             "%s: window %" PRIu32 " of the labels is not in the file, "
                             "or not in order",
                             f->name, k + 1);
    }
    return 0;
}

/* Counts the rows and finds the windows among them. */
static int find_windows(struct nab_file *f, const char *path, const json_t *windows,
                        struct kiri_error *err)
{
    const struct source_options o = { .format = SOURCE_CSV };
    struct source *s = source_open(path, &o, err);
    struct record record;
    int got = 1;

    if (!s)
        return -1;
    while ((got = source_next(s, &record, err)) == 1) {
        if (record.n)
            note_row(f, windows, &record.cell[0]);
        f->rows++;
    }
    source_close(s);
    f->judged = nab_probation(f->rows);
    return got < 0 ? -1 : check(f, err);
}

static int read_file(struct nab_file *f, const char *dir, const char *name,
                     const json_t *windows, struct kiri_error *err)
{
    const char *time[2];
    char path[4096];

    f->n_windows = (uint32_t)json_array_size(windows);
    f->name = strdup(name);
    f->window = calloc(f->n_windows + 1, sizeof *f->window);
    if (!f->name || !f->window)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    for (uint32_t k = 0; k < f->n_windows; k++) {
        if (read_window(json_array_get(windows, k), time))
            return bad_label(f, err);
        f->window[k] = (struct nab_window){ NOWHERE, NOWHERE };
    }
    snprintf(path, sizeof path, "%s/data/%s", dir, name);
    return find_windows(f, path, windows, err);
}

static int by_name(const void *a, const void *b)
{
    const struct nab_file *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static int read_all(struct nab *nab, const char *dir, json_t *labels,
                    struct kiri_error *err)
{
    const char *name;
    json_t *windows;

    nab->file = calloc(json_object_size(labels) + 1, sizeof *nab->file);
    if (!nab->file)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    json_object_foreach(labels, name,
                        windows) if (read_file(&nab->file[nab->n++], dir, name, windows,
                                               err)) return -1;
    qsort(nab->file, nab->n, sizeof *nab->file, by_name);
    return 0;
}

int nab_open(struct nab *nab, const char *dir, struct kiri_error *err)
{
    json_error_t why;
    char path[4096];

    *nab = (struct nab){ 0 };
    snprintf(path, sizeof path, "%s/labels/combined_windows.json", dir);
    json_t *labels = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(labels)) {
        json_decref(labels);
        return kiri_fail(err, KIRI_NO_INPUT, "%s: %s", path,
                         *why.text ? why.text : "this is no table of windows");
    }
    int rc = read_all(nab, dir, labels, err);
    json_decref(labels);
    return rc;
}

void nab_free(struct nab *nab)
{
    for (size_t i = 0; i < nab->n; i++) {
        free(nab->file[i].name);
        free(nab->file[i].window);
    }
    free(nab->file);
    *nab = (struct nab){ 0 };
}
