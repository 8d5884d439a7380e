/*
 * kiri inspect - what a model file is.
 */
#include "base/json.h"
#include "base/path.h"
#include "base/value.h"
#include "cli/command.h"
#include "model/weights.h"
#include "screen/terminal.h"
#include "screen/view.h"
#include "screen/view_number.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MOST (256u << 20)
#define LABEL     13u /* columns before what a label says */

enum { JSON };

struct model {
    const char *path;
    size_t bytes;
    struct safetensors *file;
    struct gpt_shape shape;
    size_t params;
    json_t *schema; /* NULL: it has none */
};

static const char *const type_names[] = { "f32", "f64", "u8",  "u16",  "i32",
                                          "i64", "u32", "u64", "other" };

/* ---- facts ----------------------------------------------------------------------- */

/* Length of a tensor of floats as a vector; NaN for other types. */
static double norm(const struct tensor *t)
{
    const char *p = t->data;
    double sum = 0;
    float x;

    if (t->type != TENSOR_F32)
        return NAN;
    for (uint64_t i = 0; i < t->count; i++, p += sizeof x) {
        memcpy(&x, p, sizeof x);
        sum += (double)x * (double)x;
    }
    return sqrt(sum);
}

static uint64_t rows_of(const struct model *m, const char *tensor)
{
    const struct tensor *t = safetensors_find(m->file, tensor);

    return t ? t->count : 0;
}

static const char *meta(const struct model *m, const char *key)
{
    const char *value = safetensors_meta(m->file, key);

    return value ? value : "";
}

/* Opens the file and holds it against what it says of itself. */
static int read_model(struct model *m, const char *bytes, struct kiri_error *err)
{
    m->file = safetensors_parse(bytes, m->bytes, err);
    if (!m->file)
        return -1;
    if (!*meta(m, "format") || !*meta(m, "kind"))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "a safetensors file, but not a model that KIRI wrote");
    struct gpt *g = weights_get(m->file, err);
    if (!g)
        return -1;
    m->shape = *gpt_shape_of(g);
    m->params = gpt_shape_params(&m->shape);
    gpt_free(g);
    m->schema = json_loads(meta(m, "schema"), JSON_REJECT_DUPLICATES, NULL);
    return 0;
}

/* ---- as JSON --------------------------------------------------------------------- */

static void json_meta(void *ctx, const char *key, const char *value)
{
    if (strcmp(key, "schema") != 0)
        jsonw_kstr(ctx, key, value);
}

static void json_tensor(struct jsonw *j, const struct tensor *t)
{
    jsonw_object(j);
    jsonw_kstr(j, "name", t->name);
    jsonw_kstr(j, "type", type_names[t->type]);
    jsonw_key(j, "shape");
    jsonw_array(j);
    for (uint32_t d = 0; d < t->n_dims; d++)
        jsonw_int(j, (int64_t)t->shape[d]);
    jsonw_end(j);
    jsonw_knum(j, "norm", norm(t), 6);
    jsonw_end(j);
}

static void write_json(const struct model *m, struct buf *out)
{
    struct jsonw j = jsonw_into(out);
    char *schema = m->schema ? json_dumps(m->schema, JSON_COMPACT) : NULL;

    jsonw_object(&j);
    jsonw_kstr(&j, "file", m->path);
    jsonw_kint(&j, "bytes", (int64_t)m->bytes);
    jsonw_kbool(&j, "checksum", safetensors_has_checksum(m->file));
    jsonw_kint(&j, "parameters", (int64_t)m->params);
    jsonw_key(&j, "schema");
    if (schema)
        jsonw_raw(&j, schema, strlen(schema));
    else
        jsonw_null(&j);
    jsonw_key(&j, "metadata");
    jsonw_object(&j);
    safetensors_each_meta(m->file, json_meta, &j);
    jsonw_end(&j);
    jsonw_key(&j, "tensors");
    jsonw_array(&j);
    for (uint32_t i = 0; i < safetensors_count(m->file); i++)
        json_tensor(&j, safetensors_at(m->file, i));
    jsonw_end(&j);
    jsonw_end(&j);
    buf_puts(out, "\n");
    free(schema);
}

/* ---- for people ------------------------------------------------------------------ */

static void label(struct canvas *c, const char *text)
{
    canvas_text(c, FAINT, text);
    canvas_to(c, LABEL);
}

/* A counter of the metadata: "  12 rows". Nothing when the file does not have it. */
static void counter(struct canvas *c, const struct model *m, const char *key,
                    const char *what)
{
    if (*meta(m, key))
        canvas_textf(c, PLAIN, "%s%s %.24s", c->col > LABEL ? ", " : "", what,
                     meta(m, key));
}

static void history_line(struct canvas *c, const struct model *m)
{
    label(c, "learned");
    counter(c, m, "gen", "generation");
    counter(c, m, "rows", "rows");
    counter(c, m, "steps", "steps");
    counter(c, m, "adam.steps", "steps");
    counter(c, m, "seed", "seed");
    if (*meta(m, "held_back_loss"))
        canvas_textf(c, PLAIN, ", held back %.6s nats a token",
                     meta(m, "held_back_loss"));
    if (c->col == LABEL)
        canvas_text(c, PLAIN, "elsewhere: imported");
    canvas_end(c);
}

static void calibration_line(struct canvas *c, const struct model *m)
{
    uint64_t rows = rows_of(m, "calibration.row_tail");

    if (!rows)
        rows = rows_of(m, "calibration.sum");
    if (!rows)
        rows = rows_of(m, "calibration.worst");
    label(c, "calibration");
    if (rows)
        canvas_textf(c, PLAIN, "%llu rows that it had not learned",
                     (unsigned long long)rows);
    else
        canvas_text(c, PLAIN, "none: it cannot say what is anomalous");
    canvas_end(c);
    if (!*meta(m, "anomalous_sum"))
        return;
    label(c, "anomalous");
    canvas_textf(c, PLAIN, "%.5s nats in all", meta(m, "anomalous_sum"));
    if (*meta(m, "anomalous_mean"))
        canvas_textf(c, PLAIN, ", or %.5s a token", meta(m, "anomalous_mean"));
    if (*meta(m, "anomalous_worst"))
        canvas_textf(c, PLAIN, ", or %.5s in one", meta(m, "anomalous_worst"));
    canvas_text(c, PLAIN, ", and more");
    canvas_end(c);
}

static void summary(struct canvas *c, const struct model *m)
{
    char text[48];

    label(c, "kind");
    canvas_textf(c, BOLD, "%.24s", meta(m, "kind"));
    if (*meta(m, "atom"))
        canvas_textf(c, PLAIN, " of %.32s", meta(m, "atom"));
    number_unit((double)m->bytes, "B", text, sizeof text);
    canvas_textf(c, PLAIN, ", %s, format %.8s, ", text, meta(m, "format"));
    if (safetensors_has_checksum(m->file))
        canvas_text(c, GREEN, "checksum ok");
    else
        canvas_text(c, YELLOW, "no checksum");
    canvas_end(c);
    label(c, "shape");
    number_count((double)m->params, text, sizeof text);
    canvas_textf(c, PLAIN,
                 "%u words x %u, %u heads, %u layers, context %u: %s parameters",
                 m->shape.vocab, m->shape.width, m->shape.heads, m->shape.layers,
                 m->shape.context, text);
    canvas_end(c);
    history_line(c, m);
    calibration_line(c, m);
}

static void describe_field(const json_t *field, char *out, size_t cap)
{
    const char *kind = view_text(field, "kind");
    char range[80];

    if (strcmp(kind, "number") == 0) {
        number_range(view_number(field, "lo"), view_number(field, "hi"),
                     view_text(field, "unit"), range, sizeof range);
        snprintf(out, cap, "number, %.16s, %s, %.0f words", view_text(field, "scale"),
                 range, view_number(field, "buckets"));
    } else if (strcmp(kind, "choice") == 0) {
        snprintf(out, cap, "choice of %zu",
                 json_array_size(json_object_get(field, "choices")));
    } else if (strcmp(kind, "text") == 0) {
        snprintf(out, cap, "text of at most %.0f bytes", view_number(field, "max_len"));
    } else {
        snprintf(out, cap, "%.16s", kind);
    }
}

static void language(struct canvas *c, const struct model *m)
{
    const json_t *field;
    char text[160];
    size_t i;

    json_array_foreach(m->schema, i, field)
    {
        label(c, i ? "" : "language");
        canvas_textf(c, PLAIN, "%.32s", view_text(field, "name"));
        canvas_to(c, LABEL + 16);
        canvas_textf(c, CYAN, "%.8s", view_text(field, "symbol"));
        canvas_to(c, LABEL + 22);
        describe_field(field, text, sizeof text);
        canvas_text(c, PLAIN, text);
        if (json_is_true(json_object_get(field, "context")))
            canvas_text(c, FAINT, ", only seen");
        canvas_end(c);
    }
}

static void symbols(struct canvas *c, const struct model *m)
{
    const struct tensor *t = safetensors_find(m->file, "vocab");
    const char *bytes = t ? t->data : NULL;

    if (!t || t->type != TENSOR_U8 || !t->bytes || bytes[t->bytes - 1])
        return;
    label(c, "symbols");
    for (const char *p = bytes; p < bytes + t->bytes; p += strlen(p) + 1) {
        if (canvas_width(c, p) + 1 > canvas_room(c)) {
            canvas_end(c);
            canvas_to(c, LABEL);
        }
        canvas_text(c, PLAIN, p);
        canvas_text(c, PLAIN, " ");
    }
    canvas_end(c);
}

/* The other GPTs and the counts of a model of sessions, and its words. */
static void chorus(struct canvas *c, const struct model *m)
{
    const struct tensor *t = safetensors_find(m->file, "words");
    const struct tensor *l = safetensors_find(m->file, "words.length");
    char text[48], shown[40];
    uint64_t at = 0;
    uint32_t len;

    if (strcmp(meta(m, "kind"), "sessions") != 0 || !t || !l || l->type != TENSOR_U32)
        return;
    label(c, "halves");
    number_count((double)rows_of(m, "counts.count"), text, sizeof text);
    canvas_textf(c, PLAIN, "8 GPTs of this shape; counts of %.8s words of past: %s",
                 meta(m, "counts.order"), text);
    canvas_end(c);
    label(c, "words");
    for (uint64_t i = 0; i < l->count; i++, at += len) {
        memcpy(&len, (const char *)l->data + i * sizeof len, sizeof len);
        if (len > t->bytes - at)
            break;
        snprintf(text, sizeof text, "%.*s", (int)(len < 47 ? len : 47),
                 (const char *)t->data + at);
        value_show(text, shown, sizeof shown);
        if (canvas_width(c, shown) + 1 > canvas_room(c)) {
            canvas_end(c);
            canvas_to(c, LABEL);
        }
        canvas_text(c, PLAIN, shown);
        canvas_text(c, PLAIN, " ");
    }
    canvas_end(c);
}

static void tensors(struct canvas *c, const struct model *m)
{
    char number[40];

    for (uint32_t i = 0; i < safetensors_count(m->file); i++) {
        const struct tensor *t = safetensors_at(m->file, i);
        label(c, i ? "" : "tensors");
        canvas_textf(c, PLAIN, "%.32s", t->name);
        canvas_to(c, LABEL + 26);
        canvas_text(c, FAINT, type_names[t->type]);
        canvas_to(c, LABEL + 31);
        for (uint32_t d = 0; d < t->n_dims; d++)
            canvas_textf(c, PLAIN, "%s%llu", d ? " x " : "",
                         (unsigned long long)t->shape[d]);
        if (t->type == TENSOR_F32) {
            number_plain(norm(t), number, sizeof number);
            canvas_to(c, LABEL + 46);
            canvas_textf(c, PLAIN, "norm %s", number);
        }
        canvas_end(c);
    }
}

static int run(const struct call *call)
{
    struct model m = { .path = call->word[0] };
    struct kiri_error err = { 0 };
    struct buf out = { 0 };
    struct canvas c = { .out = &out, .style = terminal_style(STDOUT_FILENO) };
    int rc;
    char *bytes = path_read(m.path, FILE_MOST, &m.bytes, &err);

    if (!bytes)
        return command_fail(&err);
    if (read_model(&m, bytes, &err)) {
        kiri_fail_in(&err, "%s", m.path);
        rc = command_fail(&err);
    } else {
        if (call->value[JSON]) {
            write_json(&m, &out);
        } else {
            summary(&c, &m);
            language(&c, &m);
            symbols(&c, &m);
            chorus(&c, &m);
            tensors(&c, &m);
        }
        fputs(buf_text(&out), stdout);
        rc = command_finish();
    }
    buf_free(&out);
    json_decref(m.schema);
    safetensors_free(m.file);
    free(bytes);
    return rc;
}

const struct command command_inspect = {
    .name = "inspect",
    .summary = "Says what a model file is.",
    .arguments = "M",
    .least = 1,
    .most = 1,
    .about =
        "Prints a model's kind, shape, history and calibration, the language it speaks,\n"
        "and its tensors with their norms, after checking the whole file: checksum,\n"
        "sizes, finite weights. Reads models of atoms, of text, and imported ones.\n",
    .option = { { "json", NULL, "The same as one JSON object." } },
    .examples = "  kiri inspect names.model\n"
                "  kiri inspect ~/.local/state/kiri/models/pulse.safetensors --json\n",
    .exits = "  0   it is a model\n"
             "  64  the command line is wrong\n"
             "  65  it is damaged, or no model of KIRI's\n"
             "  66  it cannot be read\n",
    .run = run,
};
