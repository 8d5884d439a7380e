#include "detect/source.h"

#include "detect/reader.h"
#include "detect/times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
    enum source_format format;
    struct bytes in;
    struct cells cells;
    uint64_t line; /* the next row begins on it */
    struct csv csv;
    struct columns names; /* of CSV and lines */
    struct jsonl jsonl;
    int headless;
    struct record held; /* a row behind empty lines, while those are given */
    uint64_t blanks;    /* to give before it */
    int holding;
    uint64_t trailing;
};

void source_close(struct source *s)
{
    if (!s)
        return;
    bytes_close(&s->in);
    cells_fini(&s->cells);
    columns_free(&s->names);
    jsonl_fini(&s->jsonl);
    free(s);
}

/* Passes a byte order mark; the other Unicode encodings are refused. */
static int begin(struct source *s, struct kiri_error *err)
{
    const unsigned char *data;
    size_t len;
    int rc = bytes_peek(&s->in, &data, &len);

    if (rc)
        return reader_end(&s->in, rc, err);
    if (len >= 2 &&
        ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff)))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s is UTF-16: convert it to UTF-8 first (iconv -f UTF-16 -t "
                         "UTF-8)",
                         s->in.name);
    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        s->in.at += 3;
        data += 3;
        len -= 3;
    }
    s->csv.delimiter = csv_delimiter(data, len);
    s->line = 1;
    return 0;
}

static int read_row(struct source *s, struct record *row, struct kiri_error *err)
{
    int rc = 0;

    switch (s->format) {
    case SOURCE_CSV: rc = csv_next(&s->csv, &s->in, &s->line, &s->cells, row, err); break;
    case SOURCE_JSONL:
        rc = jsonl_next(&s->jsonl, &s->in, &s->line, &s->cells, row, err);
        break;
    case SOURCE_LINES: rc = text_next(&s->in, &s->line, &s->cells, row, err); break;
    case SOURCE_SESSIONS: rc = session_next(&s->in, &s->line, &s->cells, row, err); break;
    }
    row->n = s->cells.n;
    row->cell = s->cells.cell;
    return rc == BYTES_STOPPED ? 2 : rc;
}

/* ---- a CSV's header -------------------------------------------------------------- */

/* A line of numbers and times only is no header. */
static int is_row(const struct record *row)
{
    uint32_t says = 0;

    for (uint32_t i = 0; i < row->n; i++) {
        int64_t ms;
        double x;
        if (!row->cell[i].len)
            continue;
        if (times_number(row->cell[i].text, row->cell[i].len, &x) < 0 &&
            times_parse(row->cell[i].text, row->cell[i].len, &ms))
            return 0;
        says = 1;
    }
    return says != 0;
}

static int name_columns(struct source *s, const struct record *head,
                        struct kiri_error *err)
{
    char name[32];

    for (uint32_t i = 0; i < head->n; i++) {
        const char *text = head->cell[i].text;
        size_t len = strlen(text);
        while (len && (*text == ' ' || *text == '\t')) {
            text++;
            len--;
        }
        while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
            len--;
        if (s->headless || !len || columns_find(&s->names, text, len) >= 0) {
            snprintf(name, sizeof name, "column%u", i + 1);
            text = name;
            len = strlen(name);
        }
        if (columns_add(&s->names, text, len))
            return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    }
    return 0;
}

static int take_header(struct source *s, struct kiri_error *err)
{
    struct record head;
    int rc = read_row(s, &head, err);

    if (rc == 2 || rc < 0)
        return rc;
    if (rc == 0)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s is empty: a header and rows are expected", s->in.name);
    if (s->cells.width > SOURCE_COLUMNS)
        return kiri_fail(err, KIRI_BAD_DATA, "%s has %u columns, more than %u",
                         s->in.name, s->cells.width, SOURCE_COLUMNS);
    if (head.flaws & FLAW(FLAW_BLANK))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s:1: the first line is empty: a header is expected",
                         s->in.name);
    const char *last = head.cell[head.n - 1].text;
    if (strchr(last, '\r'))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s: its lines end in CR alone: convert them (tr '\\r' '\\n')",
                         s->in.name);
    s->headless = is_row(&head);
    if (name_columns(s, &head, err))
        return -1;
    if (s->headless) {
        s->held = head;
        s->holding = 1;
    }
    return 0;
}

struct source *source_open(const char *path, const struct source_options *o,
                           struct kiri_error *err)
{
    struct source *s = calloc(1, sizeof *s);

    err->code = KIRI_FINE;
    if (!s || cells_init(&s->cells)) {
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
        goto fail;
    }
    s->format = o->format;
    s->in.wait = o->wait;
    s->in.ctx = o->ctx;
    if (bytes_open(&s->in, path, err) || begin(s, err))
        goto fail;
    if (s->format == SOURCE_CSV && take_header(s, err))
        goto fail;
    if (s->format == SOURCE_LINES && columns_add(&s->names, "text", 4)) {
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
        goto fail;
    }
    return s;

fail:
    source_close(s);
    return NULL;
}

int source_rewind(struct source *s, struct kiri_error *err)
{
    struct record head;

    if (bytes_rewind(&s->in, err) || begin(s, err))
        return -1;
    s->holding = 0;
    s->blanks = s->trailing = 0;
    if (s->format == SOURCE_CSV && !s->headless && read_row(s, &head, err) < 0)
        return -1;
    return 0;
}

/* ---- rows ------------------------------------------------------------------------ */

/* Rows of empty lines come out only when another row follows. */
static int give(struct source *s, struct record *out)
{
    if (s->blanks) {
        *out = (struct record){ .line = s->held.line - s->blanks,
                                .flaws = FLAW(FLAW_BLANK) };
        s->blanks--;
        return 1;
    }
    *out = s->held;
    s->holding = 0;
    return 1;
}

int source_next(struct source *s, struct record *out, struct kiri_error *err)
{
    int rc = 1;

    while (!s->holding) {
        rc = read_row(s, &s->held, err);
        if (rc != 1)
            break;
        if (s->held.flaws & FLAW(FLAW_BLANK))
            s->blanks++;
        else
            s->holding = 1;
    }
    if (s->holding)
        rc = give(s, out);
    else if (rc == 0)
        s->trailing = s->blanks;
    if (rc == 1 && s->format == SOURCE_CSV && !(out->flaws & FLAW(FLAW_BLANK)) &&
        s->cells.width != s->names.n)
        out->flaws |= FLAW(FLAW_WIDTH);
    return rc;
}

/* ---- columns --------------------------------------------------------------------- */

static const struct columns *columns_of(const struct source *s)
{
    return s->format == SOURCE_JSONL ? &s->jsonl.names : &s->names;
}

uint32_t source_columns(const struct source *s)
{
    return columns_of(s)->n;
}

const char *source_column(const struct source *s, uint32_t i)
{
    return columns_of(s)->name[i];
}

int64_t source_find(struct source *s, const char *name)
{
    int64_t at = columns_find(columns_of(s), name, strlen(name));

    if (at >= 0 || s->format != SOURCE_JSONL || s->jsonl.names.n == SOURCE_COLUMNS)
        return at;
    return columns_add(&s->jsonl.names, name, strlen(name))
               ? -1
               : (int64_t)s->jsonl.names.n - 1;
}

void source_seal(struct source *s)
{
    s->jsonl.sealed = 1;
}

uint64_t source_unknown(const struct source *s)
{
    return s->jsonl.unknown;
}

const char *source_name(const struct source *s)
{
    return s->in.name;
}

int source_regular(const struct source *s)
{
    return s->in.regular;
}

int source_headless(const struct source *s)
{
    return s->headless;
}

uint64_t source_position(const struct source *s)
{
    return bytes_position(&s->in);
}

uint64_t source_size(const struct source *s)
{
    return s->in.size;
}

uint64_t source_trailing(const struct source *s)
{
    return s->trailing;
}
