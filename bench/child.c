#include "bench/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int child_beside(const char *file, char *path, size_t cap)
{
    const ssize_t n = readlink("/proc/self/exe", path, cap - 1);

    if (n < 0)
        return -1;
    path[n] = 0;
    char *name = strrchr(path, '/') + 1;
    const size_t left = cap - (size_t)(name - path);
    return snprintf(name, left, "%s", file) < (int)left ? 0 : -1;
}

static pid_t spawn(char *const argv[], int in, int out)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ))
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

int child_start(struct child *c, char *const argv[])
{
    int in[2], out[2];

    *c = (struct child){ .pid = -1 };
    if (pipe2(in, O_CLOEXEC))
        return -1;
    if (pipe2(out, O_CLOEXEC)) {
        close(in[0]);
        close(in[1]);
        return -1;
    }
    c->pid = spawn(argv, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    c->to = fdopen(in[1], "w");
    c->from = fdopen(out[0], "r");
    if (c->pid > 0 && c->to && c->from)
        return 0;
    child_end(c);
    return -1;
}

int child_end(struct child *c)
{
    char rest[256];
    int status = -1;

    if (c->to)
        fclose(c->to);
    while (c->from && fgets(rest, sizeof rest, c->from))
        continue;
    if (c->from)
        fclose(c->from);
    if (c->pid > 0 && waitpid(c->pid, &status, 0) < 0)
        status = -1;
    *c = (struct child){ .pid = -1 };
    return status;
}
