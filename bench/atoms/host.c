#include "bench/atoms/host.h"

#include <kiri/client.h>

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARMUP 750
#define ASK_MS 30000
#define PATH   600

/* ---- its folder ------------------------------------------------------------------ */

static int write_molecule(const struct host *h, const struct host_plan *p,
                          const char *path)
{
    char atoms[PATH];
    FILE *f = fopen(path, "w");

    if (!f || child_beside("atoms.d", atoms, sizeof atoms))
        return -1;
    fprintf(f, "molecule: many\nstate: %s/state\nplugins: [%s]\n", h->dir, atoms);
    fprintf(f, "bus: { listen: [ipc://%s/bus] }\natoms:\n", h->dir);
    for (unsigned i = 0; i < p->atoms; i++) {
        fprintf(f,
                "  m%04u: { plugin: metric, every: 1s, seed: %u, backlog: %u, learn: ", i,
                i + 1, p->backlog);
        if (p->learns)
            fprintf(f, "{ warmup: %d } }\n", WARMUP);
        else
            fputs("off }\n", f);
    }
    const int failed = ferror(f);
    return fclose(f) || failed ? -1 : 0;
}

static int forget(const char *path, const struct stat *s, int what, struct FTW *at)
{
    (void)s, (void)what, (void)at;
    return remove(path);
}

/* ---- its life -------------------------------------------------------------------- */

/* Its control socket, as its state directory says. */
static int find_control(struct host *h)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/state/host.json", h->dir);
    json_t *said = json_load_file(path, 0, NULL);
    const char *url = json_string_value(json_object_get(said, "control"));
    const int rc = url && strlen(url) < sizeof h->control ? 0 : -1;

    if (rc == 0)
        snprintf(h->control, sizeof h->control, "%s", url);
    json_decref(said);
    return rc;
}

int host_start(struct host *h, const struct host_plan *plan)
{
    char shell[] = "sh", flag[] = "-c", script[] = "exec \"$0\" run \"$1\" 2>\"$2\"";
    char kiri[PATH], yaml[PATH], log[PATH];
    char *const argv[] = { shell, flag, script, kiri, yaml, log, NULL };

    *h = (struct host){ .dir = "/tmp/kiri-bench-XXXXXX" };
    if (!mkdtemp(h->dir)) {
        perror("atoms: /tmp");
        return -1;
    }
    snprintf(yaml, sizeof yaml, "%s/many.yaml", h->dir);
    snprintf(log, sizeof log, "%s/log", h->dir);
    snprintf(h->bus, sizeof h->bus, "ipc://%s/bus", h->dir);
    if (write_molecule(h, plan, yaml) || child_beside("../bin/kiri", kiri, sizeof kiri) ||
        child_start(&h->child, argv)) {
        fprintf(stderr, "atoms: a host cannot be started: %s\n", strerror(errno));
        host_stop(h);
        return -1;
    }
    return 0;
}

int host_runs(struct host *h)
{
    char path[PATH], line[512];

    if (waitpid(h->child.pid, NULL, WNOHANG) == 0)
        return 1;
    h->child.pid = -1;
    snprintf(path, sizeof path, "%s/log", h->dir);
    FILE *log = fopen(path, "r");
    while (log && fgets(line, sizeof line, log))
        fprintf(stderr, "atoms: %s", line);
    if (log)
        fclose(log);
    return 0;
}

void host_stop(struct host *h)
{
    if (h->child.pid > 0)
        kill(h->child.pid, SIGTERM);
    child_end(&h->child);
    nftw(h->dir, forget, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- its status ------------------------------------------------------------------ */

static uint64_t number(const json_t *atom, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(atom, key));
}

static void add(const json_t *atom, struct host_status *out)
{
    out->atoms += number(atom, "rows") > 0;
    out->trained += number(atom, "gen") > 0;
    out->rows += number(atom, "rows");
    out->waiting += number(atom, "waiting");
    out->skipped += number(atom, "skipped");
    out->dropped += number(atom, "dropped");
    out->turns_skipped += number(atom, "turns_skipped");
}

int host_ask(struct host *h, struct host_status *out)
{
    char why[256], request[96];
    static unsigned asked;
    size_t len, i;
    json_t *atom;

    *out = (struct host_status){ 0 };
    if (!*h->control && find_control(h))
        return -1;
    snprintf(request, sizeof request, "{\"id\":\"bench-%u\",\"cmd\":\"status\"}",
             ++asked);
    char *said = kiri_client_ask(h->control, request, ASK_MS, &len, why, sizeof why);
    json_t *status = said ? json_loadb(said, len, 0, NULL) : NULL;
    json_array_foreach(json_object_get(status, "atoms"), i, atom) add(atom, out);
    const int rc = status ? 0 : -1;
    json_decref(status);
    free(said);
    return rc;
}

/* ---- what it needs --------------------------------------------------------------- */

double host_rss_mb(const struct host *h)
{
    char path[64], line[128];
    double kb = -1;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)h->child.pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "Rss:", 4) == 0)
            kb = strtod(line + 4, NULL);
    if (f)
        fclose(f);
    return kb < 0 ? -1 : kb * 1024 / 1e6;
}

double host_cpu_s(const struct host *h)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, system = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)h->child.pid);
    FILE *f = fopen(path, "r");
    const char *after = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (f)
        fclose(f);
    if (!after ||
        sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &system) != 2)
        return -1;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}
