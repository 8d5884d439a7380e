#include "replay/rows.h"

#include "base/json.h"
#include "base/value.h"
#include "flow/values.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SKIPPED "skipped" /* all that a line may say of a turn */

struct rows {
    const struct kiri_schema *schema;
    char *path;
    int fd, ended;
    char *block;     /* [ROWS_LINE_MOST] */
    size_t from, to; /* what of it is not used yet */
    uint64_t bytes, size, line, last_id;
    struct buf texts;
    union kiri_value v[KIRI_MAX_FIELDS];
    uint64_t unknown;
    char unknown_name[40];
};

/* ---- writing --------------------------------------------------------------------- */

void rows_write(const struct store_obs *o, int named, int gens, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    jsonw_object(&j);
    if (named)
        jsonw_kstr(&j, "atom", o->atom);
    jsonw_kint(&j, "ts", o->ts);
    jsonw_key(&j, "values");
    jsonw_raw(&j, o->values, strlen(o->values));
    jsonw_kint(&j, "id", (int64_t)o->id);
    if (gens && o->gen)
        jsonw_kint(&j, "gen", (int64_t)o->gen);
    if (o->turn_skipped)
        jsonw_kstr(&j, "turn", SKIPPED);
    if (o->label)
        jsonw_kstr(&j, "label", o->label);
    jsonw_end(&j);
    buf_puts(out, "\n");
}

/* ---- a file ---------------------------------------------------------------------- */

struct rows *rows_open(const char *path, const struct kiri_schema *schema,
                       struct kiri_error *err)
{
    struct rows *r = calloc(1, sizeof *r);
    struct stat st;

    if (!r) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    r->fd = -1;
    r->schema = schema;
    r->path = strdup(path);
    r->block = malloc(ROWS_LINE_MOST);
    if (!r->path || !r->block) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        goto fail;
    }
    r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (r->fd < 0 || fstat(r->fd, &st)) {
        kiri_fail(err, KIRI_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        kiri_fail(err, KIRI_NO_INPUT, "%s is not a regular file", path);
        goto fail;
    }
    r->size = (uint64_t)st.st_size;
    return r;

fail:
    rows_close(r);
    return NULL;
}

void rows_close(struct rows *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    buf_free(&r->texts);
    free(r->block);
    free(r->path);
    free(r);
}

int rows_rewind(struct rows *r, struct kiri_error *err)
{
    if (lseek(r->fd, 0, SEEK_SET) < 0)
        return kiri_fail(err, KIRI_IO, "cannot read %s again: %s", r->path,
                         strerror(errno));
    r->from = r->to = 0;
    r->bytes = r->line = r->last_id = r->unknown = 0;
    r->ended = 0;
    return 0;
}

/* More bytes behind those that are left. 0, or -1 and a sentence. */
static int fill(struct rows *r, struct kiri_error *err)
{
    ssize_t n;

    memmove(r->block, r->block + r->from, r->to - r->from);
    r->to -= r->from;
    r->from = 0;
    do
        n = read(r->fd, r->block + r->to, ROWS_LINE_MOST - r->to);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return kiri_fail(err, KIRI_IO, "cannot read %s: %s", r->path, strerror(errno));
    r->ended = n == 0;
    r->to += (size_t)n;
    return 0;
}

/* The next line, which stays in the block: 1, 0 at the end, -1 and a sentence. */
static int next_line(struct rows *r, const char **line, size_t *len,
                     struct kiri_error *err)
{
    const char *end;

    while (!(end = memchr(r->block + r->from, '\n', r->to - r->from)) && !r->ended) {
        if (r->from == 0 && r->to == ROWS_LINE_MOST)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "%s:%" PRIu64 ": the line is longer than %u bytes", r->path,
                             r->line + 1, ROWS_LINE_MOST);
        if (fill(r, err))
            return -1;
    }
    if (r->from == r->to)
        return 0;
    *line = r->block + r->from;
    *len = end ? (size_t)(end - *line) : r->to - r->from;
    r->from += *len + (end != NULL);
    r->bytes += *len + (end != NULL);
    r->line++;
    return 1;
}

/* ---- a line ---------------------------------------------------------------------- */

static const struct kiri_field *field_of(const struct kiri_schema *s, const char *name)
{
    for (uint32_t i = 0; i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return &s->fields[i];
    return NULL;
}

/* Values of other types than their fields are a mistake; names that the schema does not
 * know are a field that is no more, unless nothing else is there. */
static int check_values(struct rows *r, json_t *values, struct kiri_error *err)
{
    size_t unknown = 0;
    const char *name;
    json_t *value;
    char shown[48];

    json_object_foreach(values, name, value)
    {
        const struct kiri_field *f = field_of(r->schema, name);
        const char *takes = f ? values_takes(f, value) : NULL;
        if (takes)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "%s:%" PRIu64 ": \"%s\" takes %s: correct the line", r->path,
                             r->line, f->name, takes);
        if (f)
            continue;
        unknown++;
        value_show(name, r->unknown_name, sizeof r->unknown_name);
    }
    if (unknown && unknown == json_object_size(values))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s:%" PRIu64
                         ": the atom knows no field \"%s\", and no other of "
                         "this line: is it another atom's file?",
                         r->path, r->line, value_show(r->unknown_name, shown, 48));
    r->unknown += unknown;
    return 0;
}

static int wrong(const struct rows *r, struct kiri_error *err, const char *what)
{
    return kiri_fail(err, KIRI_BAD_DATA,
                     "%s:%" PRIu64 ": %s; a line is {\"ts\":ms,\"values\":{name:value}}",
                     r->path, r->line, what);
}

static int is_skipped(const json_t *turn)
{
    return json_is_string(turn) && strcmp(json_string_value(turn), SKIPPED) == 0;
}

static int read_line(struct rows *r, json_t *root, struct rows_row *out,
                     struct kiri_error *err)
{
    const json_t *ts = json_object_get(root, "ts"), *id = json_object_get(root, "id");
    const json_t *gen = json_object_get(root, "gen");
    const json_t *turn = json_object_get(root, "turn");
    json_t *values = json_object_get(root, "values");

    if (!json_is_object(root))
        return wrong(r, err, "it is no JSON object");
    if (!json_is_integer(ts))
        return wrong(r, err, "\"ts\" is missing or not a whole number");
    if (!json_is_object(values))
        return wrong(r, err, "\"values\" is missing or not an object");
    if (id && (!json_is_integer(id) || json_integer_value(id) <= 0))
        return wrong(r, err, "\"id\" is not a whole number from 1 on");
    if (gen && (!json_is_integer(gen) || json_integer_value(gen) < 0))
        return wrong(r, err, "\"gen\" is not a whole number");
    if (turn && !is_skipped(turn))
        return wrong(r, err, "\"turn\" is not \"" SKIPPED "\"");
    out->ts = json_integer_value(ts);
    out->id = id ? (uint64_t)json_integer_value(id) : 0;
    out->gen = gen ? (uint64_t)json_integer_value(gen) : 0;
    out->turn_skipped = turn != NULL;
    if (id && out->id <= r->last_id)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s:%" PRIu64 ": id %" PRIu64 " after %" PRIu64
                         "; ids rise from line to line, or are left out",
                         r->path, r->line, out->id, r->last_id);
    if (id)
        r->last_id = out->id;
    if (check_values(r, values, err))
        return -1;
    buf_clear(&r->texts);
    if (values_from(r->schema, values, out->ts, r->v, &r->texts))
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    out->v = r->v;
    return 0;
}

static int is_blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return 0;
    return 1;
}

int rows_next(struct rows *r, struct rows_row *out, struct kiri_error *err)
{
    const char *line = NULL;
    json_error_t why;
    size_t len = 0;
    int got;

    do
        got = next_line(r, &line, &len, err);
    while (got > 0 && is_blank(line, len));
    if (got <= 0)
        return got;
    json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
    if (!root) {
        char sentence[JSON_ERROR_TEXT_LENGTH + 40], shown[160];
        snprintf(sentence, sizeof sentence, "column %d: %s", why.column,
                 value_show(why.text, shown, sizeof shown));
        return wrong(r, err, sentence);
    }
    int rc = read_line(r, root, out, err);
    json_decref(root);
    return rc ? -1 : 1;
}

uint64_t rows_bytes(const struct rows *r)
{
    return r->bytes;
}

uint64_t rows_size(const struct rows *r)
{
    return r->size;
}

uint64_t rows_unknown(const struct rows *r, const char **name)
{
    *name = r->unknown_name;
    return r->unknown;
}
