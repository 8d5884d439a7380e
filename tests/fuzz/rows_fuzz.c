/*
 * rows_fuzz.c - any bytes as a file of rows in each of the formats that `kiri detect`
 * reads: every row comes out once, the same when it is read again, and its columns make a
 * schema or a sentence. (RELIABILITY D1)
 */
#include "detect/plan.h"
#include "detect/row.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WARMUP 50u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int file;
static char path[64];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    file = memfd_create("rows", MFD_CLOEXEC);
    if (file < 0)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return 0;
}

/* How many rows there are; the first ones into the sample, if there is one. */
static uint64_t read_rows(struct source *s, struct sample *sample)
{
    struct kiri_error err = { 0 };
    struct record row;
    uint64_t n = 0, line = 0;
    int got;

    while ((got = source_next(s, &row, &err)) == 1) {
        assert(row.line > line && row.n <= SOURCE_COLUMNS);
        line = row.line;
        for (uint32_t i = 0; i < row.n; i++)
            assert(!row.cell[i].text || !row.cell[i].text[row.cell[i].len]);
        n++;
        if (sample && !sample_is_full(sample, WARMUP) && sample_add(sample, &row))
            abort();
    }
    assert(got == 0 || err.text[0]);
    return n;
}

static void use(struct source *s, const struct sample *sample, enum source_format format)
{
    struct kiri_error err = { 0 };
    struct plan plan = { 0 };
    struct row_clock clock = { 0 };
    struct binding b;
    struct row row;
    struct buf note = { 0 };

    int rc = plan_make(&plan, s, sample, (struct plan_wish){ .format = format }, &err);
    assert(rc == 0 || err.text[0]);
    if (rc == 0 && plan_bind(&plan, s, &b, &err))
        abort();
    for (uint32_t i = 0; rc == 0 && i < sample->n; i++) {
        row_take(&plan, &b, sample->row[i], &clock, &row);
        flaws_note(row.flaws, &note);
    }
    buf_free(&note);
    plan_free(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (ftruncate(file, 0) || pwrite(file, bytes, len, 0) != (ssize_t)len)
        abort();
    for (int f = SOURCE_CSV; f <= SOURCE_SESSIONS; f++) {
        const struct source_options o = { .format = (enum source_format)f };
        struct kiri_error err = { 0 };
        struct sample sample = { 0 };
        struct source *s = source_open(path, &o, &err);

        assert(s || err.text[0]);
        if (!s)
            continue;
        uint64_t n = read_rows(s, &sample);
        if (o.format != SOURCE_SESSIONS) /* which has no columns */
            use(s, &sample, o.format);
        if (source_rewind(s, &err))
            abort();
        assert(read_rows(s, NULL) == n);
        sample_free(&sample);
        source_close(s);
    }
    return 0;
}
