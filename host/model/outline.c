#include "model/outline.h"

struct outline outline_of(const char *json, size_t len)
{
    struct outline o = { 0 };
    size_t depth = 0;
    int quoted = 0;

    for (size_t i = 0; i < len; i++) {
        char c = json[i];

        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = 0;
        } else if (c == '"') {
            quoted = 1;
        } else if (c == '{' || c == '[') {
            o.nests++;
            o.values++;
            if (++depth > o.depth)
                o.depth = depth;
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        } else if (c == ',') {
            o.values++;
        }
    }
    return o;
}
