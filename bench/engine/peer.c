#include "bench/engine/peer.h"

#include "bench/child.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 256

struct peer {
    struct child child;
    char is[LINE];
};

/* One line without its end; -1: there is none. */
static int read_line(struct peer *p, char line[LINE])
{
    if (!fgets(line, LINE, p->child.from))
        return -1;
    line[strcspn(line, "\n")] = 0;
    return 0;
}

static int tell(struct peer *p, const char *line, char answer[LINE])
{
    if (fputs(line, p->child.to) < 0 || fflush(p->child.to) || read_line(p, answer)) {
        fprintf(stderr, "engine: the peer has ended, after: %s", line);
        return -1;
    }
    return 0;
}

/* Debian's own interpreter first: its packages are not those of another one. */
static char *const pythons[] = { (char[]){ "/usr/bin/python3" }, (char[]){ "python3" } };

/* 0: it is there and says that it is PyTorch; `is` is what it said. */
static int start(struct peer *p, char *python)
{
    char script[512];
    char *const argv[] = { python, script, NULL };

    if (child_beside("peer_torch.py", script, sizeof script) ||
        child_start(&p->child, argv) || read_line(p, p->is))
        return -1;
    return strncmp(p->is, "PyTorch ", 8) == 0 ? 0 : -1;
}

struct peer *peer_open(const char *name)
{
    if (strcmp(name, "torch") != 0) {
        fprintf(stderr, "engine: the peer %s is not known; say --peer torch\n", name);
        return NULL;
    }
    struct peer *p = calloc(1, sizeof *p);
    signal(SIGPIPE, SIG_IGN); /* a peer that ends is told of in a sentence */
    for (size_t i = 0; p && i < sizeof pythons / sizeof *pythons; i++) {
        if (start(p, pythons[i]) == 0)
            return p;
        child_end(&p->child);
    }
    fprintf(stderr,
            "engine: there is no PyTorch to compare with (%s): apt-get install "
            "python3-torch libopenblas0\n",
            p && *p->is ? p->is : "python3 says nothing");
    free(p);
    return NULL;
}

void peer_close(struct peer *p)
{
    if (p)
        child_end(&p->child);
    free(p);
}

const char *peer_is(const struct peer *p)
{
    return p->is;
}

int peer_load(struct peer *p, const struct work *w)
{
    char path[] = "/tmp/kiri-bench-XXXXXX", line[LINE], answer[LINE];
    const int fd = mkstemp(path);

    if (fd < 0) {
        perror("engine: /tmp");
        return -1;
    }
    close(fd);
    snprintf(line, sizeof line, "load %s %s\n", w->plan->name, path);
    int rc = work_write(w, path);
    if (rc)
        fprintf(stderr, "engine: %s: %s\n", path, strerror(errno));
    else
        rc = tell(p, line, answer);
    if (rc == 0 && strcmp(answer, "ok") != 0) {
        fprintf(stderr, "engine: the peer does not take %s: %s\n", w->plan->name, answer);
        rc = -1;
    }
    unlink(path);
    return rc;
}

int peer_run(struct peer *p, const struct work *w, double seconds, double *us,
             double check[WORK_CHECKS])
{
    char line[LINE], answer[LINE], name[32];

    snprintf(line, sizeof line, "run %s %.4f\n", w->plan->name, seconds);
    if (tell(p, line, answer))
        return -1;
    if (sscanf(answer, "%31s %lf %lf %lf %lf", name, us, &check[0], &check[1],
               &check[2]) != 5 ||
        strcmp(name, w->plan->name) != 0) {
        fprintf(stderr, "engine: the peer says of %s: %s\n", w->plan->name, answer);
        return -1;
    }
    return 0;
}

int peer_agrees(const double ours[WORK_CHECKS], const double theirs[WORK_CHECKS])
{
    for (uint32_t i = 0; i < WORK_CHECKS; i++)
        if (!(fabs(ours[i] - theirs[i]) <= 1e-3 * fabs(ours[i])))
            return 0;
    return 1;
}
