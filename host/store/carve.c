#include "store/carve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_MOST    65536u
#define PAYLOAD_MOST (1u << 20) /* bytes of a row that we are willing to read */
#define PENDING_BYTE 0x40000000 /* its page is never used */

enum { LEAF_TABLE = 13, LEAF_INDEX = 10, INNER_TABLE = 5, INNER_INDEX = 2 };
enum { IS_ROOT = 1, IS_FREE, IS_OVERFLOW, IS_MORE_OVERFLOW, IS_TREE };

struct carver {
    int fd;
    uint32_t size, usable; /* of a page, bytes */
    uint32_t pages;
    int mapped; /* the pointer map exists */
    uint8_t page[PAGE_MOST], other[PAGE_MOST];
    uint8_t payload[PAYLOAD_MOST];
};

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return be16(p) << 16 | be16(p + 2);
}

/* Bytes read, 0 when it does not end before `end`. */
static unsigned varint(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
    uint64_t x = 0;

    for (unsigned i = 0; i < 9 && p + i < end; i++) {
        if (i == 8) {
            *out = x << 8 | p[i];
            return 9;
        }
        x = x << 7 | (p[i] & 0x7f);
        if (!(p[i] & 0x80)) {
            *out = x;
            return i + 1;
        }
    }
    return 0;
}

static int read_page(const struct carver *c, uint32_t page, uint8_t *out)
{
    off_t at = (off_t)(page - 1) * c->size;

    return page >= 1 && page <= c->pages && pread(c->fd, out, c->size, at) == c->size
               ? 0
               : -1;
}

/* What the file says about itself; a header that cannot be is taken for KIRI's usual one.
 */
static void read_header(struct carver *c)
{
    uint8_t head[100] = { 0 };
    ssize_t n = pread(c->fd, head, sizeof head, 0);
    uint32_t size = be16(head + 16);

    c->size = 4096;
    c->usable = 4096;
    c->mapped = 1;
    if (n != sizeof head || memcmp(head, "SQLite format 3", 16) != 0)
        return;
    if (size >= 512 && (size & (size - 1)) == 0)
        c->size = size;
    c->usable = head[20] <= 32 ? c->size - head[20] : c->size;
    c->mapped = be32(head + 52) != 0;
}

struct carver *carver_open(int dir, const char *name, struct kiri_error *err)
{
    struct carver *c = calloc(1, sizeof *c);
    struct stat st;

    if (!c) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    c->fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (c->fd < 0 || fstat(c->fd, &st)) {
        kiri_fail(err, KIRI_IO, "cannot read %s: %s", name, strerror(errno));
        carver_free(c);
        return NULL;
    }
    read_header(c);
    c->pages =
        st.st_size / c->size > UINT32_MAX ? UINT32_MAX : (uint32_t)(st.st_size / c->size);
    return c;
}

void carver_free(struct carver *c)
{
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    free(c);
}

uint32_t carver_pages(const struct carver *c)
{
    return c->pages;
}

/* What the pointer map says that a page is (0: it says nothing), and its parent. */
static unsigned kind_of(struct carver *c, uint32_t page, uint32_t *parent)
{
    uint32_t each = c->usable / 5 + 1, map, pending = PENDING_BYTE / c->size + 1;
    const uint8_t *entry;

    *parent = 0;
    if (page == 1)
        return IS_ROOT;
    if (!c->mapped)
        return 0;
    map = (page - 2) / each * each + 2;
    if (map == pending)
        map++;
    if (page == map || page == pending)
        return IS_FREE;
    if (read_page(c, map, c->other))
        return 0;
    entry = c->other + (size_t)5 * (page - map - 1);
    *parent = be32(entry + 1);
    return *entry <= IS_TREE ? *entry : 0;
}

static int is_tree(uint8_t flags)
{
    return flags == LEAF_TABLE || flags == LEAF_INDEX || flags == INNER_TABLE ||
           flags == INNER_INDEX;
}

/* An unreadable page of a tree: was it a table's? The page above it knows; a lost inner
 * page costs no rows, but nobody can tell. */
static int was_tables(struct carver *c, uint32_t parent)
{
    return !parent || read_page(c, parent, c->other) || !is_tree(c->other[0]) ||
           c->other[0] == INNER_TABLE;
}

/* The row's bytes, from the page and the chain behind it, into c->payload. */
static int gather(struct carver *c, const uint8_t *cell, uint64_t payload)
{
    uint32_t usable = c->usable, local = (uint32_t)payload, next;
    uint32_t least = (usable - 12) * 32 / 255 - 23;
    const uint8_t *end = c->page + usable;
    size_t have;

    if (payload > PAYLOAD_MOST)
        return -1;
    if (payload > usable - 35) {
        uint32_t k = least + (local - least) % (usable - 4);
        local = k <= usable - 35 ? k : least;
    }
    if (cell > end || (size_t)(end - cell) < local + (local < payload ? 4u : 0u))
        return -1;
    memcpy(c->payload, cell, local);
    have = local;
    next = have < payload ? be32(cell + local) : 0;
    while (have < payload) {
        size_t n = payload - have < usable - 4 ? payload - have : usable - 4;
        if (read_page(c, next, c->other))
            return -1;
        memcpy(c->payload + have, c->other + 4, n);
        have += n;
        next = be32(c->other);
    }
    return 0;
}

static int64_t read_int(const uint8_t *p, unsigned n)
{
    uint64_t x = p[0] & 0x80 ? UINT64_MAX : 0;

    for (unsigned i = 0; i < n; i++)
        x = x << 8 | p[i];
    return (int64_t)x;
}

/* One column by its serial type. Bytes used, or SIZE_MAX. */
static size_t read_value(uint64_t serial, const uint8_t *p, size_t left,
                         struct carve_value *v)
{
    static const uint8_t width[] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0 };
    size_t n;

    *v = (struct carve_value){ .type = CARVE_NULL };
    if (serial == 10 || serial == 11)
        return SIZE_MAX;
    n = serial < 10 ? width[serial] : (size_t)((serial - 12) / 2);
    if (n > left)
        return SIZE_MAX;
    if (serial >= 12) {
        v->type = serial % 2 ? CARVE_TEXT : CARVE_BLOB;
        v->bytes = p;
        v->n = n;
    } else if (serial == 7) {
        int64_t bits = read_int(p, 8);
        v->type = CARVE_REAL;
        memcpy(&v->r, &bits, sizeof v->r);
    } else if (serial) {
        v->type = CARVE_INT;
        v->i = serial >= 8 ? (int64_t)serial - 8 : read_int(p, (unsigned)n);
    }
    return n;
}

static int read_row(const uint8_t *p, size_t len, struct carve_row *row)
{
    uint64_t head, serial;
    unsigned n = varint(p, p + len, &head);
    const uint8_t *type = p + n, *types_end, *value;

    if (!n || head > len || head < n)
        return -1;
    types_end = value = p + head;
    row->n = 0;
    while (type < types_end) {
        size_t used;

        if (row->n == CARVE_COLUMNS || !(n = varint(type, types_end, &serial)))
            return -1;
        type += n;
        used = read_value(serial, value, (size_t)(p + len - value), &row->v[row->n++]);
        if (used == SIZE_MAX)
            return -1;
        value += used;
    }
    return value == p + len ? 0 : -1;
}

static int read_cell(struct carver *c, uint32_t at, struct carve_row *row)
{
    const uint8_t *p = c->page + at, *end = c->page + c->usable;
    uint64_t payload, rowid;
    unsigned n;

    if (at >= c->usable || !(n = varint(p, end, &payload)))
        return -1;
    p += n;
    if (!(n = varint(p, end, &rowid)) || gather(c, p + n, payload))
        return -1;
    row->rowid = (int64_t)rowid;
    return read_row(c->payload, (size_t)payload, row);
}

int carver_page(struct carver *c, uint32_t page,
                int (*each)(void *ctx, const struct carve_row *row), void *ctx,
                struct carved *out)
{
    size_t head = page == 1 ? 100 : 0;
    uint32_t parent, cells;
    unsigned kind = kind_of(c, page, &parent);
    struct carve_row row;
    int rc = 0;

    *out = (struct carved){ 0 };
    if (kind == IS_FREE || kind == IS_OVERFLOW || kind == IS_MORE_OVERFLOW)
        return 0;
    if (read_page(c, page, c->page)) {
        out->bad_pages = 1;
        return 0;
    }
    cells = be16(c->page + head + 3);
    if (!is_tree(c->page[head]) || cells > c->usable / 6) {
        out->bad_pages = kind && page != 1 && was_tables(c, parent); /* 1: no rows */
        return 0;
    }
    if (c->page[head] != LEAF_TABLE)
        return 0;
    out->leaves = 1;
    for (uint32_t i = 0; i < cells && !rc; i++) {
        if (read_cell(c, be16(c->page + head + 8 + (size_t)2 * i), &row)) {
            out->bad_rows++;
            continue;
        }
        out->rows++;
        rc = each(ctx, &row);
    }
    return rc;
}
