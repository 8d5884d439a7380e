/*
 * remote_fuzz.c - any bytes as a schema and a message to the inbox: refused with a
 * sentence, or a schema that is spelled the same when it is read again, and a row of
 * known words. (RELIABILITY C5)
 *
 * The schema's JSON, a line feed, the message.
 */
#include "inbox/message.h"
#include "inbox/row.h"
#include "load/plugin.h"
#include "load/schema_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define NOW 1763679600123

static char *spelled(const struct kiri_schema *s, size_t *len)
{
    struct buf out = { 0 };
    struct jsonw j = jsonw_into(&out);

    schema_json_write(s, &j);
    return buf_take(&out, len);
}

static void reads_back(const struct kiri_schema *s)
{
    struct kiri_error err = { 0 };
    size_t n, m;
    char *once = spelled(s, &n);
    struct kiri_schema *t = schema_json_parse(once, n, &err);

    assert(t && kiri_schema_hash(s) == kiri_schema_hash(t));
    char *twice = spelled(t, &m);
    assert(n == m && memcmp(once, twice, n) == 0);
    plugin_schema_free(t);
    free(once);
    free(twice);
}

static void speaks(const struct kiri_schema *s, json_t *values, int64_t ts)
{
    uint32_t most = kiri_schema_max_tokens(s);
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_error err = { 0 };
    struct buf texts = { 0 };

    if (row_read(s, values, ts, v, &texts, &err)) {
        assert(*err.text);
    } else {
        struct kiri_token *out = calloc(most ? most : 1, sizeof *out);
        int n = out ? kiri_tokenize(s, v, out, most, NULL) : 0;
        assert(n == KIRI_EBUG || (n >= 0 && (uint32_t)n <= most));
        for (int i = 0; i < n; i++)
            assert(out[i].id < kiri_schema_vocab(s));
        free(out);
    }
    buf_free(&texts);
}

static void hear(const char *text, size_t len, const struct kiri_schema *s)
{
    struct kiri_error err = { 0 };
    struct parts p;

    if (parts_read(text, len, NOW, &p, &err)) {
        assert(*err.text && !p.root);
        return;
    }
    struct kiri_schema *own = p.schema ? schema_json_read(p.schema, &err) : NULL;
    assert(own || !p.schema || *err.text);
    if (own)
        reads_back(own);
    if (p.values && (own || s))
        speaks(own ? own : s, p.values, p.ts == INT64_MIN ? NOW : p.ts);
    plugin_schema_free(own);
    parts_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes, *end = memchr(text, '\n', len);
    size_t n = end ? (size_t)(end - text) : len;
    struct kiri_error err = { 0 };
    struct kiri_schema *s = schema_json_parse(text, n, &err);

    assert(s || *err.text);
    if (s)
        reads_back(s);
    if (end)
        hear(end + 1, len - n - 1, s);
    plugin_schema_free(s);
    return 0;
}
