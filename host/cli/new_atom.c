/*
 * kiri new-atom - a folder with an atom that builds, passes its test and loads.
 *
 * The files are those of sdk/template, which this tree builds and tests as they are; the
 * word `hello` in their names and texts becomes the atom's name, everything else stays.
 */
#include "base/buf.h"
#include "base/path.h"
#include "cli/command.h"
#include "cli/template.h"

#include <kiri/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORD "hello"

enum { DIR_OPTION };

/* Targets that CMake keeps for itself, and the library `m`, which every atom links. */
static const char *const taken[] = { "all",        "clean",        "depend",
                                     "help",       "install",      "kiri",
                                     "m",          "package",      "test",
                                     "edit-cache", "rebuild-cache" };

static int check_name(const char *name, struct kiri_error *err)
{
    if (!kiri_name_ok(name))
        return kiri_fail(err, KIRI_USAGE,
                         "'%.80s' cannot name an atom: a-z, 0-9 and -, beginning with a "
                         "letter, at most 32 bytes",
                         name);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return kiri_fail(err, KIRI_USAGE,
                             "'%s' already means something to CMake: choose another name",
                             name);
    return 0;
}

/* The text with each WORD replaced. */
static void put_named(struct buf *out, const char *text, size_t len, const char *name)
{
    const char *end = text + len, *at;

    while ((at = memmem(text, (size_t)(end - text), WORD, strlen(WORD)))) {
        buf_put(out, text, (size_t)(at - text));
        buf_puts(out, name);
        text = at + strlen(WORD);
    }
    buf_put(out, text, (size_t)(end - text));
}

/* A file that is not there yet, whole. */
static int write_file(int dir, const char *place, const char *name,
                      const struct buf *text, struct kiri_error *err)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

    if (!f) {
        if (fd >= 0)
            close(fd);
        return kiri_fail(err, KIRI_NO_WRITE, "%s/%s: %s", place, name, strerror(errno));
    }
    size_t n = fwrite(text->data, 1, text->len, f);
    if (fclose(f) || n != text->len)
        return kiri_fail(err, KIRI_IO, "%s/%s: %s", place, name, strerror(errno));
    return 0;
}

static int write_one(int dir, const char *place, const struct template_file *t,
                     const char *name, struct kiri_error *err)
{
    struct buf file = { 0 }, text = { 0 };
    int rc = -1;

    put_named(&file, t->name, strlen(t->name), name);
    put_named(&text, (const char *)t->text, t->len, name);
    if (buf_failed(&file) || buf_failed(&text))
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    else
        rc = write_file(dir, place, buf_text(&file), &text, err);
    buf_free(&file);
    buf_free(&text);
    return rc;
}

/* Takes back what was written into a folder that we made. */
static void remove_all(int dir, const char *place, const char *name)
{
    for (const struct template_file *t = template_files; t->name; t++) {
        struct buf file = { 0 };

        put_named(&file, t->name, strlen(t->name), name);
        if (!buf_failed(&file))
            unlinkat(dir, buf_text(&file), 0);
        buf_free(&file);
    }
    rmdir(place);
}

/* The folder with all files, or nothing. */
static int write_folder(const char *place, const char *name, struct kiri_error *err)
{
    int rc = 0;

    if (mkdir(place, 0777))
        return kiri_fail(err, KIRI_NO_WRITE, "%s: %s", place,
                         errno == EEXIST ? "it is there already; remove it, or choose "
                                           "another name or --dir"
                                         : strerror(errno));
    int dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        rc = kiri_fail(err, KIRI_NO_WRITE, "%s: %s", place, strerror(errno));
    for (const struct template_file *t = template_files; !rc && t->name; t++)
        rc = write_one(dir, place, t, name, err);
    if (rc)
        remove_all(dir, place, name);
    if (dir >= 0)
        close(dir);
    return rc;
}

/* Does a directory of $PATH have this very program? Then CMake finds the SDK by itself.
 */
static int in_path(const char *self)
{
    const char *path = getenv("PATH");
    size_t len = strlen(self);

    while (path && *path) {
        size_t n = strcspn(path, ":");

        if (n == len && memcmp(path, self, n) == 0)
            return 1;
        path += n + (path[n] == ':');
    }
    return 0;
}

/* What to type next; where the SDK is, if CMake would not find it. */
static void say_next(const char *place, const char *name)
{
    char *self = path_self_dir(), *slash = self ? strrchr(self, '/') : NULL;
    char prefix[600] = "";

    if (slash && !in_path(self))
        snprintf(prefix, sizeof prefix, " -DCMAKE_PREFIX_PATH=%.*s", (int)(slash - self),
                 self);
    printf("%s: an atom that works already. Next:\n"
           "  cd %s\n"
           "  cmake -B build%s && cmake --build build && ctest --test-dir build\n"
           "  kiri check build/%s.so\n"
           "  kiri load build/%s.so      into the host that runs; or: kiri run %s.yaml\n",
           place, place, prefix, name, name, name);
    free(self);
}

static int run(const struct call *call)
{
    const char *name = call->word[0];
    const char *dir = call->value[DIR_OPTION];
    struct kiri_error err = { 0 };
    char *place;

    if (check_name(name, &err))
        return command_fail(&err);
    place = dir ? path_join(dir, name) : strdup(name);
    if (!place) {
        kiri_fail(&err, KIRI_INTERNAL, "memory is short");
        return command_fail(&err);
    }
    int rc = write_folder(place, name, &err);
    if (rc == 0)
        say_next(place, name);
    free(place);
    return rc ? command_fail(&err) : command_finish();
}

const struct command command_new_atom = {
    .name = "new-atom",
    .summary = "Writes a folder with an atom of your own, to build on.",
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .about =
        "Makes the folder NAME: an atom in C that watches the first number in a file,\n"
        "its test, its README, a CMakeLists.txt and a molecule. It builds, passes its\n"
        "test and loads as it is; what it reads is yours to change. Nothing in it needs\n"
        "KIRI's source tree: the installed SDK is enough. A folder that exists is left\n"
        "alone. docs/writing-an-atom.md is the guide.\n",
    .option = { { "dir", "DIR", "Where the folder is made. Default: here." } },
    .examples = "  kiri new-atom soil && cd soil\n"
                "  cmake -B build && cmake --build build && ctest --test-dir build\n"
                "  kiri check build/soil.so && kiri load build/soil.so\n",
    .exits = "  0   the folder is there\n"
             "  64  NAME cannot name an atom\n"
             "  73  the folder exists, or cannot be made; nothing was changed\n",
    .run = run,
};
