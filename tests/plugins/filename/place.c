#include "place.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct kiri_atom *load(void)
{
    void *so = dlopen(KIRI_BUILD_DIR "/plugins/filename.so", RTLD_NOW | RTLD_LOCAL);

    if (!so)
        fail_msg("%s", dlerror());
    return dlsym(so, "kiri_atom");
}

int place_make(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    strcpy(p->dir, "/tmp/kiri-names-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    p->t = kiri_test_new(load());
    place_folder(p, "in");
    snprintf(p->kept, sizeof p->kept, "%s/in", p->dir);
    kiri_test_option(p->t, "watch", p->kept);
    *state = p;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)st, (void)what, (void)ftw;
    return remove(path);
}

int place_drop(void **state)
{
    struct place *p = *state;

    int rc = kiri_test_done(p->t);
    nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    place_forget(p);
    free(p->told);
    free(p);
    return rc;
}

const char *place_path(struct place *p, const char *path)
{
    static char full[PATH_MAX];

    assert_true(snprintf(full, sizeof full, "%s/%s", p->dir, path) < PATH_MAX);
    return full;
}

void place_file(struct place *p, const char *path)
{
    int fd = open(place_path(p, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        fail_msg("%s: %s", path, strerror(errno));
    close(fd);
}

void place_folder(struct place *p, const char *path)
{
    assert_int_equal(mkdir(place_path(p, path), 0700), 0);
}

void place_rename(struct place *p, const char *from, const char *to)
{
    char before[PATH_MAX];

    strcpy(before, place_path(p, from));
    assert_int_equal(rename(before, place_path(p, to)), 0);
}

void place_remove(struct place *p, const char *path)
{
    assert_int_equal(remove(place_path(p, path)), 0);
}

void place_open(struct place *p)
{
    place_forget(p);
    assert_int_equal(kiri_test_open(p->t), KIRI_OK);
}

int64_t place_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void remember(struct place *p)
{
    const union kiri_value *v = &p->t->v[0];
    struct told *told;

    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 64;
        p->told = realloc(p->told, p->cap * sizeof *p->told);
        assert_non_null(p->told);
    }
    told = &p->told[p->n++];
    told->len = v->text.len;
    told->name = calloc(1, v->text.len + 1u);
    told->label = strdup(p->t->row.label ? p->t->row.label : "");
    assert_true(told->name && told->label);
    memcpy(told->name, v->text.ptr, v->text.len);
}

int place_step(struct place *p, int64_t deadline)
{
    struct pollfd fd = { .fd = p->t->atom->fd(p->t->self), .events = POLLIN };
    int rc = kiri_test_collect(p->t);

    assert_in_range(rc, KIRI_OK, KIRI_NONE);
    if (rc != KIRI_NONE) {
        remember(p);
        return 1;
    }
    int64_t left = deadline - place_now();
    if (left <= 0)
        fail_msg("nothing came in time; it said: %s", p->t->line);
    poll(&fd, 1, left > 100 ? 100 : (int)left);
    return 0;
}

void place_until(struct place *p, uint32_t n)
{
    int64_t deadline = place_now() + PLACE_DEADLINE_MS;

    while (p->n < n)
        place_step(p, deadline);
}

void place_collect(struct place *p, const char *folder)
{
    int64_t deadline = place_now() + PLACE_DEADLINE_MS;
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/end-%u", folder, p->ends++);
    place_file(p, path);
    while (!place_count(p, path))
        place_step(p, deadline);
    while (place_count(p, path)) { /* reading folders may tell what is newer first */
        if (kiri_test_collect(p->t) == KIRI_NONE)
            break;
        remember(p);
    }
    for (uint32_t i = 0; i < p->n; i++)
        if (strcmp(p->told[i].label, place_path(p, path)) == 0) {
            free(p->told[i].name);
            free(p->told[i].label);
            p->told[i] = p->told[--p->n];
        }
}

unsigned place_count(const struct place *p, const char *path)
{
    unsigned n = 0;
    size_t len = strlen(p->dir);

    for (uint32_t i = 0; i < p->n; i++)
        n += strncmp(p->told[i].label, p->dir, len) == 0 &&
             p->told[i].label[len] == '/' &&
             strcmp(p->told[i].label + len + 1, path) == 0;
    return n;
}

void place_is(struct place *p, const char *const *paths, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (place_count(p, paths[i]) != 1)
            fail_msg("%s was told %u times", paths[i], place_count(p, paths[i]));
    if (p->n != n)
        for (uint32_t i = 0; i < p->n; i++)
            print_message("told: %s\n", p->told[i].label);
    assert_int_equal(p->n, n);
}

void place_forget(struct place *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        free(p->told[i].name);
        free(p->told[i].label);
    }
    p->n = 0;
}
