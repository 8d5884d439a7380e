/* seeds.c DIR - writes model_fuzz.c's seeds into the folder: headers of real files. */
#include "base/path.h"
#include "flow/keep.h"
#include "flow/lines.h"
#include "model/weights.h"
#include "model_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST (64u << 20)

static const struct kiri_field fields[] = {
    { .name = "x", .symbol = "X", .kind = KIRI_NUMBER, .lo = 0, .hi = 1, .buckets = 4 },
};
static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 1, .fields = fields, .context = 4
};

static void write_seed(const char *dir, const char *name, const struct buf *b)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "wb");
    if (!f || fwrite(b->data, 1, b->len, f) != b->len || fclose(f))
        abort();
}

/* A safetensors file's header, with the size of what follows it. */
static void write_header(const char *dir, const char *name, enum model_kind kind,
                         const unsigned char *file, size_t len)
{
    size_t header = file[0] | (size_t)file[1] << 8 | (size_t)file[2] << 16,
           data = len - 8 - header;
    unsigned char head[5] = { (unsigned char)kind, (unsigned char)data,
                              (unsigned char)(data >> 8), (unsigned char)(data >> 16),
                              (unsigned char)(data >> 24) };
    struct buf b = { 0 };

    buf_put(&b, head, sizeof head);
    buf_put(&b, file + 8, header);
    write_seed(dir, name, &b);
    buf_free(&b);
}

static void write_whole(const char *dir, const char *name, enum model_kind kind,
                        const void *file, size_t len)
{
    unsigned char first = (unsigned char)kind;
    struct buf b = { 0 };

    buf_put(&b, &first, 1);
    buf_put(&b, file, len);
    write_seed(dir, name, &b);
    buf_free(&b);
}

static void weights(const char *dir)
{
    const struct gpt_shape shape = {
        .vocab = 12, .width = 8, .heads = 2, .layers = 1, .context = 6
    };
    struct gpt *g = gpt_new(&shape, 1);
    struct safetensors_writer *w = safetensors_writer_new();
    struct weights_block *block = weights_put(w, g, NULL);
    size_t len;
    void *file = safetensors_build(w, &len);

    write_header(dir, "weights", KIND_WEIGHTS, file, len);
    write_whole(dir, "raw", KIND_RAW, file, len);
    free(file);
    weights_block_free(block);
    safetensors_writer_free(w);
    gpt_free(g);
}

static void atom(const char *dir)
{
    struct stream *s =
        stream_new(&schema, &(struct stream_options){ .seed = 1, .warmup = 50 }, NULL, 0);
    union kiri_value v = { .num = .5 };
    struct verdict verdict;
    struct stream_lesson lesson;
    size_t len;
    void *file;

    for (uint64_t i = 1; i <= 200; i++) {
        if (stream_due(s))
            stream_learn(s, NULL, NULL, NULL, &lesson);
        v.num = (double)(i % 7) / 7;
        stream_push(s, &(struct stream_row){ .id = i, .v = &v }, &verdict);
    }
    file = keep_save(s, "seed", &len);
    write_header(dir, "atom", KIND_ATOM, file, len);
    free(file);
    stream_free(s);
}

static void text(const char *dir)
{
    static const char json[] =
        "{\"hyperparams\":{\"n_embd\":2,\"n_head\":1,\"n_layer\":1,\"block_size\":4,"
        "\"head_dim\":2},\"vocab\":[\"a\",\"b\"],\"vocab_size\":3,\"weights\":{"
        "\"wte\":[[0.1,0.2],[0.3,0.4],[0.5,0.6]],"
        "\"wpe\":[[0.1,0.2],[0.3,0.4],[0.5,0.6],[0.7,0.8]],"
        "\"lm_head\":[[0.1,0.2],[0.3,0.4],[0.5,0.6]],"
        "\"layer0.attn_wq\":[[0.1,0.2],[0.3,0.4]],\"layer0.attn_wk\":[[0.1,0.2],[0.3,0.4]"
        "],"
        "\"layer0.attn_wv\":[[0.1,0.2],[0.3,0.4]],\"layer0.attn_wo\":[[0.1,0.2],[0.3,0.4]"
        "],"
        "\"layer0.mlp_fc1\":[[0.1,0.2],[0.1,0.2],[0.1,0.2],[0.1,0.2],[0.1,0.2],[0.1,0.2],"
        "[0.1,0.2],[0.1,0.2]],"
        "\"layer0.mlp_fc2\":[[1,2,3,4,5,6,7,8],[1,2,3,4,5,6,7,8]]}}";
    char path[512];
    struct kiri_error err = { 0 };
    struct lines *m = lines_import(json, sizeof json - 1, &err);
    size_t len;
    char *file;

    if (!m) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    write_whole(dir, "json", KIND_JSON, json, sizeof json - 1);
    snprintf(path, sizeof path, "%s/text.tmp", dir);
    if (lines_save(m, path, &err) || !(file = path_read(path, MOST, &len, &err))) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    unlink(path);
    write_header(dir, "text", KIND_TEXT, (const unsigned char *)file, len);
    free(file);
    lines_free(m);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 64;
    weights(argv[1]);
    atom(argv[1]);
    text(argv[1]);
    return 0;
}
