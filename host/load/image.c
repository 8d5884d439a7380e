/* image.c - the private copy: made once, sealed, opened by its number. */
#include "load/image.h"

#include "base/log.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Could somebody else have put other bytes there? In a sticky directory (/tmp) nobody can
 * replace a file of ours. */
static int check_writers(int fd, const char *path, struct kiri_error *err)
{
    struct stat st;
    char *copy;

    if (fstat(fd, &st) == 0 && st.st_mode & S_IWOTH)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "anybody may write to it (mode %04o): chmod o-w",
                         st.st_mode & 07777u);
    copy = strdup(path);
    if (!copy)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    const char *dir = dirname(copy);
    int open_to_all =
        stat(dir, &st) == 0 && st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX);
    if (open_to_all)
        kiri_fail(err, KIRI_BAD_DATA,
                  "anybody may replace it, for its directory has mode %04o: chmod o-w %s",
                  st.st_mode & 07777u, dir);
    free(copy);
    return open_to_all ? -1 : 0;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        bytes += done;
        n -= (size_t)done;
    }
    return 0;
}

static int copy_bytes(int from, int to, struct kiri_error *err)
{
    char bytes[16384];
    size_t total = 0;

    for (;;) {
        ssize_t got = read(from, bytes, sizeof bytes);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return kiri_fail(err, KIRI_NO_INPUT, "it cannot be read: %s",
                             strerror(errno));
        if (got == 0)
            return 0;
        total += (size_t)got;
        if (total > IMAGE_MOST_BYTES)
            return kiri_fail(err, KIRI_BAD_DATA, "it is larger than %u MiB",
                             IMAGE_MOST_BYTES / 1048576);
        if (write_all(to, bytes, (size_t)got))
            return kiri_fail(err, KIRI_INTERNAL, "no memory for a private copy: %s",
                             strerror(errno));
    }
}

/* Copies, so that it is the copy that gets checked and nothing can change in between. */
static int private_copy(int from, struct kiri_error *err)
{
    int fd = memfd_create("kiri-atom", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return kiri_fail(err, KIRI_INTERNAL, "no private copy: %s", strerror(errno));
    if (copy_bytes(from, fd, err))
        goto fail;
    if (fchmod(fd, 0400) ||
        fcntl(fd, F_ADD_SEALS,
              F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)) {
        kiri_fail(err, KIRI_INTERNAL, "the private copy cannot be sealed: %s",
                  strerror(errno));
        goto fail;
    }
    if (image_check(fd, err))
        goto fail;
    return fd;

fail:
    close(fd);
    return -1;
}

int image_open(const char *path, struct kiri_error *err)
{
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), fd = -1;
    struct stat st;

    if (from < 0)
        return kiri_fail(err, KIRI_NO_INPUT, "it cannot be opened: %s", strerror(errno));
    if (fstat(from, &st))
        kiri_fail(err, KIRI_NO_INPUT, "it cannot be read: %s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        kiri_fail(err, KIRI_BAD_DATA, "it is %s, not a shared object",
                  S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
    else if (check_writers(from, path, err) == 0)
        fd = private_copy(from, err);
    close(from);
    return fd;
}

static void image_name(int fd, char out[32])
{
    snprintf(out, 32, "/proc/self/fd/%d", fd);
}

static int cannot_open(const char *name, struct kiri_error *err)
{
    const char *why = dlerror();
    size_t len = strlen(name);

    if (!why)
        why = "unknown error";
    if (strncmp(why, name, len) == 0 && strncmp(why + len, ": ", 2) == 0)
        why += len + 2;
    return kiri_fail(err, KIRI_BAD_DATA, "the dynamic linker refuses it: %s", why);
}

void *image_load(int fd, const struct kiri_atom **atom, size_t *room,
                 struct kiri_error *err)
{
    const ElfW(Sym) *symbol = NULL;
    char name[32];
    Dl_info info;
    void *handle, *found, *extra = NULL;

    image_name(fd, name);
    handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        cannot_open(name, err);
        return NULL;
    }
    found = dlsym(handle, "kiri_atom");
    if (!found) {
        kiri_fail(err, KIRI_BAD_DATA,
                  "it has no symbol `kiri_atom`: it is a library, but not an atom");
        dlclose(handle);
        return NULL;
    }
    if (dladdr1(found, &info, &extra, RTLD_DL_SYMENT))
        symbol = extra;
    *room = symbol ? symbol->st_size : 0;
    *atom = found;
    return handle;
}

void image_unload(void *handle, int fd)
{
    char name[32];
    void *still;

    image_name(fd, name);
    dlclose(handle);
    still = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
    if (!still) {
        close(fd);
        return;
    }
    dlclose(still);
    log_warn("an atom's image cannot be unmapped (it was linked with -z nodelete, or has "
             "unique C++ symbols): each reload of it keeps its memory");
}
