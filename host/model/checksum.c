#include "model/checksum.h"

#include "base/crc32c.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int checksum_place(const char *header, size_t len, size_t *at)
{
    /* Cannot occur inside a string: there its quotes would be escaped. */
    static const char mark[] = "\"" CHECKSUM_KEY "\":\"";
    const size_t n = sizeof mark - 1;
    const char *first = memmem(header, len, mark, n);
    size_t left;

    if (!first)
        return -1;
    left = len - (size_t)(first - header) - n;
    if (left < CHECKSUM_DIGITS + 1 || first[n + CHECKSUM_DIGITS] != '"' ||
        memmem(first + n, left, mark, n))
        return -1;
    *at = (size_t)(first - header) + n;
    return 0;
}

void checksum_of(const char *file, size_t len, size_t at, char out[CHECKSUM_DIGITS + 1])
{
    uint32_t crc = crc32c(0, file, at);

    crc = crc32c(crc, "00000000", CHECKSUM_DIGITS);
    crc = crc32c(crc, file + at + CHECKSUM_DIGITS, len - at - CHECKSUM_DIGITS);
    snprintf(out, CHECKSUM_DIGITS + 1, "%08" PRIx32, crc);
}
