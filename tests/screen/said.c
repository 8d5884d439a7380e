#include "said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void has(const struct buf *out, const char *text)
{
    if (!strstr(buf_text(out), text))
        fail_msg("'%s' is not in\n%s", text, buf_text(out));
}

void has_not(const struct buf *out, const char *text)
{
    if (strstr(buf_text(out), text))
        fail_msg("'%s' is in\n%s", text, buf_text(out));
}
