#include "detect/flaws.h"

#include "base/value.h"

#include <inttypes.h>

static const struct {
    const char *note, *one, *many; /* "1 row <one>", "2 rows <many>" */
} words[FLAWS] = {
    [FLAW_BLANK] = { "empty line", "is an empty line", "are empty lines" },
    [FLAW_WIDTH] = { "width", "has another number of columns than the header",
                     "have another number of columns than the header" },
    [FLAW_JSON] = { "no JSON object", "is no JSON object", "are no JSON objects" },
    [FLAW_CUT] = { "cut", "is longer than what is scored",
                   "are longer than what is scored" },
    [FLAW_MISSING] = { "missing", "lacks a value", "lack a value" },
    [FLAW_TEXT] = { "no number", "has text where a number is expected",
                    "have text where a number is expected" },
    [FLAW_INFINITE] = { "infinite", "has an infinite number", "have an infinite number" },
    [FLAW_WORD] = { "unknown word", "has a word that the warm-up did not have",
                    "have a word that the warm-up did not have" },
    [FLAW_NO_TIME] = { "no time", "has no time that can be read",
                       "have no time that can be read" },
    [FLAW_REPEATS] = { "time repeats", "repeats the time of the row before",
                       "repeat the time of the row before" },
    [FLAW_BACKWARDS] = { "time runs backwards", "is earlier than a row before it",
                         "are earlier than a row before them" },
    [FLAW_UNSCORED] = { "not scored", "has no value and was not scored",
                        "have no value and were not scored" },
};

void flaws_count(struct flaws *all, uint32_t bits, uint64_t line,
                 const char *const column[FLAWS])
{
    for (int f = 0; f < FLAWS; f++) {
        if (!(bits & FLAW(f)))
            continue;
        if (!all->rows[f]++) {
            all->line[f] = line;
            if (column[f])
                value_show(column[f], all->column[f], sizeof all->column[f]);
        }
    }
}

void flaws_note(uint32_t bits, struct buf *out)
{
    const char *between = "";

    for (int f = 0; f < FLAWS; f++) {
        if (!(bits & FLAW(f)))
            continue;
        buf_putf(out, "%s%s", between, words[f].note);
        between = "; ";
    }
}

void flaws_tell(const struct flaws *all, enum flaw f, struct buf *out)
{
    uint64_t n = all->rows[f];

    if (!n)
        return;
    buf_putf(out, "%" PRIu64 " row%s %s, %sline %" PRIu64, n, n == 1 ? "" : "s",
             n == 1 ? words[f].one : words[f].many, n == 1 ? "" : "the first in ",
             all->line[f]);
    if (all->column[f][0])
        buf_putf(out, ", column %s", all->column[f]);
}
