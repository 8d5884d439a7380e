/* remedy.c - the mistakes that people make in YAML. */
#include "conf/remedy.h"

#include <string.h>

/* libyaml's words and ours. */
static const struct {
    const char *problem, *sentence;
    int where_it_began;
} remedies[] = {
    { "mapping values are not allowed in this context",
      "a `:` is not possible here: is the indentation right, or must a text be quoted?",
      0 },
    { "found character that cannot start any token",
      "a value cannot begin with this character: indent with spaces, not tabs; quote "
      "texts that begin with @, ` or %",
      0 },
    { "found a tab character that violates indentation", "indent with spaces, not tabs",
      0 },
    { "found a tab character where an indentation space is expected",
      "indent with spaces, not tabs", 0 },
    { "did not find expected key",
      "a key was expected here: is the indentation that of the lines above?", 0 },
    { "did not find expected '-' indicator",
      "a `-` was expected here: is the indentation that of the lines above?", 0 },
    { "did not find expected ',' or '}'", "a `,` or `}` is missing before this", 0 },
    { "did not find expected ',' or ']'", "a `,` or `]` is missing before this", 0 },
    { "did not find expected node content",
      "a value was expected here: is a `]` or `}` missing, or a `,` too much?", 0 },
    { "could not find expected ':'", "after this key, `:` is missing", 1 },
    { "found unexpected end of stream", "this quoted text has no end", 1 },
    { "found undefined tag handle", "tags are not accepted: remove what begins with `!`",
      1 },
};

const char *remedy_for(const yaml_parser_t *p, yaml_mark_t *where)
{
    for (size_t i = 0; p->problem && i < sizeof remedies / sizeof *remedies; i++)
        if (strcmp(p->problem, remedies[i].problem) == 0) {
            *where = remedies[i].where_it_began ? p->context_mark : p->problem_mark;
            return remedies[i].sentence;
        }
    return NULL;
}
