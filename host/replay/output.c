#include "replay/output.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    FILE *file;
    char *path, *temp; /* path NULL: the standard output; temp NULL: as it comes */
    int force;
};

static void release(struct output *o)
{
    free(o->path);
    free(o->temp);
    free(o);
}

/* A file under its other name, next to where it will be; what is no file as it is. */
static int open_file(struct output *o, struct kiri_error *err)
{
    int fd = o->temp ? open(o->temp,
                            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)
                     : open(o->path, O_WRONLY | O_CLOEXEC);

    o->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (o->file)
        return 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return kiri_fail(err, KIRI_NO_WRITE, "cannot write %s: %s", o->path, strerror(why));
}

/* Names what is written until it is whole. */
static int name_it(struct output *o, const char *path, struct kiri_error *err)
{
    struct stat st;
    int there = stat(path, &st) == 0;

    o->path = strdup(path);
    if (!o->path)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    if (there && !S_ISREG(st.st_mode))
        return 0;
    if (there && !o->force)
        return kiri_fail(err, KIRI_NO_WRITE,
                         "%s is there already: say --force to replace it", path);
    if (asprintf(&o->temp, "%s.%ld.tmp", path, (long)getpid()) >= 0)
        return 0;
    o->temp = NULL;
    return kiri_fail(err, KIRI_INTERNAL, "out of memory");
}

struct output *output_open(const char *path, int force, struct kiri_error *err)
{
    struct output *o = calloc(1, sizeof *o);

    if (!o) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    o->force = force;
    if (!path || strcmp(path, "-") == 0) {
        o->file = stdout;
        return o;
    }
    if (name_it(o, path, err) == 0 && open_file(o, err) == 0)
        return o;
    release(o);
    return NULL;
}

static int failed(const struct output *o, struct kiri_error *err)
{
    return kiri_fail(err, KIRI_IO, "cannot write %s: %s",
                     o->path ? o->path : "the output", strerror(errno));
}

int output_write(struct output *o, const void *bytes, size_t len, struct kiri_error *err)
{
    return fwrite(bytes, 1, len, o->file) == len ? 0 : failed(o, err);
}

int output_flush(struct output *o, struct kiri_error *err)
{
    return fflush(o->file) ? failed(o, err) : 0;
}

/* Gives the file its name; without force only if nobody else took it meanwhile. */
static int give_name(struct output *o)
{
    assert(o->path);
    if (o->force)
        return rename(o->temp, o->path);
    return link(o->temp, o->path) || unlink(o->temp) ? -1 : 0;
}

int output_keep(struct output *o, struct kiri_error *err)
{
    int rc = fflush(o->file) || ferror(o->file) ? failed(o, err) : 0;

    if (rc == 0 && o->temp && fsync(fileno(o->file)))
        rc = failed(o, err);
    if (o->path && fclose(o->file) && rc == 0)
        rc = failed(o, err);
    if (rc == 0 && o->temp && give_name(o))
        rc = failed(o, err);
    if (rc && o->temp)
        unlink(o->temp);
    release(o);
    return rc;
}

void output_drop(struct output *o)
{
    if (!o)
        return;
    if (o->path)
        fclose(o->file);
    if (o->temp)
        unlink(o->temp);
    release(o);
}
