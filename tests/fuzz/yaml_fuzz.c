/*
 * yaml_fuzz.c - any bytes as a molecule's file: read or refused, never more; what was
 * read is held against a plugin's table. (RELIABILITY D1)
 */
#include "conf/conf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct kiri_option table[] = {
    { "name", KIRI_OPT_TEXT, "", NULL, "What it is called." },
    { "ratio", KIRI_OPT_NUMBER, "0.5", "0..1", "How much of it." },
    { "count", KIRI_OPT_INTEGER, "8", "1..64", NULL },
    { "deep", KIRI_OPT_BOOL, "false", NULL, NULL },
    { "language", KIRI_OPT_CHOICE, "default", "default|classic", NULL },
    { "pause", KIRI_OPT_DURATION, "1s", "100ms..1d", NULL },
    { "procfs", KIRI_OPT_PATH, "/proc", NULL, NULL },
    { .name = NULL },
};

static int file;
static char path[64];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    file = memfd_create("molecule", MFD_CLOEXEC);
    if (file < 0 || fchmod(file, 0600) || setenv("HOME", "/home/someone", 1) ||
        setenv("SOME", "5s", 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return 0;
}

static void use(const struct conf *c)
{
    struct conf_errors errors = { 0 };

    assert(c->n_atoms >= 1 && c->molecule && c->state && c->warnings);
    for (uint32_t i = 0; i < c->n_listen; i++)
        assert(c->listen[i].url);
    for (uint32_t i = 0; i < c->n_atoms; i++) {
        const struct conf_atom *a = &c->atoms[i];

        conf_options(a, table, &errors);
        free(conf_option_value(a, table, "procfs"));
        assert(conf_atom_same(a, a));
    }
    conf_errors_free(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct conf_errors errors = { 0 };
    struct conf *c;

    if (ftruncate(file, 0) || pwrite(file, bytes, len, 0) != (ssize_t)len)
        abort();
    c = conf_read(path, &errors);
    assert(c ? errors.n == 0 : errors.n > 0 && errors.text.len > 0);
    if (c)
        use(c);
    conf_free(c);
    conf_errors_free(&errors);
    return 0;
}
