/* files.c - from names of files to their trees. */
#include "conf/files.h"

#include "base/path.h"
#include "base/value.h"
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN 160u

/* What keeps file i from being read, said where somebody can change it: at the `include`
 * that names it, or about the first file as a whole. */
static void refuse(struct files *f, uint32_t i, enum kiri_code code, const char *why)
{
    const struct file *it = &f->file[i];
    char shown[SHOWN];

    if (it->depth) {
        conf_error(f->errors, f->file[it->by].name, it->line, it->col, "%s: %s",
                   value_show(it->name, shown, sizeof shown), why);
        return;
    }
    conf_error(f->errors, it->name, 0, 0, "%s", why);
    f->errors->code = code;
}

static void starve(struct files *f, uint32_t i)
{
    refuse(f, i, KIRI_INTERNAL, "not enough memory to read it");
    f->errors->code = KIRI_INTERNAL;
}

int files_begin(struct files *f, const char *name)
{
    f->left = (struct yaml_left){ YAML_MOST_BYTES, YAML_MOST_NODES };
    f->file[0].name = arena_text(f->arena, name, strlen(name));
    f->n = f->file[0].name ? 1 : 0;
    return f->n ? 0 : -1;
}

/* `name` as its includer would open it, kept in the arena. */
static char *name_beside(struct files *f, const struct file *by, const char *name)
{
    const char *slash = strrchr(by->name, '/');
    char *home = path_expand(name), *dir, *full = NULL, *kept;

    dir = slash ? strndup(by->name, (size_t)(slash - by->name) + 1) : strdup("");
    if (home && dir)
        full = *dir ? path_join(dir, home) : strdup(home);
    kept = full ? arena_text(f->arena, full, strlen(full)) : NULL;
    free(full);
    free(dir);
    free(home);
    return kept;
}

int files_add(struct files *f, uint32_t by, const char *name, uint32_t line, uint32_t col)
{
    const struct file *includer = &f->file[by];
    struct file *it;

    if (f->n == FILES_MOST) {
        conf_error(f->errors, includer->name, line, col,
                   "more than %u files belong to this molecule: put some together",
                   FILES_MOST);
        return 0;
    }
    it = &f->file[f->n];
    *it = (struct file){
        .name = name_beside(f, includer, name),
        .depth = includer->depth + 1,
        .by = by,
        .line = line,
        .col = col,
    };
    if (!it->name)
        return -1;
    f->n++;
    return 0;
}

/* Was the file that i names opened before? Every chain of includes ends here. */
static int read_before(struct files *f, uint32_t i)
{
    const struct file *it = &f->file[i];
    char why[SHOWN + 128], shown[SHOWN];
    uint32_t same = 0, up = it->by;

    while (same < i &&
           (f->file[same].inode != it->inode || f->file[same].device != it->device))
        same++;
    if (same == i)
        return 0;
    while (up != same && f->file[up].depth)
        up = f->file[up].by;
    value_show(f->file[f->file[same].by].name, shown, sizeof shown);
    if (up == same)
        snprintf(why, sizeof why, "a file that includes itself: remove this entry");
    else
        snprintf(why, sizeof why,
                 "it is included a second time, first in %s:%u: remove one", shown,
                 f->file[same].line);
    refuse(f, i, KIRI_BAD_CONFIG, why);
    return 1;
}

/* Only a file that nobody else can change says what runs here. */
static int acceptable(struct files *f, uint32_t i, int fd)
{
    struct file *it = &f->file[i];
    char why[512];
    struct stat st;
    int guard;

    if (fstat(fd, &st)) {
        refuse(f, i, KIRI_NO_INPUT, strerror(errno));
        return 0;
    }
    it->mode = st.st_mode;
    it->device = st.st_dev;
    it->inode = st.st_ino;
    if (!S_ISREG(st.st_mode)) {
        refuse(f, i, KIRI_NO_INPUT,
               S_ISDIR(st.st_mode) ? "it is a directory, not a file"
                                   : "it is not a regular file");
        return 0;
    }
    if (read_before(f, i))
        return 0;
    if (it->depth > FILES_DEEP) {
        snprintf(why, sizeof why, "files are included more than %u deep", FILES_DEEP);
        refuse(f, i, KIRI_BAD_CONFIG, why);
        return 0;
    }
    guard = conf_guard(it->name, &st, why, sizeof why);
    if (guard < 0)
        refuse(f, i, KIRI_BAD_CONFIG, why);
    else if (guard)
        conf_error(f->warnings, it->name, 0, 0, "%s", why);
    return guard >= 0;
}

/* At most one byte more than is still allowed, so that yaml_parse sees when it is passed.
 */
static char *read_whole(struct files *f, uint32_t i, int fd, size_t *len)
{
    size_t cap = f->left.bytes + 1;
    char *bytes = malloc(cap);

    if (!bytes) {
        starve(f, i);
        return NULL;
    }
    *len = 0;
    while (*len < cap) {
        ssize_t got = read(fd, bytes + *len, cap - *len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            refuse(f, i, KIRI_NO_INPUT, strerror(errno));
            free(bytes);
            return NULL;
        }
        if (got == 0)
            break;
        *len += (size_t)got;
    }
    return bytes;
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

static int find_directory(struct files *f, uint32_t i)
{
    char *dir = directory_of(f->file[i].name);

    f->file[i].dir = dir ? arena_text(f->arena, dir, strlen(dir)) : NULL;
    if (!dir && errno != ENOMEM)
        refuse(f, i, KIRI_NO_INPUT, "its directory cannot be found");
    else if (!f->file[i].dir)
        starve(f, i);
    free(dir);
    return f->file[i].dir != NULL;
}

struct yaml *files_read(struct files *f, uint32_t i)
{
    const char *name = f->file[i].name;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */
    struct yaml *y = NULL;
    char *bytes = NULL;
    size_t len;

    if (fd < 0) {
        refuse(f, i, KIRI_NO_INPUT, strerror(errno));
        return NULL;
    }
    if (acceptable(f, i, fd) && find_directory(f, i))
        bytes = read_whole(f, i, fd, &len);
    if (bytes)
        y = yaml_parse(bytes, len, name, &f->left, f->errors);
    free(bytes);
    close(fd);
    return y;
}
