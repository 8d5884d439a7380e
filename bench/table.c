#include "bench/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_free(struct table *t)
{
    free(t->x);
    *t = (struct table){ 0 };
}

size_t table_column(const struct table *t, const char *name)
{
    size_t i = 0;

    while (i < t->columns && strcmp(t->name[i], name) != 0)
        i++;
    return i;
}

static int read_names(struct table *t, char *line)
{
    char *rest = line;

    line[strcspn(line, "\r\n")] = 0;
    for (char *word; (word = strsep(&rest, ",")) && t->columns < TABLE_COLUMNS;)
        snprintf(t->name[t->columns++], sizeof *t->name, "%s", word);
    return rest ? -1 : 0;
}

static int read_row(struct table *t, size_t *cap, char *line)
{
    char *at = line, *end;

    if (t->rows == *cap) {
        size_t more = *cap ? 2 * *cap : 256;
        double *x = realloc(t->x, more * t->columns * sizeof *x);
        if (!x)
            return -1;
        t->x = x;
        *cap = more;
    }
    for (size_t i = 0; i < t->columns; i++, at = end + 1) {
        t->x[t->rows * t->columns + i] = strtod(at, &end);
        if (end == at || !strchr(i + 1 < t->columns ? "," : "\r\n", *end))
            return -1;
    }
    t->rows++;
    return 0;
}

int table_read(struct table *t, const char *path, struct kiri_error *err)
{
    FILE *f = fopen(path, "r");
    char line[1024];
    size_t cap = 0, n = 1;
    int rc = 0;

    *t = (struct table){ 0 };
    if (!f)
        return kiri_fail(err, KIRI_NO_INPUT, "%s: %s", path, strerror(errno));
    if (!fgets(line, sizeof line, f) || read_names(t, line))
        rc = kiri_fail(err, KIRI_BAD_DATA, "%s:1: no line of %u names at most", path,
                       TABLE_COLUMNS);
    while (!rc && fgets(line, sizeof line, f)) {
        n++;
        if (read_row(t, &cap, line))
            rc = kiri_fail(err, KIRI_BAD_DATA, "%s:%zu: this is no row of %zu numbers",
                           path, n, t->columns);
    }
    fclose(f);
    if (rc)
        table_free(t);
    return rc;
}
