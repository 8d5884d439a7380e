/* vtable.c - numbers first, then pointers, then what they point to. */
#include "load/vtable.h"

#include "base/value.h"

#include <kiri/option.h>
#include <kiri/wire.h>

#include <stdlib.h>
#include <string.h>

#define MOST_HELP  512u
#define MOST_VALUE 1024u

/* NULL, or at most `most` bytes without control characters. */
static int text_ok(const char *s, size_t most)
{
    if (!s)
        return 1;
    for (size_t i = 0; i <= most; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c == '\0')
            return 1;
        if (c < 0x20 || c == 0x7f)
            return 0;
    }
    return 0;
}

int vtable_check_names(const char *name, const char *version, const char *help,
                       struct kiri_error *err)
{
    if (!kiri_name_ok(name))
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "its name is not valid: a-z, 0-9 and -, beginning with a letter, at "
            "most 32 bytes");
    if (!text_ok(version, 32) || !text_ok(help, MOST_HELP))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "its version or help is not a short text in one line");
    return 0;
}

static int option_name_ok(const char *s)
{
    if (s[0] < 'a' || s[0] > 'z')
        return 0;
    for (size_t i = 1; i <= 32; i++) {
        if (s[i] == '\0')
            return 1;
        if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') &&
            s[i] != '-' && s[i] != '_')
            return 0;
    }
    return 0;
}

/* The keys of an atom that KIRI takes for itself, now or by its design. */
static int reserved(const char *name)
{
    static const char *const words[] = { "plugin", "every", "alarm",  "learn",
                                         "hears",  "may",   "isolate" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], name) == 0)
            return 1;
    return 0;
}

static int check_option(const struct kiri_option *o, struct kiri_error *err)
{
    char why[256];

    if (!option_name_ok(o->name))
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "the name of one of its options is not like [a-z][a-z0-9_-]{0,31}");
    if (reserved(o->name))
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "its option `%s` has the name of one of KIRI's own keys: rename it", o->name);
    if (!kiri_option_what(o->type))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "its option `%s` has type %u, which is not known", o->name,
                         o->type);
    if (!text_ok(o->fallback, MOST_VALUE) || !text_ok(o->range, MOST_VALUE) ||
        !text_ok(o->help, MOST_HELP))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "a text of its option `%s` is not short, or not in one line",
                         o->name);
    if (!value_range_ok(o->type, o->range))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "the range of its option `%s` does not fit its type", o->name);
    if (!o->fallback || (kiri_option_is_place(o->type) && *o->fallback == '\0'))
        return 0;
    if (value_check(o->type, o->range, o->fallback, why, sizeof why))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "the default of its option `%s` is wrong: %s", o->name, why);
    return 0;
}

int vtable_check_options(const struct kiri_option *options, struct kiri_error *err)
{
    for (uint32_t i = 0; options[i].name; i++) {
        if (check_option(&options[i], err))
            return -1;
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(options[k].name, options[i].name) == 0)
                return kiri_fail(err, KIRI_BAD_DATA, "its option `%s` is declared twice",
                                 options[i].name);
    }
    return 0;
}

/* The table at its maker's stride into ours, always with an end. */
static int copy_options(struct vtable *v, struct kiri_error *err)
{
    const char *from = (const char *)v->atom.options;
    size_t stride = v->atom.option_size;
    size_t bytes = stride < sizeof *v->options ? stride : sizeof *v->options;

    v->options = calloc(VTABLE_MOST_OPTIONS + 1, sizeof *v->options);
    v->atom.options = v->options;
    if (!v->options)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    for (uint32_t n = 0; from; n++, from += stride) {
        struct kiri_option one = { 0 };

        memcpy(&one, from, bytes);
        if (!one.name)
            break;
        if (n == VTABLE_MOST_OPTIONS)
            return kiri_fail(
                err, KIRI_BAD_DATA,
                "it has more than %u options, or its table has no end (a NULL "
                "name)",
                VTABLE_MOST_OPTIONS);
        v->options[n] = one;
    }
    return 0;
}

static int check_sizes(const struct kiri_atom *a, struct kiri_error *err)
{
    const struct {
        const char *what;
        uint32_t size;
        size_t least;
    } sizes[] = {
        { "field", a->field_size, VTABLE_LEAST_FIELD },
        { "option", a->option_size, sizeof(struct kiri_option) },
        { "obs", a->obs_size, sizeof(struct kiri_obs) },
        { "action", a->action_size, sizeof(struct kiri_action) },
        { "event", a->event_size, sizeof(struct kiri_event) },
        { "choice", a->choice_size, sizeof(struct kiri_choice) },
        { "lesson", a->lesson_size, sizeof(struct kiri_lesson) },
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].size < sizes[i].least || sizes[i].size > VTABLE_MOST_SIZE ||
            sizes[i].size % 8)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "its %s_size is %u, which cannot be: start its vtable with "
                             "KIRI_ATOM_INIT",
                             sizes[i].what, sizes[i].size);
    return 0;
}

static int check_head(const struct kiri_atom *raw, size_t room, struct kiri_error *err)
{
    if (room && room < offsetof(struct kiri_atom, field_size))
        return kiri_fail(err, KIRI_BAD_DATA, "its `kiri_atom` has only %zu bytes", room);
    if (raw->abi != KIRI_ABI)
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "it speaks ABI %u, this host speaks %u: rebuild it against this SDK",
            raw->abi, KIRI_ABI);
    if (raw->size < offsetof(struct kiri_atom, tokenize) ||
        raw->size > VTABLE_MOST_SIZE || raw->size % 8 || (room && raw->size > room))
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "its vtable says that it has %u bytes, which cannot be: start it "
            "with KIRI_ATOM_INIT",
            raw->size);
    return 0;
}

static int check_callbacks(const struct kiri_atom *a, struct kiri_error *err)
{
    const char *none = !a->open      ? "open"
                       : !a->close   ? "close"
                       : !a->schema  ? "schema"
                       : !a->collect ? "collect"
                                     : NULL;

    if (none)
        return kiri_fail(err, KIRI_BAD_DATA, "it has no %s(), which every atom needs",
                         none);
    if (!a->tokenize != !a->vocab)
        return kiri_fail(err, KIRI_BAD_DATA, "it has %s() without %s(): they go together",
                         a->tokenize ? "tokenize" : "vocab",
                         a->tokenize ? "vocab" : "tokenize");
    return 0;
}

int vtable_read(const struct kiri_atom *raw, size_t room, struct vtable *out,
                struct kiri_error *err)
{
    struct kiri_atom *a = &out->atom;

    memset(out, 0, sizeof *out);
    if (check_head(raw, room, err))
        return -1;
    memcpy(a, raw, raw->size < sizeof *a ? raw->size : sizeof *a);
    if (check_sizes(a, err) || check_callbacks(a, err) ||
        vtable_check_names(a->name, a->version, a->help, err) || copy_options(out, err) ||
        vtable_check_options(out->options, err)) {
        vtable_fini(out);
        return -1;
    }
    return 0;
}

void vtable_fini(struct vtable *v)
{
    free(v->options);
    *v = (struct vtable){ 0 };
}
