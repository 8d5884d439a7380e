/*
 * xauthority.h - the cookie with which an X server lets us in.
 *
 * The file is a list of entries: u16 family, then four counted strings (u16 length,
 * bytes, most significant byte first): address, display number, method, data. Xau(3).
 */
#ifndef KIRI_RHYTHM_XAUTHORITY_H
#define KIRI_RHYTHM_XAUTHORITY_H

#include <stdint.h>

#define XAUTHORITY_METHOD "MIT-MAGIC-COOKIE-1"
#define XAUTHORITY_COOKIE 64u

/* The cookie of this machine's display `number` ("0"; "": whichever comes first); its
 * length, 0 when the file has none or cannot be read. */
uint32_t xauthority_cookie(const char *file, const char *number,
                           unsigned char cookie[XAUTHORITY_COOKIE]);

#endif
