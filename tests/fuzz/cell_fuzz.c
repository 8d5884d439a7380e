/*
 * cell_fuzz.c - any bytes from a cell: frames, a schema, a row are taken or refused, and
 * nothing is read beyond their end. (RELIABILITY B10)
 *
 *   byte 0    what the rest is: 0 a schema, 1 a row of the schema below, else a stream
 */
#include "load/cell_wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_STREAM 60000u /* fits a socket's buffer */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const words[] = { "up", "down", NULL };
static const struct kiri_field fields[] = {
    { .name = "load", .kind = KIRI_NUMBER, .buckets = 4, .hi = 1 },
    { .name = "net", .kind = KIRI_CHOICE, .choices = words },
    { .name = "name", .kind = KIRI_TEXT, .max_len = 6 },
    { .name = "hour", .kind = KIRI_HOUR },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 4,
                                           .fields = fields };

static void take_schema(struct cell_frame *f)
{
    struct kiri_schema *s = cell_take_schema(f);
    char why[256];

    if (s && kiri_schema_check(s, why, sizeof why) == 0)
        assert(kiri_schema_vocab(s) > 0 && kiri_schema_hash(s) != 0);
    free(s);
}

static void take_row(struct cell_frame *f)
{
    static char label[CELL_MOST_LABEL];
    union kiri_value v[4];
    struct kiri_obs obs = { .v = v };
    struct kiri_token token[64];

    if (cell_take_row(f, &schema, label, &obs))
        return;
    assert(!obs.label || strlen(obs.label) < CELL_MOST_LABEL);
    assert(v[2].text.len <= fields[2].max_len + 1);
    assert(kiri_tokenize(&schema, v, token, 64, NULL) > 0);
}

static void take_others(struct cell_frame *f)
{
    char text[CELL_MOST_KEY];
    uint32_t n;

    (void)cell_take_string(f, text, sizeof text);
    (void)cell_take_u32(f);
    (void)cell_take_text(f, &n);
    assert(f->bad || !cell_all_read(f) || f->left == 0);
}

static void take_stream(const uint8_t *bytes, size_t len)
{
    struct cell_link link;
    struct cell_frame f;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) ||
        cell_link_init(&link, ends[0]) || (len && write(ends[1], bytes, len) < 0))
        abort();
    close(ends[1]);
    while (cell_receive(&link, 0, &f) == CELL_GOT_FRAME) {
        if (f.kind == CELL_OPENED)
            take_schema(&f);
        else if (f.kind == CELL_ROW)
            take_row(&f);
        else
            take_others(&f);
    }
    cell_link_fini(&link);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < 1 || len > MOST_STREAM)
        return 0;
    size_t n = len - 1;
    char *exact = malloc(n ? n : 1);
    if (!exact)
        abort();
    memcpy(exact, bytes + 1, n);
    struct cell_frame f = { .kind = CELL_ROW, .at = exact, .left = n };
    if (bytes[0] == 0)
        take_schema(&f);
    else if (bytes[0] == 1)
        take_row(&f);
    else
        take_stream(bytes + 1, n);
    free(exact);
    return 0;
}
