#include "cli/demo_host.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE     "10m" /* if we are killed, it ends by itself */
#define STOP_MS  6000
#define LOG_MOST 65536

static char *make_dir(void)
{
    const char *given = getenv("TMPDIR");
    const char *places[] = { given && *given ? given : "/dev/shm", "/dev/shm", "/tmp" };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *dir = path_join(places[i], "kiri-demo-XXXXXX");
        if (dir && mkdtemp(dir))
            return dir;
        free(dir);
    }
    return NULL;
}

static int write_molecule(const char *path, const char *dir, struct kiri_error *err)
{
    FILE *f = fopen(path, "we");

    if (!f)
        return kiri_fail(err, KIRI_NO_WRITE, "cannot write %s: %s", path,
                         strerror(errno));
    fprintf(f,
            "molecule: demo\n"
            "state: %s/state\n"
            "atoms:\n"
            "  pulse:\n"
            "    plugin: pulse\n"
            "    language: " DEMO_LANGUAGE "\n"
            "    every: " DEMO_EVERY "\n"
            "    alarm: " DEMO_ALARM "\n"
            "    learn: { warmup: " DEMO_WARMUP " }\n",
            dir);
    if (fclose(f))
        return kiri_fail(err, KIRI_NO_WRITE, "cannot write %s: %s", path,
                         strerror(errno));
    return 0;
}

static int spawn(struct demo_host *h, char *molecule, const char *log,
                 struct kiri_error *err)
{
    unsetenv("RUNTIME_DIRECTORY"); /* its sockets are in its own folder, too */
    unsetenv("XDG_RUNTIME_DIR");
    char *argv[] = { "kiri", "run", molecule, "--for", LIFE, NULL };
    posix_spawn_file_actions_t files;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    int rc = posix_spawn(&h->pid, "/proc/self/exe", &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    if (!rc)
        return 0;
    h->pid = 0;
    return kiri_fail(err, KIRI_INTERNAL, "cannot start a host: %s", strerror(rc));
}

int demo_host_start(struct demo_host *h, struct kiri_error *err)
{
    *h = (struct demo_host){ .dir = make_dir() };
    if (!h->dir)
        return kiri_fail(err, KIRI_NO_WRITE,
                         "no place for a temporary folder: set TMPDIR");
    char *molecule = path_join(h->dir, "demo.yaml"), *log = path_join(h->dir, "log");
    int rc = molecule && log ? write_molecule(molecule, h->dir, err)
                             : kiri_fail(err, KIRI_INTERNAL, "memory is short");
    if (!rc)
        rc = spawn(h, molecule, log, err);
    free(molecule);
    free(log);
    return rc;
}

char *demo_host_state(const struct demo_host *h)
{
    return path_join(h->dir, "state");
}

int demo_host_alive(struct demo_host *h, struct kiri_error *err)
{
    size_t len;

    if (!h->pid || waitpid(h->pid, NULL, WNOHANG) != h->pid)
        return 0;
    h->pid = 0;
    char *path = path_join(h->dir, "log");
    char *log = path ? path_read(path, LOG_MOST, &len, NULL) : NULL;
    size_t n = log ? strlen(log) : 0;
    while (n && log[n - 1] == '\n')
        log[--n] = '\0';
    const char *last = log ? strrchr(log, '\n') : NULL;
    kiri_fail(err, KIRI_UNAVAILABLE, "the host has ended: %s",
              last  ? last + 1
              : log ? log
                    : "it left no log");
    free(log);
    free(path);
    return -1;
}

static void rest_a_little(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

static void stop(struct demo_host *h)
{
    if (!h->pid)
        return;
    kill(h->pid, SIGTERM);
    for (int i = 0; i < STOP_MS / 20; i++) {
        pid_t ended = waitpid(h->pid, NULL, WNOHANG);
        if (ended == h->pid || (ended < 0 && errno != EINTR)) {
            h->pid = 0;
            return;
        }
        rest_a_little();
    }
    kill(h->pid, SIGKILL);
    waitpid(h->pid, NULL, 0);
    h->pid = 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

void demo_host_end(struct demo_host *h, int keep)
{
    stop(h);
    if (h->dir && !keep)
        nftw(h->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(h->dir);
    h->dir = NULL;
}
