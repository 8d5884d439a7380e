/*
 * screen/said.h - is a text in what was drawn?
 */
#ifndef KIRI_TESTS_SCREEN_SAID_H
#define KIRI_TESTS_SCREEN_SAID_H

#include "base/buf.h"

/* Fails the test, and shows the picture, when text is not in it; or is. */
void has(const struct buf *out, const char *text);
void has_not(const struct buf *out, const char *text);

#endif
