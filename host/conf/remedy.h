/*
 * conf/remedy.h - what libyaml says about a broken file, said so that it helps. For
 * yaml.c.
 */
#ifndef KIRI_CONF_REMEDY_H
#define KIRI_CONF_REMEDY_H

#include <yaml.h>

/* A sentence with a remedy for the parser's problem, and where that thing itself began,
 * which may be before the place where it was noticed. NULL: none is known. */
const char *remedy_for(const yaml_parser_t *p, yaml_mark_t *where);

#endif
