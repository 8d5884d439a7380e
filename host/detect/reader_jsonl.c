/*
 * JSON lines: an object a line, its members are the cells. A member that is an object
 * gives its own members ("values.cpu"); arrays are no cells. NaN and Infinity, which some
 * programs write although JSON has none, are missing and infinite.
 */
#include "base/json.h"
#include "detect/reader.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define NAME_MOST 256u

void jsonl_fini(struct jsonl *j)
{
    columns_free(&j->names);
    buf_free(&j->line);
    buf_free(&j->number);
}

/* The line into j->line; 1, 0: no line, or a code. *whole 0: it was longer than kept. */
static int read_line(struct jsonl *j, struct bytes *in, int *whole,
                     struct kiri_error *err)
{
    int byte = bytes_next(in);

    *whole = 1;
    buf_clear(&j->line);
    if (byte < 0)
        return reader_end(in, byte, err);
    for (; byte >= 0 && byte != '\n'; byte = bytes_next(in)) {
        char one = (char)byte;
        if (j->line.len < SOURCE_ROW)
            buf_put(&j->line, &one, 1);
        else
            *whole = 0;
    }
    if (byte < 0 && byte != BYTES_END)
        return reader_end(in, byte, err);
    return buf_failed(&j->line) ? kiri_fail(err, KIRI_INTERNAL, "memory is short") : 1;
}

/* Outside of strings, NaN becomes the empty string and Infinity one that says so. */
static void tame(struct buf *line)
{
    static const struct {
        const char *word, *instead; /* of equal length */
    } odd[] = { { "-Infinity", "   \"-inf\"" },
                { "Infinity", "   \"inf\"" },
                { "NaN", "\"\" " } };
    int quoted = 0;

    for (size_t i = 0; i < line->len; i++) {
        char *at = line->data + i;
        if (*at == '\\' && quoted)
            i++;
        else if (*at == '"')
            quoted = !quoted;
        for (size_t k = 0; !quoted && k < sizeof odd / sizeof *odd; k++) {
            size_t n = strlen(odd[k].word);
            if (line->len - i >= n && memcmp(at, odd[k].word, n) == 0) {
                memcpy(at, odd[k].instead, n);
                i += n - 1;
                break;
            }
        }
    }
}

static json_t *parse(struct jsonl *j)
{
    json_t *root = json_loadb(buf_text(&j->line), j->line.len, JSON_ALLOW_NUL, NULL);

    if (!root) {
        tame(&j->line);
        root = json_loadb(buf_text(&j->line), j->line.len, JSON_ALLOW_NUL, NULL);
    }
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

/* The value's text; NULL: it is no cell, or null. */
static const char *text_of(struct jsonl *j, const json_t *value, size_t *len)
{
    struct jsonw w = jsonw_into(&j->number);

    buf_clear(&j->number);
    switch (json_typeof(value)) {
    case JSON_STRING: *len = json_string_length(value); return json_string_value(value);
    case JSON_INTEGER: jsonw_int(&w, json_integer_value(value)); break;
    case JSON_REAL: jsonw_exact(&w, json_real_value(value)); break;
    case JSON_TRUE: *len = 4; return "true";
    case JSON_FALSE: *len = 5; return "false";
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT: return NULL;
    }
    *len = j->number.len;
    return buf_text(&j->number);
}

/* Its column, which is looked for at `hint` first; -1: memory; -2: it is passed over. */
static int64_t column_of(struct jsonl *j, const char *name, uint32_t hint)
{
    size_t len = strlen(name);
    int64_t at = hint < j->names.n && strcmp(j->names.name[hint], name) == 0
                     ? hint
                     : columns_find(&j->names, name, len);

    if (at >= 0)
        return at;
    if (j->sealed || j->names.n == SOURCE_COLUMNS)
        return -2;
    return columns_add(&j->names, name, len) ? -1 : (int64_t)j->names.n - 1;
}

/* One member into its cell. 0, 1: it is not known, -1: memory. */
static int take(struct jsonl *j, struct cells *c, const char *name, const json_t *value,
                uint32_t *hint)
{
    size_t len = 0;
    int64_t at = column_of(j, name, *hint);

    if (at < 0)
        return at == -2 ? 1 : -1;
    *hint = (uint32_t)at + 1;
    const char *text = text_of(j, value, &len);
    for (; c->n < j->names.n; c->n++)
        c->cell[c->n] = (struct cell){ 0 };
    if (!text)
        return 0;
    c->width = (uint32_t)at; /* where the bytes go */
    cells_begin(c);
    for (size_t i = 0; i < len; i++)
        cells_put(c, text[i]);
    c->text[c->used++] = '\0';
    return 0;
}

static int take_all(struct jsonl *j, struct cells *c, json_t *root)
{
    const char *key, *inner;
    json_t *value, *deeper;
    uint32_t hint = 0;
    int unknown = 0;

    json_object_foreach(root, key, value)
    {
        if (!json_is_object(value)) {
            int rc = take(j, c, key, value, &hint);
            if (rc < 0)
                return -1;
            unknown |= rc;
            continue;
        }
        json_object_foreach(value, inner, deeper)
        {
            char name[NAME_MOST];
            snprintf(name, sizeof name, "%s.%s", key, inner);
            int rc = take(j, c, name, deeper, &hint);
            if (rc < 0)
                return -1;
            unknown |= rc;
        }
    }
    j->unknown += (uint64_t)unknown;
    return 0;
}

static int is_blank(const struct buf *line)
{
    return strspn(buf_text(line), " \t\r") == line->len;
}

int jsonl_next(struct jsonl *j, struct bytes *in, uint64_t *line, struct cells *c,
               struct record *row, struct kiri_error *err)
{
    int whole, rc = read_line(j, in, &whole, err);

    cells_clear(c);
    row->line = *line;
    row->flaws = 0;
    if (rc <= 0)
        return rc;
    ++*line;
    if (is_blank(&j->line)) {
        row->flaws = FLAW(FLAW_BLANK);
        return 1;
    }
    json_t *root = whole ? parse(j) : NULL;
    if (!root)
        row->flaws = FLAW(FLAW_JSON);
    else if (take_all(j, c, root))
        rc = kiri_fail(err, KIRI_INTERNAL, "memory is short");
    json_decref(root);
    c->width = c->n;
    return rc;
}
