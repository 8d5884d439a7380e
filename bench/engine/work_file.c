#include "bench/engine/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int write_weights(const struct work *w, FILE *f)
{
    const struct gpt_shape *s = &w->plan->shape;

    for (uint32_t i = 0; i < gpt_matrices(s); i++) {
        struct gpt_matrix m;
        gpt_matrix_at(s, i, &m);
        const size_t n = (size_t)m.rows * m.cols;
        float *x = malloc(n * sizeof *x);
        if (!x)
            return -1;
        gpt_read(w->gpt, i, x);
        const size_t done = fwrite(x, sizeof *x, n, f);
        free(x);
        if (done != n)
            return -1;
    }
    return 0;
}

/* Tokens fed, and the one after the last. */
static int write_window(const struct gpt_example *e, FILE *f)
{
    int32_t x = (int32_t)e->n;

    if (fwrite(&x, sizeof x, 1, f) != 1)
        return -1;
    for (uint32_t t = 0; t <= e->n; t++) {
        x = t < e->n ? e->id[t] : e->next[t - 1];
        if (fwrite(&x, sizeof x, 1, f) != 1)
            return -1;
    }
    return 0;
}

int work_write(const struct work *w, const char *path)
{
    static const char *const kinds[] = { "train", "score", "turn" };
    const struct gpt_shape *s = &w->plan->shape;
    const size_t near = (size_t)s->vocab * s->vocab;
    FILE *f = fopen(path, "wb");

    if (!f)
        return -1;
    fprintf(f, "%s %u %u %u %u %u %u %u %u %u\n", kinds[w->plan->kind], s->vocab,
            s->width, s->heads, s->layers, s->context, w->plan->batch, w->n, TURN_ROWS,
            TURN_HOP);
    int failed = write_weights(w, f);
    for (uint32_t i = 0; i < w->n && !failed; i++)
        failed = write_window(&w->example[i], f);
    failed |= fwrite(w->near, sizeof *w->near, near, f) != near;
    return fclose(f) || failed ? -1 : 0;
}
