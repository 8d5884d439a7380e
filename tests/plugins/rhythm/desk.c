#include "desk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const struct kiri_atom *rhythm(void)
{
    void *so = dlopen(KIRI_BUILD_DIR "/plugins/rhythm.so", RTLD_NOW | RTLD_LOCAL);
    const struct kiri_atom *atom = so ? dlsym(so, "kiri_atom") : NULL;

    if (!atom)
        fprintf(stderr, "%s\n", dlerror());
    return atom;
}

int desk_set_up(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    const struct kiri_atom *atom = rhythm();
    char pts[96];

    if (!d || !atom)
        return -1;
    unsetenv("DISPLAY");
    unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    strcpy(d->root, "/tmp/kiri-desk-XXXXXX");
    if (!mkdtemp(d->root))
        return -1;
    snprintf(d->dev, sizeof d->dev, "%s/dev", d->root);
    snprintf(pts, sizeof pts, "%s/pts", d->dev);
    if (mkdir(d->dev, 0700) || mkdir(pts, 0700))
        return -1;
    d->t = kiri_test_new(atom);
    d->t->now_ms = 1763679600000;
    kiri_test_option(d->t, "idle", "terminals");
    kiri_test_option(d->t, "dev", d->dev);
    typed(d, "pts/0", d->t->now_ms);
    *state = d;
    return 0;
}

int desk_tear_down(void **state)
{
    struct desk *d = *state;
    char *const rm[] = { "rm", "-rf", d->root, NULL };
    int pid, status, broken = kiri_test_done(d->t);

    if (posix_spawnp(&pid, "rm", NULL, NULL, rm, environ) == 0)
        TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
    free(d);
    return broken ? -1 : 0;
}

void desk_open(struct desk *d)
{
    assert_int_equal(kiri_test_open(d->t), KIRI_OK);
}

void typed(const struct desk *d, const char *terminal, int64_t ms)
{
    struct timespec when[2] = { { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 },
                                { .tv_nsec = UTIME_OMIT } };
    char path[200];

    snprintf(path, sizeof path, "%s/%s", d->dev, terminal);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, when), 0);
    close(fd);
}

void later(struct desk *d, int64_t ms)
{
    d->t->now_ms += ms;
    d->t->mono_ms += ms;
}

void row(struct desk *d)
{
    assert_int_equal(kiri_test_collect(d->t), KIRI_OK);
}

double value(struct desk *d, const char *field)
{
    return kiri_test_number(d->t, field);
}

void look(struct desk *d)
{
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_obs obs = { .size = sizeof obs,
                            .n = d->t->schema->n_fields,
                            .time_ms = d->t->now_ms,
                            .v = v,
                            .cause = KIRI_READABLE };

    kiri_missing(d->t->schema, v);
    assert_int_equal(d->t->atom->collect(d->t->self, &obs), KIRI_NONE);
}

const char *at_root(const struct desk *d, const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", d->root, name);
    return path;
}

void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

void shell(const struct desk *d, const char *command)
{
    char line[1500];
    int pid, status = -1;

    snprintf(line, sizeof line, "set -e; cd '%s'; exec >shell.log 2>&1; %s", d->root,
             command);
    char *const argv[] = { "sh", "-c", line, NULL };
    assert_int_equal(posix_spawnp(&pid, "sh", NULL, NULL, argv, environ), 0);
    assert_int_equal(TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)), pid);
    if (status != 0)
        print_error("%s: see %s\n", command, at_root(d, "shell.log"));
    assert_int_equal(status, 0);
}

int start_child(char *const argv[], int *out)
{
    posix_spawn_file_actions_t actions;
    int pid, ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *out = ends[0];
    return pid;
}

void end_child(int pid)
{
    int status;

    kill(pid, SIGKILL);
    assert_int_equal(TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)), pid);
}

void read_line(int fd, char *line, size_t cap)
{
    size_t n = 0;
    char c = 0;

    while (n < cap - 1 && c != '\n') {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        assert_int_equal(TEMP_FAILURE_RETRY(poll(&p, 1, 10000)), 1);
        assert_int_equal(TEMP_FAILURE_RETRY(read(fd, &c, 1)), 1);
        line[n++] = c;
    }
    line[n - 1] = '\0';
}
