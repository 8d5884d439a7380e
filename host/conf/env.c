/* env.c - one pass over each text. */
#include "conf/env.h"

#include "base/value.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN     72u
#define MOST_NAME 128u

struct expansion {
    struct section *s;
    struct yaml_left *left;
    int full; /* said that it is too much */
};

static int starts_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t name_length(const char *at)
{
    size_t n = 0;

    while (starts_name(at[n]) || (n && at[n] >= '0' && at[n] <= '9'))
        n++;
    return n;
}

/* Well-formed UTF-8 without NUL (RFC 3629)? */
static int is_utf8(const unsigned char *s)
{
    while (*s) {
        size_t tail = *s < 0x80   ? 0
                      : *s < 0xc2 ? 9
                      : *s < 0xe0 ? 1
                      : *s < 0xf0 ? 2
                      : *s < 0xf5 ? 3
                                  : 9;

        if (tail == 9 || (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
            (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
            return 0;
        for (size_t i = 1; i <= tail; i++)
            if ((s[i] & 0xc0) != 0x80)
                return 0;
        s += tail + 1;
    }
    return 1;
}

/* Adds at most what is left for all files. */
static int add(struct expansion *x, struct buf *out, const struct yaml_node *n,
               const char *bytes, size_t len)
{
    if (len > x->left->bytes) {
        if (!x->full++)
            section_say(x->s, n,
                        "with what comes from the environment, the molecule is larger "
                        "than %u KiB",
                        YAML_MOST_BYTES / 1024);
        return -1;
    }
    x->left->bytes -= len;
    buf_put(out, bytes, len);
    return 0;
}

/* "NAME" or "NAME:-default", len bytes, between `${env:` and `}`. */
static int add_variable(struct expansion *x, struct buf *out, const struct yaml_node *n,
                        const char *at, size_t len)
{
    size_t named = name_length(at);
    char name[MOST_NAME], shown[SHOWN];
    const char *value;
    int has_default = len >= named + 2 && memcmp(at + named, ":-", 2) == 0;

    if (named == 0 || named >= sizeof name || (named != len && !has_default)) {
        section_say(x->s, n,
                    "`${env:%s` is not understood: write ${env:NAME} or "
                    "${env:NAME:-default}, with a NAME of letters, digits and _",
                    value_show(at, shown, sizeof shown));
        return -1;
    }
    memcpy(name, at, named);
    name[named] = '\0';
    value = getenv(name);
    if (has_default && (!value || !*value))
        return add(x, out, n, at + named + 2, len - named - 2);
    if (!value) {
        section_say(x->s, n,
                    "the environment has no %s: set it, or write ${env:%s:-default}",
                    name, name);
        return -1;
    }
    if (!is_utf8((const unsigned char *)value)) {
        section_say(x->s, n, "the value of %s in the environment is not UTF-8 text",
                    name);
        return -1;
    }
    return add(x, out, n, value, strlen(value));
}

/* At `${`. How many bytes it takes, or 0 after a complaint. */
static size_t take_reference(struct expansion *x, struct buf *out,
                             const struct yaml_node *n, const char *at)
{
    const char *end = strchr(at, '}');
    char shown[SHOWN];

    if (strncmp(at, "${env:", 6) != 0) {
        size_t inside = end ? (size_t)(end - at) - 2 : 0;

        if (inside && inside == name_length(at + 2))
            section_say(x->s, n,
                        "`${%.*s}` is not understood, did you mean `${env:%.*s}`? (A "
                        "literal ${ is written $${)",
                        (int)inside, at + 2, (int)inside, at + 2);
        else
            section_say(x->s, n,
                        "`%s` is not understood: only ${env:NAME} is; a literal ${ is "
                        "written $${",
                        value_show(at, shown, sizeof shown));
        return 0;
    }
    if (!end) {
        section_say(x->s, n, "`%s` has no end: `}` is missing",
                    value_show(at, shown, sizeof shown));
        return 0;
    }
    if (add_variable(x, out, n, at + 6, (size_t)(end - at) - 6))
        return 0;
    return (size_t)(end - at) + 1;
}

static int expand(struct expansion *x, struct buf *out, const struct yaml_node *n)
{
    const char *at = n->text;

    while (*at) {
        size_t plain = strcspn(at, "$");

        buf_put(out, at, plain);
        at += plain;
        if (strncmp(at, "$${", 3) == 0) {
            buf_puts(out, "${");
            at += 3;
        } else if (strncmp(at, "${", 2) == 0) {
            size_t taken = take_reference(x, out, n, at);

            if (!taken)
                return -1;
            at += taken;
        } else if (*at) {
            buf_puts(out, "$");
            at++;
        }
    }
    return 0;
}

static void expand_text(void *ctx, struct yaml_node *n)
{
    struct expansion *x = ctx;
    struct buf out = { 0 };

    if (!strstr(n->text, "${"))
        return;
    if (expand(x, &out, n)) {
        n->refused = 1; /* its value is not known: nobody need complain about it again */
    } else if (buf_failed(&out)) {
        x->s->starved = 1;
        n->refused = 1;
    } else {
        const char *copy = section_copy(x->s, buf_text(&out));

        n->text = copy ? copy : "";
        n->plain = 0;
        n->outside = 1;
    }
    buf_free(&out);
}

void env_expand(struct section *s, struct yaml *y, struct yaml_left *left)
{
    struct expansion x = { .s = s, .left = left };

    yaml_each_text(y, expand_text, &x);
}
