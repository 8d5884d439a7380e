/*
 * conf/url.h - one address to listen on: its scheme, and whether what stands behind it
 * can be bound.
 */
#ifndef KIRI_CONF_URL_H
#define KIRI_CONF_URL_H

#include "conf/section.h"

enum scheme { TCP, IPC, TLS, WS, SCHEMES };

const char *scheme_name(enum scheme scheme); /* "tcp" */
/* n: the URL. 0, or -1 and an error that says what there is. */
int url_scheme(const struct section *s, const struct yaml_node *n, enum scheme *scheme);
/* The URL as the bus takes it, in the section's arena; NULL and an error. */
char *url_take(struct section *s, const struct yaml_node *n, enum scheme scheme);

#endif
