#include "eval/report.h"

#include "eval/page.h"
#include "eval/print.h"
#include "eval/thin.h"

#include <math.h>
#include <string.h>

#define NUMBER_BYTES 7u      /* of a number and its comma, on average */
#define MOST_BUCKETS 200000u /* of a stream: what a browser draws while a wheel turns */

/* Bytes of the plot of a stream in at most `most` buckets, about. */
static size_t size_of(const struct series *s, uint32_t most)
{
    uint32_t k = thin_bucket(s->n, most);
    size_t numbers = 1 + (size_t)s->n_signals * (k > 1 ? 2 : 1);

    return s->n / k * numbers * NUMBER_BYTES;
}

/* Buckets a stream, so that all plots are about `bytes` together: short streams are whole
 * as long as they can be. */
static uint32_t share(const struct eval *e, size_t bytes)
{
    uint32_t low = 100, high = MOST_BUCKETS;

    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        size_t all = 0;
        for (size_t i = 0; i < e->corpus.n; i++)
            all += size_of(&e->trial[i].series, middle);
        if (all <= bytes)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Names in a JSON that stands between <script> and </script>: no byte of it may end it.
 */
static void put_safely(const struct buf *json, struct buf *out)
{
    const char *at = buf_text(json);

    for (size_t n; *at; at += n) {
        n = strcspn(at, "<>&");
        buf_put(out, at, n);
        if (at[n])
            buf_putf(out, "\\u%04x", (unsigned)(unsigned char)at[n++]);
    }
    out->failed |= json->failed;
}

/* The last name in a path, without slashes at its end. */
static void write_title(const char *path, struct jsonw *j)
{
    size_t end = strlen(path), from;

    while (end > 1 && path[end - 1] == '/')
        end--;
    for (from = end; from && path[from - 1] != '/'; from--)
        ;
    jsonw_bytes(j, path + from, end - from);
}

static void write_settings(const struct eval *e, const struct eval_options *o,
                           const char *version, uint32_t most, struct jsonw *j)
{
    jsonw_key(j, "title");
    write_title(o->corpus.path, j);
    jsonw_kstr(j, "path", o->corpus.path);
    jsonw_kstr(j, "version", version);
    jsonw_kint(j, "seed", (int64_t)o->detect.seed);
    jsonw_kint(j, "buffer", o->buffer);
    jsonw_kint(j, "most", most);
    jsonw_kstr(j, "scores", o->corpus.scores);
    jsonw_key(j, "threshold");
    jsonw_num(j, o->has_threshold ? o->threshold : (double)NAN, 6);
    jsonw_key(j, "remarks");
    jsonw_string(j, buf_text(&e->remarks));
}

static void write_data(const struct eval *e, const struct eval_options *o,
                       const char *version, size_t bytes, struct buf *out)
{
    uint32_t most = share(e, bytes);
    struct jsonw j = jsonw_into(out);

    jsonw_object(&j);
    write_settings(e, o, version, most, &j);
    jsonw_key(&j, "overall");
    jsonw_object(&j);
    print_overall(&e->all, &j);
    jsonw_end(&j);
    jsonw_key(&j, "streams");
    jsonw_array(&j);
    for (size_t i = 0; i < e->corpus.n; i++) {
        jsonw_object(&j);
        print_stream(&e->trial[i], e->corpus.stream[i].name, &j);
        jsonw_key(&j, "plot");
        thin_write(&e->trial[i].series, &e->trial[i].measured, most, &j);
        jsonw_end(&j);
        buf_puts(out, "\n");
    }
    jsonw_end(&j);
    jsonw_end(&j);
}

static const struct page_file *file_named(const char *name, size_t len)
{
    for (const struct page_file *f = page_files; f->name; f++)
        if (strlen(f->name) == len && memcmp(f->name, name, len) == 0)
            return f;
    return NULL;
}

void report_write(const struct eval *e, const struct eval_options *o, const char *version,
                  size_t most, struct buf *out)
{
    struct buf data = { 0 };
    const char *at = (const char *)page_files[0].text, *mark;

    write_data(e, o, version, most, &data);
    /* "@@name@@" in the page stands for that file, "@@data@@" for the data. */
    while ((mark = strstr(at, "@@"))) {
        size_t len = strcspn(mark + 2, "@");
        const struct page_file *f = file_named(mark + 2, len);
        buf_put(out, at, (size_t)(mark - at));
        if (f)
            buf_put(out, f->text, f->len);
        else
            put_safely(&data, out);
        at = mark + 2 + len + 2;
    }
    buf_puts(out, at);
    buf_free(&data);
}
