#include "loaded.h"

#include "base/log.h"
#include "base/path.h"
#include "store/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES (256u * 1024u) /* what a YAML file may have */
#define BADS_KEPT  3

static int open_state(const char *state, struct kiri_error *err)
{
    int dir = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        kiri_fail(err, KIRI_NO_WRITE, "%s: %s", state, strerror(errno));
    return dir;
}

static void set_aside(const char *state, const char *why)
{
    struct kiri_error err = { 0 };
    int dir = open_state(state, &err);
    char as[128];

    if (dir >= 0 &&
        atomic_set_aside(dir, LOADED_FILE, "bad", BADS_KEPT, as, sizeof as, &err) == 0)
        log_error("%s/%s: %s; kept as %s. Atoms that were loaded by hand are missing: "
                  "load them again",
                  state, LOADED_FILE, why, as);
    else
        log_error("%s/%s: %s; it cannot be moved away: %s", state, LOADED_FILE, why,
                  err.text);
    if (dir >= 0)
        close(dir);
}

static int all_sections(json_t *atoms)
{
    const char *name;
    json_t *section;

    json_object_foreach(atoms, name, section) if (!json_is_object(section)) return 0;
    return 1;
}

json_t *loaded_read(const char *state)
{
    char *file = path_join(state, LOADED_FILE), *bytes;
    struct kiri_error err = { 0 };
    json_error_t why = { .text = "it is no object of atoms" };
    json_t *atoms;
    size_t len;

    if (!file)
        return NULL;
    if (access(file, F_OK)) {
        free(file);
        return json_object();
    }
    bytes = path_read(file, MOST_BYTES, &len, &err);
    free(file);
    atoms = bytes ? json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &why) : NULL;
    free(bytes);
    if (json_is_object(atoms) && all_sections(atoms))
        return atoms;
    json_decref(atoms);
    if (err.code == KIRI_INTERNAL || json_error_code(&why) == json_error_out_of_memory)
        return NULL;
    set_aside(state, err.code ? err.text : why.text);
    return json_object();
}

int loaded_write(const char *state, json_t *atoms, struct kiri_error *err)
{
    int dir = open_state(state, err), rc = 0;
    char *text;

    if (dir < 0)
        return -1;
    if (json_object_size(atoms) == 0) {
        if (unlinkat(dir, LOADED_FILE, 0) && errno != ENOENT)
            rc = kiri_fail(err, KIRI_NO_WRITE, "%s/%s: %s", state, LOADED_FILE,
                           strerror(errno));
        close(dir);
        return rc;
    }
    text = json_dumps(atoms, JSON_INDENT(2));
    rc = text ? atomic_replace(dir, LOADED_FILE, text, strlen(text), err)
              : kiri_fail(err, KIRI_INTERNAL, "memory is short");
    free(text);
    close(dir);
    return rc;
}

/* Member names in a list that ends with NULL; the names stay the object's. */
static const char **names_of(json_t *object)
{
    const char **names = calloc(json_object_size(object) + 1, sizeof *names), *name;
    json_t *value;
    size_t n = 0;

    json_object_foreach(object, name, value) if (names) names[n++] = name;
    return names;
}

struct conf *loaded_conf(const struct conf *root, json_t *left_out, json_t *atoms,
                         struct conf_errors *errors)
{
    const char **without = names_of(left_out);
    char *text = json_object_size(atoms) ? json_dumps(atoms, JSON_COMPACT) : NULL;
    struct conf *c = NULL;

    if (without && (text || !json_object_size(atoms))) {
        c = conf_derive(root, without, text, LOADED_FILE, errors);
    } else {
        conf_error(errors, root->file, 0, 0, "memory is short: nothing was changed");
        errors->code = KIRI_INTERNAL;
    }
    free(text);
    free(without);
    return c;
}

unsigned loaded_yield(json_t *atoms, const struct conf *root)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < root->n_atoms; i++)
        n += json_object_del(atoms, root->atoms[i].name) == 0;
    return n;
}

/* A text that is a path, absolute. NULL: memory is short. */
static json_t *settled(json_t *value, const char *dir)
{
    char *home = path_expand(json_string_value(value)), *full;
    json_t *text;

    if (!home)
        return json_incref(value); /* there is no home: conf says so */
    full = path_join(dir, home);
    text = full ? json_string(full) : NULL;
    free(full);
    free(home);
    return text;
}

static int settle_list(json_t *list, const char *dir)
{
    json_t *value;
    size_t i;

    json_array_foreach(list, i, value)
    {
        json_t *full = json_is_string(value) ? settled(value, dir) : json_incref(value);

        if (!full || json_array_set_new(list, i, full))
            return -1;
    }
    return 0;
}

int loaded_settle(json_t *section, const struct kiri_option *table, const char *dir)
{
    for (; table->name; table++) {
        json_t *value = json_object_get(section, table->name), *full;

        if (table->type != KIRI_OPT_PATH && table->type != KIRI_OPT_PATHS)
            continue;
        if (json_is_array(value) && settle_list(value, dir))
            return -1;
        if (!json_is_string(value) || !*json_string_value(value))
            continue;
        full = settled(value, dir);
        if (!full || json_object_set_new(section, table->name, full))
            return -1;
    }
    return 0;
}
