/*
 * trial_options.c - each option, one at a time, with what a person may write there and
 * the host would let pass: files that are missing, empty or say nonsense, texts of any
 * length, the ends of a range. open() may refuse; nothing may crash, and rows stay in the
 * schema.
 */
#include "load/abuse/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COLLECTS  3
#define LONG_TEXT 4000
#define LONG_LINE (1u << 20)

/* ---- files ---------------------------------------------------------------------- */

#define BYTES(text) (text), sizeof(text) - 1

static const struct file { /* below the trial's directory */
    const char *name, *is, *bytes;
    size_t size;
} files[] = {
    { "empty", "an empty file", BYTES("") },
    { "newlines", "a file of empty lines", BYTES("\n\n\n\n") },
    { "nan", "a file that says nan", BYTES("nan\n") },
    { "inf", "a file that says inf", BYTES("inf\n") },
    { "minus-inf", "a file that says -1e999", BYTES("-1e999\n") },
    { "huge", "a file that says 99999999999999999999999",
      BYTES("99999999999999999999999 99999999999999999999999\n") },
    { "zeros", "a file of NULs", BYTES("\0\0\0\0\0\0\0\0") },
    { "no-end", "a file whose line has no end", BYTES("12") },
    { "json", "a file of JSON",
      BYTES("{\"value\": [1, 2, {\"a\": \"b\"}], \"x\": null}\n") },
    { "binary", "a file of binary data",
      BYTES("\x7f\x45\x4c\x46\xff\xfe\x80\0\x01%s%n\n") },
};

#undef BYTES

static int write_file(const char *dir, const char *name, const void *bytes, size_t n)
{
    char path[512];
    FILE *f;
    int rc = -1;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "we");
    if (f) {
        rc = fwrite(bytes, 1, n, f) == n ? 0 : -1;
        rc |= fclose(f);
    }
    return rc;
}

/* It may be there: a trial that hung is tried again. */
static int make_dir(const char *path)
{
    return mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

/* One line of 1 MiB, and a directory whose names nobody would choose. */
static int make_large(const char *room)
{
    static const char *const names[] = { "a\nb", "\xff\xfe", "%s%n", " ", "-rf", "~" };
    char *line = malloc(LONG_LINE), path[512], name[256];
    int rc;

    if (!line)
        return -1;
    memset(line, 'x', LONG_LINE);
    rc = write_file(room, "long-line", line, LONG_LINE);
    free(line);
    snprintf(path, sizeof path, "%s/odd", room);
    rc |= make_dir(path);
    memset(name, 'n', 255);
    name[255] = '\0';
    rc |= write_file(path, name, "1\n", 2);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        rc |= write_file(path, names[i], "1\n", 2);
    snprintf(path, sizeof path, "%s/bare", room);
    return rc | make_dir(path);
}

static int make_files(const char *room)
{
    int rc = make_large(room);

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        rc |= write_file(room, files[i].name, files[i].bytes, files[i].size);
    return rc;
}

/* ---- one value ------------------------------------------------------------------ */

static void try_value(struct trial *t, const struct kiri_option *o, const char *value,
                      const char *is)
{
    struct life *l = life_new(t, 0);

    trial_when(t, " when its option `%s` is %s", o->name, is);
    l->timeless = 1; /* it may be an option that says what time it is */
    l->served.option_name = o->name;
    l->served.option_value = value;
    if (life_open(l) == KIRI_OK && life_schema(l) == 0)
        for (int i = 0; i < COLLECTS; i++)
            life_collect(l);
    life_close(l);
    life_free(l);
}

static void try_as_it_is(struct trial *t, const struct kiri_option *o, const char *value)
{
    char is[80];

    snprintf(is, sizeof is, "\"%.60s\"", value);
    try_value(t, o, value, is);
}

static void try_long(struct trial *t, const struct kiri_option *o, const char *begin)
{
    char text[LONG_TEXT + 1];

    memset(text, 'a', LONG_TEXT);
    text[LONG_TEXT] = '\0';
    memcpy(text, begin, strlen(begin));
    try_value(t, o, text, "4,000 bytes long");
}

static void try_file(struct trial *t, const struct kiri_option *o, const char *name,
                     const char *is)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", t->room, name);
    try_value(t, o, path, is);
}

/* Many at once, good and bad. */
static void try_list(struct trial *t, const struct kiri_option *o)
{
    char list[16 * 128];
    size_t len = 0;

    for (size_t i = 0; i < sizeof files / sizeof *files && len < sizeof list; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s/%s\n", t->room,
                                files[i].name);
    if (len < sizeof list)
        snprintf(list + len, sizeof list - len, "%s/odd", t->room);
    try_value(t, o, list, "a list of bad files");
}

static void try_place(struct trial *t, const struct kiri_option *o)
{
    try_file(t, o, "missing/too", "a missing file");
    try_file(t, o, "bare", "an empty directory");
    try_file(t, o, "odd", "a directory of odd names");
    try_file(t, o, "long-line", "a file with a line of 1 MiB");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        try_file(t, o, files[i].name, files[i].is);
    try_long(t, o, "/");
    if (o->type == KIRI_OPT_PATHS)
        try_list(t, o);
}

/* Both ends of "lo..hi", or of what the type can hold. */
static void try_ends(struct trial *t, const struct kiri_option *o, const char *lo,
                     const char *hi)
{
    const char *dots = o->range ? strstr(o->range, "..") : NULL;
    char low[64];

    if (dots) {
        snprintf(low, sizeof low, "%.*s", (int)(dots - o->range), o->range);
        try_as_it_is(t, o, low);
        try_as_it_is(t, o, dots + 2);
    } else {
        try_as_it_is(t, o, lo);
        try_as_it_is(t, o, hi);
        try_as_it_is(t, o, "0");
    }
}

static void try_choices(struct trial *t, const struct kiri_option *o)
{
    const char *at = o->range;
    char word[64];

    while (at && *at) {
        size_t n = strcspn(at, "|");

        snprintf(word, sizeof word, "%.*s", (int)n, at);
        try_as_it_is(t, o, word);
        at += n + (at[n] == '|');
    }
}

static void try_texts(struct trial *t, const struct kiri_option *o)
{
    static const char *const texts[] = { "",     " ",        "%s%s%n%d", "\xff\xfe\x80",
                                         "a\nb", "../../..", "-1",       ",,;;||" };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        try_as_it_is(t, o, texts[i]);
    try_long(t, o, "");
}

static void try_option(struct trial *t, const struct kiri_option *o)
{
    switch (o->type) {
    case KIRI_OPT_PATH:
    case KIRI_OPT_PATHS: try_place(t, o); break;
    case KIRI_OPT_NUMBER: try_ends(t, o, "-1e308", "1e308"); break;
    case KIRI_OPT_INTEGER:
        try_ends(t, o, "-9223372036854775808", "9223372036854775807");
        break;
    case KIRI_OPT_DURATION: try_ends(t, o, "0ms", "3650d"); break;
    case KIRI_OPT_BOOL:
        try_as_it_is(t, o, "true");
        try_as_it_is(t, o, "false");
        break;
    case KIRI_OPT_CHOICE: try_choices(t, o); break;
    case KIRI_OPT_URL:
        try_as_it_is(t, o, "http://127.0.0.1:1/");
        try_as_it_is(t, o, "http://");
        try_as_it_is(t, o, "nonsense");
        try_long(t, o, "http://127.0.0.1:1/");
        break;
    case KIRI_OPT_BUS:
        try_as_it_is(t, o, "unix:path=/nowhere/at/all");
        try_as_it_is(t, o, "nonsense");
        try_long(t, o, "unix:path=/");
        break;
    default: try_texts(t, o); break;
    }
}

void trial_options(struct trial *t)
{
    const struct kiri_option *o = t->vtable.options;

    if (!o->name) {
        trial_skip(t, "it has none");
        return;
    }
    if (make_files(t->room)) {
        trial_note(t, "its options were not tried: no files can be made in %s", t->room);
        return;
    }
    for (; o->name; o++)
        try_option(t, o);
}
