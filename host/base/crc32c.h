/*
 * base/crc32c.h - CRC-32C (Castagnoli, polynomial 0x1edc6f41, reflected; RFC 3720 B.4).
 * crc32c(0, "123456789", 9) == 0xe3069283. Feed pieces by passing the result back in.
 */
#ifndef KIRI_BASE_CRC32C_H
#define KIRI_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *bytes, size_t n);

#endif
