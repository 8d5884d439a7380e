/* errors.c - all that is wrong with a file, one line each. */
#include "conf/yaml.h"

#include <stdio.h>

#define MOST_KEPT 50u

/* Replaces the last line, once there are more than are kept. */
static void count_only(struct conf_errors *e)
{
    if (e->n > MOST_KEPT + 1 && e->text.len > 0) {
        size_t at = e->text.len - 1; /* the last newline */

        while (at > 0 && e->text.data[at - 1] != '\n')
            at--;
        e->text.len = at;
    }
    buf_putf(&e->text, "and %u more\n", e->n - MOST_KEPT);
}

void conf_errorv(struct conf_errors *e, const char *file, uint32_t line, uint32_t col,
                 const char *fmt, va_list ap)
{
    char sentence[1024];

    if (e->n++ == 0 && e->code == KIRI_FINE)
        e->code = KIRI_BAD_CONFIG;
    if (e->n > MOST_KEPT) {
        count_only(e);
        return;
    }
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    if (line)
        buf_putf(&e->text, "%s:%u:%u: %s\n", file, line, col, sentence);
    else
        buf_putf(&e->text, "%s: %s\n", file, sentence);
}

void conf_error(struct conf_errors *e, const char *file, uint32_t line, uint32_t col,
                const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    conf_errorv(e, file, line, col, fmt, ap);
    va_end(ap);
}

void conf_errors_free(struct conf_errors *e)
{
    buf_free(&e->text);
    *e = (struct conf_errors){ 0 };
}
