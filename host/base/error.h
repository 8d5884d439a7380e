/*
 * base/error.h - one idiom for failure: return 0/-1 (or a pointer/NULL) and fill a
 * by-value error that the caller owns. The sentence names what, where and, when there is
 * one, the remedy; it is printed once, at the top.
 */
#ifndef KIRI_BASE_ERROR_H
#define KIRI_BASE_ERROR_H

/* Codes are the exit codes of <sysexits.h>, so that main() can return them as they are.
 */
enum kiri_code {
    KIRI_FINE = 0,
    KIRI_USAGE = 64,       /* the command line is wrong                                */
    KIRI_BAD_DATA = 65,    /* a .so, model or data file is damaged or of another kind  */
    KIRI_NO_INPUT = 66,    /* no such file, or it cannot be read                       */
    KIRI_UNAVAILABLE = 69, /* no host answers                                          */
    KIRI_INTERNAL = 70,    /* memory, threads: nothing the caller did                  */
    KIRI_NO_WRITE = 73,    /* a file or directory cannot be created                    */
    KIRI_IO = 74,          /* reading or writing failed half way                       */
    KIRI_HELD = 75,        /* somebody else has it; try again later                    */
    KIRI_NO_PERMISSION = 77, /* somebody else's */
    KIRI_BAD_CONFIG = 78 /* the YAML is wrong                                        */
};

struct kiri_error {
    enum kiri_code code;
    char text[1024];
};

/* Fills *err (NULL is fine) and returns -1. */
int kiri_fail(struct kiri_error *err, enum kiri_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "prefix: " before the sentence that is already there. Returns -1. */
int kiri_fail_in(struct kiri_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__ /* which cannot see into error.c that this is never 0 */
#define kiri_fail(...)    (kiri_fail(__VA_ARGS__), -1)
#define kiri_fail_in(...) (kiri_fail_in(__VA_ARGS__), -1)
#endif

#endif
