/*
 * kiri/option.h - what the types of options (struct kiri_option) are. Pure, like
 * kiri/schema.h.
 */
#ifndef KIRI_OPTION_H
#define KIRI_OPTION_H

#include <kiri/atom.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an option of this type takes, with its article: "a path". NULL: no such type. */
const char *kiri_option_what(uint32_t type);

/* Does it name places in the world (PATH, PATHS, URL, BUS)? These have no range, are
 * never empty in a file, and a fallback of "" means none. They also say what a cell may
 * touch. */
int kiri_option_is_place(uint32_t type);

#ifdef __cplusplus
}
#endif

#endif /* KIRI_OPTION_H */
