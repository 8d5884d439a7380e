/*
 * eval/page.h - the files of report/, as they were when this program was built.
 */
#ifndef KIRI_EVAL_PAGE_H
#define KIRI_EVAL_PAGE_H

#include <stddef.h>

struct page_file {
    const char *name;          /* "report.html", the first */
    const unsigned char *text; /* a NUL behind len bytes */
    size_t len;
};

extern const struct page_file page_files[]; /* ends with a NULL name */

#endif
