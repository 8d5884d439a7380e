#include "detect/write.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void write_header(struct buf *out)
{
    buf_puts(out, "timestamp,surprise,score,tail,alarm,state,nats,blame,expected,note\n");
}

void write_cell(const char *text, size_t len, struct buf *out)
{
    int quote = 0;

    for (size_t i = 0; i < len && !quote; i++)
        quote = text[i] == ',' || text[i] == '"';
    if (quote)
        buf_puts(out, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        char plain = c < 0x20 || c == 0x7f ? '?' : text[i];
        if (c == '"')
            buf_puts(out, "\"");
        buf_put(out, &plain, 1);
    }
    if (quote)
        buf_puts(out, "\"");
}

/* Four digits that count, without an exponent where people write none. */
static void write_number(double x, struct buf *out)
{
    double size = fabs(x);

    if (size >= 1e9 || (size > 0 && size < 1e-4))
        buf_putf(out, "%.3e", x);
    else if (size >= 1e3)
        buf_putf(out, "%.0f", x);
    else
        buf_putg(out, x, 4);
}

/* "19.2 to 20.1"; the outermost words of a learned scale have one end only. */
static void write_range(const struct verdict_range *range, struct buf *out)
{
    if (!isinf(range->lo))
        write_number(range->lo, out);
    if (!isinf(range->lo) && !isinf(range->hi)) {
        buf_puts(out, " to ");
        write_number(range->hi, out);
    } else if (isinf(range->lo)) {
        buf_puts(out, "below ");
        write_number(range->hi, out);
    } else
        buf_puts(out, " and above");
}

/* A word as somebody reads it who does not know the language: a number's range, a
 * choice's own word, a byte, "missing", "the end". */
static void write_word(const struct kiri_schema *schema, uint32_t field, uint32_t id,
                       const struct verdict_range *covers, struct buf *out)
{
    const struct kiri_field *f = &schema->fields[field];
    uint32_t first, n = kiri_schema_words(schema, field, &first), k = id - first;
    char word[KIRI_WORD_CAP];

    if (id == kiri_schema_bos(schema))
        buf_puts(out, "the end");
    else if (!(f->flags & KIRI_ALWAYS) && k == n - 1)
        buf_puts(out, "missing");
    else if (f->kind == KIRI_CHOICE && k < n)
        buf_puts(out, f->choices[k]);
    else if (f->kind == KIRI_NUMBER && !isnan(covers->lo))
        write_range(covers, out);
    else {
        kiri_word(schema, id, word, sizeof word);
        buf_puts(out, word);
    }
}

/* "19.2 to 20.1 (0.84) or 20.1 to 22 (0.11)" */
static void write_words(const struct kiri_schema *s, const struct verdict_field *f,
                        struct buf *out)
{
    for (uint32_t k = 0; k < f->n_expected; k++) {
        double p = (double)f->expected[k].p;
        buf_puts(out, k ? " or " : "");
        write_word(s, f->field, f->expected[k].word, &f->expected[k].covers, out);
        buf_puts(out, " (");
        buf_putg(out, p, 2);
        buf_puts(out, ")");
    }
}

static void write_expected(const struct kiri_schema *s, const struct verdict_field *f,
                           struct buf *out)
{
    struct buf cell = { 0 };

    write_words(s, f, &cell);
    write_cell(buf_text(&cell), cell.len, out);
    out->failed |= cell.failed;
    buf_free(&cell);
}

static const struct verdict_field *blamed(const struct verdict *v)
{
    for (uint32_t i = 0; i < v->n_fields; i++)
        if (v->field[i].field == v->blame)
            return &v->field[i];
    return NULL;
}

void write_why(const struct plan *p, const struct verdict *v, struct buf *out)
{
    const struct verdict_field *f = blamed(v);

    if (!f || !p->column[f->field])
        return;
    buf_puts(out, p->column[f->field]);
    if (f->n_expected)
        buf_puts(out, ", expected ");
    write_words(p->schema, f, out);
}

static void write_scores(const struct verdict *v, const struct verdict_field *blame,
                         struct buf *out)
{
    buf_puts(out, ",");
    buf_putg(out, (double)v->surprise, 6);
    buf_puts(out, ",");
    buf_putg(out, (double)v->score, 7);
    buf_puts(out, ",");
    buf_putg(out, (double)v->tail, 6);
    buf_puts(out, v->onset ? ",1," : ",0,");
    buf_puts(out, stream_state_name(v->state));
    buf_puts(out, ",");
    buf_putg(out, blame ? (double)blame->nats : 0.0, 6);
    buf_puts(out, ",");
}

void write_row(const struct plan *p, const struct row *r, uint64_t number,
               const struct verdict *v, enum stream_state state, struct buf *out)
{
    const struct verdict_field *f = v ? blamed(v) : NULL;

    if (r->stamp.text)
        write_cell(r->stamp.text, r->stamp.len, out);
    else if (!p->time)
        buf_putf(out, "%" PRIu64, number);
    if (v)
        write_scores(v, f, out);
    else
        buf_putf(out, ",0,0,1,0,%s,0,", stream_state_name(state));
    if (f && p->column[f->field])
        write_cell(p->column[f->field], strlen(p->column[f->field]), out);
    buf_puts(out, ",");
    if (f && v->gen) /* a language that is not learned has no words yet */
        write_expected(p->schema, f, out);
    buf_puts(out, ",");
    flaws_note(r->flaws, out);
    buf_puts(out, "\n");
}
