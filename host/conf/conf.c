/* conf.c - a file, its tree, and the parts that are not atoms. */
#include "conf/conf.h"

#include "base/path.h"
#include "base/value.h"
#include "conf/section.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SHOWN     160u
#define MOST_DIRS 64u
#define MOST_URLS 16u
/* A socket's path and its NUL must fit into sun_path. */
#define MOST_SOCKET (sizeof((struct sockaddr_un *)0)->sun_path - 1)

/* What conf_free gives back: the struct that the caller sees, and all it points to. */
struct owner {
    struct conf conf; /* first */
    struct arena arena;
};

static void unreadable(struct conf_errors *e, const char *file, const char *why)
{
    conf_error(e, file, 0, 0, "%s", why);
    e->code = KIRI_NO_INPUT;
}

/* Only a file that nobody else can change says what runs here. */
static int acceptable(int fd, const char *file, struct conf_errors *e)
{
    struct stat st;

    if (fstat(fd, &st)) {
        unreadable(e, file, strerror(errno));
        return 0;
    }
    if (!S_ISREG(st.st_mode)) {
        unreadable(e, file,
                   S_ISDIR(st.st_mode) ? "it is a directory, not a file"
                                       : "it is not a regular file");
        return 0;
    }
    if (st.st_mode & S_IWOTH) {
        conf_error(e, file, 0, 0, "anybody may write to it (mode %04o): chmod o-w %s",
                   st.st_mode & 07777u, file);
        return 0;
    }
    return 1;
}

/* At most one byte more than the limit, so that yaml_parse sees when it is passed. */
static char *read_whole(int fd, const char *file, size_t *len, struct conf_errors *e)
{
    size_t cap = YAML_MOST_BYTES + 1;
    char *bytes = malloc(cap);

    if (!bytes) {
        conf_error(e, file, 0, 0, "not enough memory to read it");
        e->code = KIRI_INTERNAL;
        return NULL;
    }
    *len = 0;
    while (*len < cap) {
        ssize_t got = read(fd, bytes + *len, cap - *len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            unreadable(e, file, strerror(errno));
            free(bytes);
            return NULL;
        }
        if (got == 0)
            break;
        *len += (size_t)got;
    }
    return bytes;
}

static struct yaml *read_tree(const char *file, struct conf_errors *e)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */
    struct yaml *y = NULL;
    char *bytes;
    size_t len;

    if (fd < 0) {
        unreadable(e, file, strerror(errno));
        return NULL;
    }
    bytes = acceptable(fd, file, e) ? read_whole(fd, file, &len, e) : NULL;
    if (bytes)
        y = yaml_parse(bytes, len, file, e);
    free(bytes);
    close(fd);
    return y;
}

/* The absolute directory in which the file was named. malloc'ed, or NULL. */
static char *directory_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    char *dir, *full;

    if (!slash)
        return realpath(".", NULL);
    dir = strndup(file, slash == file ? 1 : (size_t)(slash - file));
    full = dir ? realpath(dir, NULL) : NULL;
    free(dir);
    return full;
}

/* "configs/first.yaml" -> "first" */
static char *name_of_file(struct section *s)
{
    const char *slash = strrchr(s->file, '/'), *base = slash ? slash + 1 : s->file;
    char *name = section_copy(s, base), *dot = name ? strrchr(name, '.') : NULL;

    if (dot && dot != name)
        *dot = '\0';
    return name;
}

static void read_molecule(struct section *s, const struct yaml_node *root, struct conf *c)
{
    const struct yaml_node *n = yaml_get(root, "molecule");
    char *name;

    if (!n) {
        name = name_of_file(s);
        if (name && section_name_ok(s, name, 0, root->line, root->col,
                                    "this molecule's name, taken from the file's; say "
                                    "`molecule: NAME`"))
            c->molecule = name;
        return;
    }
    if (section_is(s, n, YAML_TEXT, "a name") &&
        section_name_ok(s, n->text, n->plain, n->line, n->col, "a molecule's name"))
        c->molecule = section_copy(s, n->text);
}

static void read_state(struct section *s, const struct yaml_node *root, struct conf *c)
{
    const struct yaml_node *n = yaml_get(root, "state");
    char *usual;

    if (n) {
        if (section_is(s, n, YAML_TEXT, "a directory") && *n->text)
            c->state = section_path(s, n, n->text);
        else if (n->kind == YAML_TEXT && !n->refused)
            section_say_key(s, n, "`state` is empty: say a directory, or leave it out");
        return;
    }
    usual = path_state();
    if (usual)
        c->state = section_copy(s, usual);
    else
        section_say(s, root,
                    "there is no home directory to keep state in: add "
                    "`state: /a/directory`");
    free(usual);
}

/* A list of texts, each through `take` into *out (NULL-terminated). */
static void read_list(struct section *s, const struct yaml_node *n, const char *wanted,
                      uint32_t most, char ***out,
                      char *(*take)(struct section *, const struct yaml_node *))
{
    uint32_t i = 0;
    char **list;

    if (!section_is(s, n, YAML_LIST, wanted))
        return;
    if (n->n == 0 || n->n > most) {
        section_say(s, n, "`%s` has %u entries: 1 to %u are possible%s", n->key, n->n,
                    most, n->n ? "" : "; leave the key out for the default");
        return;
    }
    list = section_get(s, (n->n + 1) * sizeof *list);
    for (const struct yaml_node *c = n->child; list && c; c = c->next) {
        if (c->refused)
            continue;
        if (c->kind != YAML_TEXT || *c->text == '\0')
            section_say(s, c, "an entry of `%s` must be one text, not %s", n->key,
                        c->kind == YAML_TEXT   ? "empty"
                        : c->kind == YAML_LIST ? "a list"
                                               : "a mapping");
        else
            list[i++] = take(s, c);
    }
    *out = list;
}

static char *take_directory(struct section *s, const struct yaml_node *n)
{
    return section_path(s, n, n->text);
}

/* The socket of an ipc:// URL, whose path must be absolute and short enough to bind. */
static char *take_socket(struct section *s, const struct yaml_node *n, const char *path)
{
    char shown[SHOWN], better[SHOWN], *full = NULL, *url = NULL;

    if (path[0] != '/' && path[0] != '~') {
        section_say(s, n, "%s has a relative path: write three slashes, ipc:///%s",
                    value_show(n->text, shown, sizeof shown),
                    value_show(*path ? path : "run/kiri/bus", better, sizeof better));
        return NULL;
    }
    full = section_path(s, n, path);
    if (!full)
        return NULL;
    if (strlen(full) > MOST_SOCKET) {
        section_say(
            s, n,
            "the socket's path %s has %zu bytes, at most %zu are possible: choose a "
            "shorter one such as ipc:///run/kiri/bus",
            value_show(full, shown, sizeof shown), strlen(full), MOST_SOCKET);
        return NULL;
    }
    url = section_get(s, strlen("ipc://") + strlen(full) + 1);
    if (url)
        stpcpy(stpcpy(url, "ipc://"), full);
    return url;
}

static char *take_url(struct section *s, const struct yaml_node *n)
{
    char shown[SHOWN];

    if (strncmp(n->text, "ipc://", 6) == 0)
        return take_socket(s, n, n->text + 6);
    if (strncmp(n->text, "tcp://", 6) == 0)
        return section_copy(s, n->text);
    section_say(s, n,
                "%s is no address to listen on: write ipc:///run/kiri/bus or "
                "tcp://127.0.0.1:4711",
                value_show(n->text, shown, sizeof shown));
    return NULL;
}

static void read_bus(struct section *s, const struct yaml_node *root, struct conf *c)
{
    static const char *const keys[] = { "listen" };
    const struct yaml_node *bus = yaml_get(root, "bus"), *listen;
    char **urls = NULL;

    if (!bus ||
        !section_is(s, bus, YAML_MAP, "a mapping: { listen: [ipc:///run/kiri/bus] }"))
        return;
    section_keys(s, bus, keys, 1);
    listen = yaml_get(bus, "listen");
    if (listen)
        read_list(s, listen, "a list: [ipc:///run/kiri/bus]", MOST_URLS, &urls, take_url);
    if (!urls || !(c->listen = section_get(s, listen->n * sizeof *c->listen)))
        return;
    for (const struct yaml_node *n = listen->child; n && urls[c->n_listen]; n = n->next) {
        c->listen[c->n_listen] = (struct conf_listen){
            .url = urls[c->n_listen], .file = s->file, .line = n->line, .col = n->col
        };
        c->n_listen++;
    }
}

static void read_root(struct section *s, const struct yaml_node *root, struct conf *c)
{
    static const char *const keys[] = { "molecule", "state", "bus", "plugins", "atoms" };
    const struct yaml_node *plugins, *atoms;

    if (root->kind != YAML_MAP) {
        section_say(s, root,
                    "a molecule is a mapping: it begins with a key such as `atoms:`");
        return;
    }
    section_keys(s, root, keys, sizeof keys / sizeof *keys);
    read_molecule(s, root, c);
    read_state(s, root, c);
    read_bus(s, root, c);
    plugins = yaml_get(root, "plugins");
    if (plugins)
        read_list(s, plugins, "a list of directories: [/usr/lib/kiri/atoms]", MOST_DIRS,
                  &c->plugins, take_directory);
    atoms = yaml_get(root, "atoms");
    if (atoms)
        atoms_read(s, atoms, c);
    else
        section_say(s, root, "`atoms` is missing: add `atoms: { pulse: {} }` or others");
}

struct conf *conf_read(const char *file, struct conf_errors *errors)
{
    unsigned before = errors->n;
    struct yaml *y = read_tree(file, errors);
    char *dir = y ? directory_of(file) : NULL;
    struct owner *o = y ? calloc(1, sizeof *o) : NULL;

    if (y && (!dir || !o)) {
        conf_error(errors, file, 0, 0, "its directory cannot be found: %s",
                   strerror(errno));
        errors->code = KIRI_INTERNAL;
    } else if (y) {
        struct section s = { .file = file, .errors = errors, .arena = &o->arena };

        o->conf.file = section_copy(&s, file);
        o->conf.socket_mode = 0600;
        o->conf.warnings = section_copy(&s, "");
        o->conf.files = section_get(&s, 2 * sizeof *o->conf.files);
        if (o->conf.files)
            o->conf.files[0] = o->conf.file;
        s.dir = section_copy(&s, dir);
        if (!s.starved)
            read_root(&s, yaml_root(y), &o->conf);
        if (s.starved) {
            conf_error(errors, file, 0, 0, "not enough memory to read it");
            errors->code = KIRI_INTERNAL;
        }
    }
    free(dir);
    yaml_free(y);
    if (o && errors->n > before) {
        conf_free(&o->conf);
        return NULL;
    }
    return o ? &o->conf : NULL;
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
