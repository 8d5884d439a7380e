/* broken.h - the list of tests/conf/broken.txt. */
#ifndef KIRI_TESTS_CONF_BROKEN_H
#define KIRI_TESTS_CONF_BROKEN_H

#include <stddef.h>

struct broken {
    char *part; /* what is said of it, behind the file's name */
    char *text; /* its YAML */
};

#define BROKEN_MOST 256u

/* Reads all of them into list[BROKEN_MOST]; how many. The strings live until the process
 * ends, in one block that *block owns. */
size_t broken_read(struct broken *list, char **block);

#endif
