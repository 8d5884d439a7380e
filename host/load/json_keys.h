/*
 * load/json_keys.h - keys of a JSON object that its reader does not know.
 */
#ifndef KIRI_LOAD_JSON_KEYS_H
#define KIRI_LOAD_JSON_KEYS_H

#include <jansson.h>
#include <stddef.h>

/* Is each key among known[n]? 1; else 0 and in text[cap] the first that is not, quoted,
 * with the known one that was meant or, when none is near, `advice`: a sentence's end. */
int json_keys_known(json_t *object, const char *const *known, size_t n,
                    const char *advice, char *text, size_t cap);

#endif
