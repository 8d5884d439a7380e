#include "bench/column.h"

#include "detect/source.h"
#include "detect/times.h"

#include <inttypes.h>
#include <math.h>

/* 0, or -1: it is no number. */
static int read_cell(const struct record *record, uint64_t at, double *out)
{
    const struct cell *cell = at < record->n ? &record->cell[at] : NULL;

    *out = NAN; /* unless there is one */
    return cell ? times_number(cell->text, cell->len, out) : -1;
}

static int read_rows(struct source *s, const char *column, double *out, uint32_t rows,
                     struct kiri_error *err)
{
    int64_t at = source_find(s, column);
    struct record record;
    uint32_t n = 0;
    int got;

    if (at < 0)
        return kiri_fail(err, KIRI_BAD_DATA, "%s has no column %s", source_name(s),
                         column);
    while ((got = source_next(s, &record, err)) == 1) {
        if (n == rows || read_cell(&record, (uint64_t)at, &out[n]) < 0)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "%s:%" PRIu64 ": no number in %s, or more than %" PRIu32
                             " rows",
                             source_name(s), record.line, column, rows);
        n++;
    }
    if (got == 0 && n < rows)
        return kiri_fail(err, KIRI_BAD_DATA, "%s has %" PRIu32 " rows, not %" PRIu32,
                         source_name(s), n, rows);
    return got;
}

int column_read(const char *path, const char *column, double *out, uint32_t rows,
                struct kiri_error *err)
{
    const struct source_options o = { .format = SOURCE_CSV };
    struct source *s = source_open(path, &o, err);

    if (!s)
        return -1;
    int rc = read_rows(s, column, out, rows, err);
    source_close(s);
    return rc;
}
