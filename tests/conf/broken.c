#include "broken.h"

#include "base/path.h"

#include <stdlib.h>
#include <string.h>

size_t broken_read(struct broken *list, char **block)
{
    char *at = path_read(KIRI_SOURCE_DIR "/tests/conf/broken.txt", 1u << 20, NULL, NULL);
    size_t n = 0;

    *block = at;
    at = at ? strstr(at, "\n%% ") : NULL;
    while (at && n < BROKEN_MOST) {
        char *end;

        at += strlen("\n%% ");
        list[n].part = at;
        end = strchr(at, '\n');
        at = end ? strstr(end, "\n%% ") : NULL;
        list[n].text = end && at != end ? end + 1 : "";
        if (end)
            *end = '\0';
        if (at)
            *at = '\0';
        n++;
    }
    return n;
}
