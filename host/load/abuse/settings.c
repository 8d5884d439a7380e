#include "load/abuse/settings.h"

#include "base/buf.h"
#include "base/path.h"
#include "base/units.h"
#include "base/value.h"
#include "load/vtable.h"

#include <kiri/option.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int names(const char *given, const char *name)
{
    size_t len = strlen(name);

    return strncmp(given, name, len) == 0 && given[len] == '=';
}

static int unknown(const struct kiri_option *table, const char *given,
                   struct kiri_error *err)
{
    const char *known[VTABLE_MOST_OPTIONS], *near;
    int len = (int)strcspn(given, "=");
    char name[80], shown[80];
    size_t n = 0;

    for (; table[n].name; n++)
        known[n] = table[n].name;
    if (!given[len])
        return kiri_fail(err, KIRI_USAGE, "--set takes OPTION=VALUE, not '%s'",
                         value_show(given, shown, sizeof shown));
    snprintf(name, sizeof name, "%.*s", len, given);
    near = units_nearest(name, known, n);
    return kiri_fail(err, KIRI_USAGE, "it has no option `%s`%s%s%s",
                     value_show(name, shown, sizeof shown),
                     near ? ", did you mean `" : "", near ? near : "", near ? "`?" : "");
}

/* Each of those given is in the table. */
static int check_names(const struct kiri_option *table, const char *const *given,
                       struct kiri_error *err)
{
    for (const char *const *g = given; *g; g++) {
        const struct kiri_option *o = table;

        while (o->name && !names(*g, o->name))
            o++;
        if (!o->name)
            return unknown(table, *g, err);
    }
    return 0;
}

/* One value, a path made absolute; appended as a line. */
static int put_value(const struct kiri_option *o, const char *value, struct buf *out)
{
    char *home, *full, *here;

    if ((o->type != KIRI_OPT_PATH && o->type != KIRI_OPT_PATHS) || !*value) {
        buf_puts(out, value);
        return 0;
    }
    home = path_expand(value);
    here = getcwd(NULL, 0);
    full = home && here ? path_join(here, home) : NULL;
    if (full)
        buf_puts(out, full);
    free(home);
    free(here);
    free(full);
    return full ? 0 : -1;
}

static int put_given(const struct kiri_option *o, const char *value, int before,
                     struct buf *out, struct kiri_error *err)
{
    char why[256];

    if (before && o->type != KIRI_OPT_PATHS)
        return kiri_fail(err, KIRI_USAGE, "its option `%s` is given twice", o->name);
    if (value_check(o->type, o->range, value, why, sizeof why))
        return kiri_fail(err, KIRI_USAGE, "its option `%s`: %s", o->name, why);
    if (o->type == KIRI_OPT_PATHS && strchr(value, '\n'))
        return kiri_fail(err, KIRI_USAGE,
                         "its option `%s`: a path here cannot have a line break in it",
                         o->name);
    if (before)
        buf_puts(out, "\n");
    return put_value(o, value, out) ? kiri_fail(err, KIRI_INTERNAL, "memory is short")
                                    : 0;
}

static char *setting(const struct kiri_option *o, const char *const *given,
                     struct kiri_error *err)
{
    struct buf b = { 0 };
    int before = 0;

    buf_putf(&b, "%s=", o->name);
    for (const char *const *g = given; *g; g++) {
        if (!names(*g, o->name))
            continue;
        if (put_given(o, *g + strlen(o->name) + 1, before, &b, err))
            goto fail;
        before = 1;
    }
    if (!before && !o->fallback) {
        kiri_fail(err, KIRI_USAGE, "it needs its option `%s`, %s: say --set %s=VALUE",
                  o->name, kiri_option_what(o->type), o->name);
        goto fail;
    }
    if ((!before && put_value(o, o->fallback, &b)) || buf_failed(&b)) {
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
        goto fail;
    }
    return buf_take(&b, NULL);

fail:
    buf_free(&b);
    return NULL;
}

char **settings_make(const struct kiri_option *table, const char *const *given,
                     struct kiri_error *err)
{
    char **all;
    size_t n = 0;

    if (check_names(table, given, err))
        return NULL;
    while (table[n].name)
        n++;
    all = calloc(n + 1, sizeof *all);
    if (!all)
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    for (size_t i = 0; all && i < n; i++) {
        all[i] = setting(&table[i], given, err);
        if (!all[i]) {
            settings_free(all);
            return NULL;
        }
    }
    return all;
}

void settings_free(char **settings)
{
    for (char **s = settings; s && *s; s++)
        free(*s);
    free(settings);
}
