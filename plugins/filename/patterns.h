/*
 * patterns.h - names that are nobody's choice: what programs call their temporary files.
 * Shell patterns, apart by white space.
 */
#ifndef KIRI_FILENAME_PATTERNS_H
#define KIRI_FILENAME_PATTERNS_H

#define PATTERNS_USUAL                                                                   \
    "*.tmp *.temp *.part *.partial *.crdownload *.download *.swp *.swx *~ .#* #*# ~$* "  \
    ".~lock.* .goutputstream-* .nfs* 4913"

struct patterns {
    char *text;  /* a copy, NULs between the patterns */
    char **each; /* NULL-terminated                   */
};

int patterns_init(struct patterns *p, const char *text); /* KIRI_OK, KIRI_ENOMEM */
void patterns_fini(struct patterns *p);                  /* of {0}, too */
int patterns_match(const struct patterns *p, const char *name);

#endif
