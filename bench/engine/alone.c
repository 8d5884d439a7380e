/*
 * bench/engine/alone.c - a program that links the engine and nothing else, trains W2, and
 * prints how much memory that took: resident bytes in the end, and the most there were.
 */
#include "engine/gpt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH  32u
#define TOKENS 16u
#define STEPS  500u

static const struct gpt_shape shape = {
    .vocab = 43, .width = 32, .heads = 4, .layers = 2, .context = TOKENS
};
static const struct gpt_adam adam = { .lr = .01f, .b1 = .85f, .b2 = .99f, .eps = 1e-8f };

/* A number of a file of /proc in kB; 0: it is not there. */
static long read_kb(const char *path, const char *key)
{
    FILE *f = fopen(path, "r");
    char line[128];
    long kb = 0;

    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0)
            kb = strtol(line + strlen(key), NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

int main(void)
{
    struct gpt *g = gpt_new(&shape, 1);
    struct gpt_trainer *t = gpt_trainer_new(&shape, BATCH);
    uint16_t ids[BATCH][TOKENS + 1];
    struct gpt_example e[BATCH];
    struct gpt_rng rng;

    if (!g || !t)
        return 70;
    gpt_rng_seed(&rng, 1);
    for (uint32_t i = 0; i < BATCH; i++) {
        ids[i][0] = (uint16_t)(shape.vocab - 1);
        for (uint32_t k = 1; k <= TOKENS; k++)
            ids[i][k] = (uint16_t)gpt_rng_below(&rng, shape.vocab - 1);
        e[i] = (struct gpt_example){
            .n = TOKENS, .id = ids[i], .next = ids[i] + 1, .weight = 1
        };
    }
    for (uint32_t i = 0; i < STEPS; i++)
        gpt_train_step(g, t, &e[i % BATCH], 1, &adam, NULL);
    for (uint32_t i = 0; i < STEPS / 10; i++)
        gpt_train_step(g, t, e, BATCH, &adam, NULL);
    printf("%ld %ld\n", read_kb("/proc/self/smaps_rollup", "Rss:"),
           read_kb("/proc/self/status", "VmHWM:"));
    gpt_trainer_free(t);
    gpt_free(g);
    return fflush(stdout) ? 74 : 0;
}
