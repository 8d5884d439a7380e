#include "cli/when.h"

#include "base/units.h"

#include <string.h>
#include <time.h>

#define LEAST_MS 100000000000LL /* a shorter number is hardly ms since 1970 (1973) */

/* A date, with or without a time; *utc is set when it ends with Z. */
static int read_date(const char *text, struct tm *tm, int *utc)
{
    static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
                                         "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        memset(tm, 0, sizeof *tm);
        const char *end = strptime(text, forms[i], tm);
        *utc = end && strcmp(end, "Z") == 0;
        if (end && (*utc || *end == '\0'))
            return 0;
    }
    return -1;
}

int when_read(const char *option, const char *text, int64_t now_ms, int64_t *out,
              struct kiri_error *err)
{
    struct tm tm;
    int64_t ms;
    int utc;

    if (units_integer(text, &ms) == 0 && ms >= LEAST_MS) {
        *out = ms;
        return 0;
    }
    if (units_duration_ms(text, &ms) == 0) {
        *out = now_ms - ms;
        return 0;
    }
    if (read_date(text, &tm, &utc) == 0) {
        tm.tm_isdst = -1;
        *out = (utc ? timegm(&tm) : mktime(&tm)) * 1000LL;
        return 0;
    }
    return kiri_fail(
        err, KIRI_USAGE,
        "%s takes a time such as 2026-11-21, 2026-11-21T04:15:30Z or 10m (so "
        "long ago), not '%s'",
        option, text);
}
