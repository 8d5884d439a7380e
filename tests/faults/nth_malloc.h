/*
 * faults/nth_malloc.h - memory that runs out on command (RELIABILITY A9).
 *
 * In a plain build this replaces the process's malloc, so that what libyaml, jansson,
 * SQLite and libc ask for fails too, and blocks in use are counted. Under a sanitizer,
 * whose malloc must stay, only requests of our own code fail (the linker's --wrap) and
 * the sanitizer looks for leaks. Only requests of the thread that asked for it fail.
 *
 * In CMake: kiri_test(room/memory_test LINK room) and nth_malloc(room.memory_test).
 */
#ifndef KIRI_TESTS_FAULTS_NTH_MALLOC_H
#define KIRI_TESTS_FAULTS_NTH_MALLOC_H

#include <stddef.h>

/* The n-th request of this thread from now on fails, n >= 1; lasting: all after it, too.
 */
void nth_malloc_fail(long n, int lasting);
/* No request fails any more. Has one failed? */
int nth_malloc_stop(void);
/* Memory that never runs out, for a library that cannot bear it: jansson's lexer asserts
 * (2.14, lex_save ignores a failed strbuffer_append). json_set_alloc_funcs() takes them.
 */
void *nth_malloc_steady(size_t n);
void nth_malloc_steady_free(void *p);
/* Do only requests of our own code fail, and not those of libraries? */
int nth_malloc_spares_libraries(void);
/* Blocks that the process has in use; 0 under a sanitizer. */
long nth_malloc_in_use(void);

/* What is tried: 0 when it worked, -1 when it was refused; it gives back whatever it got.
 * It calls nth_malloc_stop() before it looks at its result, and cleans up after that. */
typedef int nth_malloc_attempt(void *ctx);

/*
 * Tries with the 1st, 2nd, 3rd ... (each `stride`th) request failing, until none fails,
 * then again with all later ones failing too. 0; -1 when an attempt left blocks behind,
 * or was refused although nothing failed: said on stderr. *refused: how many attempts
 * were refused, *tried: all.
 */
int nth_malloc_sweep(nth_malloc_attempt *attempt, void *ctx, long stride, long *refused,
                     long *tried);

#endif
