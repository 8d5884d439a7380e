/*
 * model/checksum.h - where a safetensors file carries its CRC-32C, for its reader and
 * writer.
 *
 * Two metadata entries, "checksum": "crc32c" and "crc32c": 8 lower-case hex digits, the
 * second over the whole file with these digits as '0'.
 */
#ifndef KIRI_MODEL_CHECKSUM_H
#define KIRI_MODEL_CHECKSUM_H

#include <stddef.h>

#define CHECKSUM_KIND_KEY "checksum"
#define CHECKSUM_KEY      "crc32c"
#define CHECKSUM_DIGITS   8

/* Finds the digits in the header's text: *at is their offset. -1: not there exactly once
 * in the form "crc32c":"........" (no spaces). */
int checksum_place(const char *header, size_t len, size_t *at);
/* The digits for a file of len bytes that holds (any) digits at `at`. */
void checksum_of(const char *file, size_t len, size_t at, char out[CHECKSUM_DIGITS + 1]);

#endif
