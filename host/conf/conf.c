/* conf.c - the files of a molecule, one after the other, and the parts that are small. */
#include "conf/conf.h"

#include "base/path.h"
#include "base/value.h"
#include "conf/env.h"
#include "conf/section.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN     160u
#define MOST_DIRS 64u

/* What conf_free gives back: the struct that the caller sees, and all it points to. */
struct owner {
    struct conf conf; /* first */
    struct arena arena;
};

/* "configs/first.yaml" -> "first" */
static char *name_of_file(struct section *s)
{
    const char *slash = strrchr(s->file, '/'), *base = slash ? slash + 1 : s->file;
    char *name = section_copy(s, base), *dot = name ? strrchr(name, '.') : NULL;

    if (dot && dot != name)
        *dot = '\0';
    return name;
}

static void read_molecule(struct section *s, const struct yaml_node *n, struct conf *c)
{
    if (section_is(s, n, YAML_TEXT, "a name") &&
        section_name_ok(s, n->text, n->plain, n->line, n->col, "a molecule's name"))
        c->molecule = section_copy(s, n->text);
}

static void read_state(struct section *s, const struct yaml_node *n, struct conf *c)
{
    if (section_is(s, n, YAML_TEXT, "a directory") && *n->text)
        c->state = section_path(s, n, n->text);
    else if (n->kind == YAML_TEXT && !n->refused)
        section_say_key(s, n, "`state` is empty: say a directory, or leave it out");
}

static char *take_directory(struct section *s, const struct yaml_node *n)
{
    return section_path(s, n, n->text);
}

static void read_plugins(struct section *s, const struct yaml_node *n, struct conf *c)
{
    section_list(s, n, "a list of directories: [/usr/lib/kiri/atoms]", MOST_DIRS,
                 &c->plugins, take_directory);
}

static void read_watch_plugins(struct section *s, const struct yaml_node *n,
                               struct conf *c)
{
    char shown[SHOWN];

    if (!section_is(s, n, YAML_TEXT, "true or false"))
        return;
    c->fixed_plugins = strcmp(n->text, "false") == 0;
    if (!c->fixed_plugins && strcmp(n->text, "true") != 0)
        section_say(s, n, "`watch-plugins` must be true or false, not `%s`",
                    value_show(n->text, shown, sizeof shown));
}

static void read_alarm(struct section *s, const struct yaml_node *n, struct conf *c)
{
    section_alarm(s, n, &c->alarm);
}

static void read_include(struct section *s, const struct yaml_node *n, struct conf *c)
{
    (void)c;
    if (!section_is(s, n, YAML_LIST, "a list of files: [atoms.yaml]") ||
        !section_count_ok(s, n, FILES_MOST - 1))
        return;
    for (const struct yaml_node *f = n->child; f; f = f->next)
        if (f->kind != YAML_TEXT || (!f->refused && *f->text == '\0'))
            section_say(s, f, "an entry of `include` must be the path of a file, not %s",
                        f->kind == YAML_TEXT   ? "empty"
                        : f->kind == YAML_LIST ? "a list"
                                               : "a mapping");
        else if (!f->refused && files_add(s->files, s->at, f->text, f->line, f->col))
            s->starved = 1;
}

/* The keys of every file. */
static const struct {
    const char *key;
    void (*read)(struct section *, const struct yaml_node *, struct conf *);
    int shared; /* each file may have it; otherwise one file may */
} parts[] = {
    { "molecule", read_molecule, 0 },
    { "state", read_state, 0 },
    { "bus", bus_read, 0 },
    { "plugins", read_plugins, 0 },
    { "watch-plugins", read_watch_plugins, 0 },
    { "retention", retention_read, 0 },
    { "alarm", read_alarm, 0 },
    { "include", read_include, 1 },
    { "atoms", atoms_read, 1 },
};
#define PARTS (sizeof parts / sizeof *parts)

/* Where each key was first said. */
struct said {
    const char *file;
    uint32_t line, col;
};

static void read_part(struct section *s, const struct yaml_node *n, size_t i,
                      struct said *said, struct conf *c)
{
    if (said->file && !parts[i].shared) {
        section_say_key(s, n, "`%s` is already said in %s:%u:%u: keep it in one file",
                        parts[i].key, said->file, said->line, said->col);
        return;
    }
    if (!said->file)
        *said = (struct said){ s->file, n->key_line, n->key_col };
    parts[i].read(s, n, c);
}

static void read_root(struct section *s, const struct yaml_node *root,
                      struct said said[PARTS], struct conf *c)
{
    static const char *const later[] = { "templates", "do", "alerts", NULL };
    const char *keys[PARTS];

    for (size_t i = 0; i < PARTS; i++)
        keys[i] = parts[i].key;
    section_keys_but(s, root, keys, PARTS, later);
    for (size_t i = 0; i < PARTS; i++) {
        const struct yaml_node *n = yaml_get(root, parts[i].key);

        if (n)
            read_part(s, n, i, &said[i], c);
    }
}

/* What no file said. */
static void fill_in(struct section *s, const struct said said[PARTS], int all_read,
                    struct conf *c)
{
    const struct yaml_node start = { .line = 1, .col = 1 };
    char *usual;

    if (!said[0].file) {
        c->molecule = name_of_file(s);
        if (c->molecule)
            section_name_ok(s, c->molecule, 0, 1, 1,
                            "this molecule's name, taken from the file's; say "
                            "`molecule: NAME`");
    }
    if (!said[1].file) {
        usual = path_state();
        if (usual)
            c->state = section_copy(s, usual);
        else
            section_say(s, &start,
                        "there is no home directory to keep state in: add "
                        "`state: /a/directory`");
        free(usual);
    }
    if (!said[PARTS - 1].file && all_read)
        section_say(s, &start,
                    "`atoms` is missing: add `atoms: { pulse: {} }` or others");
}

/* One file with what it says; those that it includes are read later. 0 when its tree
 * could be read. */
static int read_file(struct section *s, struct said said[PARTS], struct conf *c)
{
    struct yaml *y = files_read(s->files, s->at);
    const struct file *f = &s->files->file[s->at];
    const struct yaml_node *root = y ? yaml_root(y) : NULL;

    s->file = f->name;
    s->dir = f->dir;
    s->mode = f->mode;
    if (y)
        env_expand(s, y, &s->files->left);
    if (y && root->kind == YAML_MAP)
        read_root(s, root, said, c);
    else if (y)
        section_say(s, root,
                    "a molecule is a mapping: it begins with a key such as `atoms:`");
    int ok = y && root->kind == YAML_MAP;
    yaml_free(y);
    return ok ? 0 : -1;
}

static void list_files(struct section *s, struct conf *c)
{
    c->files = section_get(s, (s->files->n + 1) * sizeof *c->files);
    for (uint32_t i = 0; c->files && i < s->files->n; i++)
        c->files[i] = s->files->file[i].name;
}

static void read_all(struct section *s, struct conf *c)
{
    struct said said[PARTS] = { 0 };
    int all_read = 1, first = 1;

    for (s->at = 0; s->at < s->files->n && !s->starved; s->at++) {
        if (read_file(s, said, c) == 0)
            continue;
        all_read = 0;
        if (s->at == 0)
            first = 0;
    }
    s->file = s->files->file[0].name;
    s->dir = s->files->file[0].dir;
    if (first && !s->starved)
        fill_in(s, said, all_read, c);
    if (c->n_atoms > 1)
        atoms_refuse_twins(c, s->errors);
    list_files(s, c);
}

static void starve(struct conf_errors *errors, const char *file)
{
    conf_error(errors, file, 0, 0, "not enough memory to read it");
    errors->code = KIRI_INTERNAL;
}

/* What was read, or NULL when that added to the `before` errors. */
static struct conf *finish(struct owner *o, struct section *s, unsigned before,
                           const char *file)
{
    if (s->starved)
        starve(s->errors, file);
    conf_errors_free(s->warnings);
    if (s->errors->n > before) {
        conf_free(&o->conf);
        return NULL;
    }
    return &o->conf;
}

struct conf *conf_read(const char *file, struct conf_errors *errors)
{
    unsigned before = errors->n;
    struct owner *o = calloc(1, sizeof *o);
    struct conf_errors warnings = { 0 };
    struct files files = { .errors = errors, .warnings = &warnings };
    struct section s = { .errors = errors, .warnings = &warnings, .files = &files };

    if (!o) {
        starve(errors, file);
        return NULL;
    }
    files.arena = s.arena = &o->arena;
    o->conf.socket_mode = 0600;
    if (files_begin(&files, file) == 0) {
        o->conf.file = files.file[0].name;
        read_all(&s, &o->conf);
        o->conf.warnings = section_copy(&s, buf_text(&warnings.text));
    } else {
        s.starved = 1;
    }
    if (buf_failed(&warnings.text))
        s.starved = 1;
    return finish(o, &s, before, file);
}

static int is_among(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return 1;
    return 0;
}

static void keep_atoms(struct section *s, const struct conf *root,
                       const char *const *without, struct conf *c)
{
    c->n_atoms = 0;
    c->atoms = section_get(s, (root->n_atoms + 1) * sizeof *c->atoms);
    for (uint32_t i = 0; c->atoms && i < root->n_atoms; i++)
        if (!is_among(without, root->atoms[i].name))
            c->atoms[c->n_atoms++] = root->atoms[i];
}

static void add_atoms(struct section *s, const char *text, struct conf *c)
{
    struct yaml *y = yaml_parse(text, strlen(text), s->file, NULL, s->errors);
    const struct yaml_node *map = y ? yaml_root(y) : NULL;
    uint32_t first = c->n_atoms;

    if (map && map->kind == YAML_MAP)
        atoms_read(s, map, c);
    else if (map)
        section_say(s, map, "atoms are a mapping such as { pulse: {} }");
    for (uint32_t i = first; i < c->n_atoms; i++)
        c->atoms[i].by_hand = 1;
    if (c->n_atoms > 1)
        atoms_refuse_twins(c, s->errors);
    yaml_free(y);
}

struct conf *conf_derive(const struct conf *root, const char *const *without,
                         const char *text, const char *file, struct conf_errors *errors)
{
    unsigned before = errors->n;
    struct owner *o = calloc(1, sizeof *o);
    struct conf_errors warnings = { 0 };
    struct section s = { .errors = errors, .warnings = &warnings, .mode = 0600 };

    if (!o) {
        starve(errors, file);
        return NULL;
    }
    s.arena = &o->arena;
    s.file = section_copy(&s, file);
    s.dir = root->state;
    o->conf = *root;
    keep_atoms(&s, root, without, &o->conf);
    if (text && !s.starved)
        add_atoms(&s, text, &o->conf);
    return finish(o, &s, before, file);
}

void conf_free(struct conf *c)
{
    struct owner *o = (struct owner *)c;
    struct arena arena;

    if (!o)
        return;
    arena = o->arena;
    free(o);
    arena_free(&arena);
}
