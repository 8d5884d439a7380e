#include "load/json_keys.h"

#include "base/units.h"
#include "base/value.h"

#include <stdio.h>
#include <string.h>

static int is_known(const char *key, const char *const *known, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(known[i], key) == 0)
            return 1;
    return 0;
}

int json_keys_known(json_t *object, const char *const *known, size_t n,
                    const char *advice, char *text, size_t cap)
{
    char shown[48];
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        if (is_known(key, known, n))
            continue;
        const char *near = units_nearest(key, known, n);
        const char *strange = value_show(key, shown, sizeof shown);
        if (near)
            snprintf(text, cap, "\"%s\", did you mean \"%s\"?", strange, near);
        else
            snprintf(text, cap, "\"%s\"%s", strange, advice);
        return 0;
    }
    return 1;
}
