/*
 * cli/template.h - the files of sdk/template, as they were when this program was built.
 */
#ifndef KIRI_CLI_TEMPLATE_H
#define KIRI_CLI_TEMPLATE_H

#include <stddef.h>

struct template_file {
    const char *name; /* "hello.c" */
    const unsigned char *text;
    size_t len;
};

extern const struct template_file template_files[]; /* ends with a NULL name */

#endif
