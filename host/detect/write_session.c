#include "detect/write_session.h"

#include <inttypes.h>
#include <string.h>

static void put_word(struct word word, struct buf *out)
{
    if (word.text)
        buf_put(out, word.text, word.len < WORDS_LONGEST ? word.len : WORDS_LONGEST);
    else
        buf_puts(out, "the end");
}

static void put_blame(const struct session_row *row, struct buf *out)
{
    const struct sessions_verdict *v = row->verdict;
    const struct word end = { 0 };

    put_word(v->worst + 1 < v->n ? row->word[v->worst] : end, out);
    buf_putf(out, " at %u", v->worst + 1);
}

static void put_expected(const struct sessions_verdict *v, struct buf *out)
{
    const struct sessions_token *worst = &v->token[v->worst];

    for (uint32_t k = 0; k < v->n_expected; k++) {
        buf_puts(out, k ? " or " : "");
        put_word(v->expected[k].word, out);
        buf_putf(out, " (%.2g)", (double)v->expected[k].p);
    }
    buf_puts(out, v->n_expected ? "; " : "");
    if (worst->known)
        buf_putf(out, "%.3g nats by the GPTs and %.3g by the counts",
                 (double)worst->voices, (double)worst->counts);
    else
        buf_puts(out, "a word that was not learned");
}

static void put_cell(struct buf *cell, struct buf *out)
{
    write_cell(buf_text(cell), cell->len, out);
    out->failed |= cell->failed;
    buf_clear(cell);
}

void write_session(const struct session_row *row, struct buf *out)
{
    const struct sessions_verdict *v = row->verdict;
    struct buf cell = { 0 };

    buf_putf(out, "%" PRIu64, row->number);
    if (v) {
        int odd = v->tail <= row->budget;
        buf_putf(out, ",%.6g,%.7g,%.6g,%d,%s,%.6g,", v->surprise, v->score, v->tail, odd,
                 odd ? "alarm" : "normal", (double)v->token[v->worst].nats);
        put_blame(row, &cell);
        put_cell(&cell, out);
        buf_puts(out, ",");
        put_expected(v, &cell);
        put_cell(&cell, out);
        buf_puts(out, ",");
    } else {
        buf_putf(out, ",0,0,1,0,%s,0,,,", row->learned ? "normal" : "learning");
    }
    flaws_note(row->flaws, out);
    buf_puts(out, "\n");
    buf_free(&cell);
}
