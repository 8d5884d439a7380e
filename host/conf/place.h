/*
 * conf/place.h - bytes of a file and places in it: libyaml counts characters. For yaml.c.
 */
#ifndef KIRI_CONF_PLACE_H
#define KIRI_CONF_PLACE_H

#include <yaml.h>

/* The byte at which the mark's character begins. */
size_t place_to_byte(const char *bytes, size_t len, const yaml_mark_t *mark);
/* Line and column (from 0) of a byte; its index is not set. */
yaml_mark_t place_of_byte(const char *bytes, size_t len, size_t byte);
/* The first byte from `at` on that is neither blank, line end nor comment; len: none. */
size_t place_skip_idle(const char *bytes, size_t len, size_t at);

#endif
