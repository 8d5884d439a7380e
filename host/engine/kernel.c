/*
 * engine/kernel.c - which table computes.
 */
#include "engine/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined __x86_64__

static int runs_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static int runs_avx512(void)
{
    return runs_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

#endif

static int runs_always(void)
{
    return 1;
}

static int runs_never(void)
{
    return 0;
}

/* Fastest first. A table of another processor is known by name only. */
static const struct choice {
    const char *name;
    const struct gpt_kernel *table;
    int (*runs)(void);
} choices[] = {
#if defined __x86_64__
    { "avx512", &gpt_kernel_avx512, runs_avx512 },
    { "avx2", &gpt_kernel_avx2, runs_avx2 },
    { "neon", NULL, runs_never },
#elif defined __aarch64__
    { "neon", &gpt_kernel_neon, runs_always }, /* every AArch64 has it */
    { "avx512", NULL, runs_never },
    { "avx2", NULL, runs_never },
#else
    { "avx512", NULL, runs_never },
    { "avx2", NULL, runs_never },
    { "neon", NULL, runs_never },
#endif
    { "portable", &gpt_kernel_portable, runs_always },
};
enum { CHOICES = sizeof choices / sizeof *choices };

/* What computes when KIRI_ISA says nothing. */
static const struct choice *usual(void)
{
    return &choices[CHOICES - 1];
}

/* What KIRI_ISA names, NULL when there is no such table. */
static const struct choice *wished(const char *name)
{
    if (!name || !*name)
        return usual();
    for (size_t i = 0; i < CHOICES; i++)
        if (strcmp(name, choices[i].name) == 0)
            return &choices[i];
    return NULL;
}

const struct gpt_kernel *gpt_kernel(void)
{
    const struct choice *c = wished(getenv("KIRI_ISA"));
    return c && c->runs() ? c->table : usual()->table;
}

const char *gpt_isa(void)
{
    return gpt_kernel()->name;
}

int gpt_isa_check(char *why, size_t cap)
{
    const char *name = getenv("KIRI_ISA");
    const struct choice *c = wished(name);
    if (c && c->runs())
        return 0;
    char runs[48] = "";
    size_t used = 0;
    for (size_t i = 0; i < CHOICES; i++)
        if (choices[i].runs() && used < sizeof runs)
            used += (size_t)snprintf(runs + used, sizeof runs - used, "%s%s",
                                     used ? ", " : "", choices[i].name);
    snprintf(why, cap, "KIRI_ISA is '%.32s', %s; this machine runs %s", name,
             c ? "which this processor cannot run"
               : "which is no instruction set of ours",
             runs);
    return -1;
}
