#include "repositories.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KEY       "repositories"
#define VERSION   1u
#define RECENT_MS (15 * 60 * 1000)

/* As it stands in the small state: below 4 KiB. */
struct kept {
    uint32_t version, n;
    int64_t at_ms;
    uint64_t latest;
    struct {
        uint64_t id;
        struct reflog_mark mark;
    } of[REPOSITORIES_MOST];
};
_Static_assert(sizeof(struct kept) <= 4096, "a value of the small state");

/* ---- where a repository's HEAD is noted ------------------------------------------ */

static int is(const char *path, mode_t type)
{
    struct stat st;

    return stat(path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

/* dir/name into out[PATH_MAX]; 0, or -1 when it is too long. */
static int join(char *out, const char *dir, const char *name)
{
    int n = *name == '/' ? snprintf(out, PATH_MAX, "%s", name)
                         : snprintf(out, PATH_MAX, "%s/%s", dir, name);

    return n < PATH_MAX ? 0 : -1;
}

/* The file says "gitdir: WHERE", from its own folder on. */
static int follow(const char *file, const char *dir, char *out)
{
    char line[PATH_MAX + 16] = "";

    FILE *f = fopen(file, "re");
    if (!f)
        return -1;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    fclose(f);
    line[strcspn(line, "\r\n")] = '\0';
    return strncmp(line, "gitdir: ", 8) == 0 ? join(out, dir, line + 8) : -1;
}

/* The reflog of the HEAD of what stands at path: into out[PATH_MAX]. 0, or -1: nothing
 * there is a repository. */
static int find_reflog(const char *path, char *out)
{
    char git[PATH_MAX], where[PATH_MAX];
    int rc = join(git, path, ".git");

    if (rc == 0 && is(git, S_IFDIR))
        memcpy(where, git, sizeof where);
    else if (rc == 0 && is(git, S_IFREG))
        rc = follow(git, path, where);
    else
        rc = join(where, path, ".");
    if (rc || join(out, where, "HEAD") || !is(out, S_IFREG))
        return -1;
    return join(out, where, "logs/HEAD");
}

/* ---- the list -------------------------------------------------------------------- */

static uint64_t hash_of(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h ? h : 1;
}

static uint32_t lines_of(const char *s)
{
    uint32_t n = *s != '\0';

    for (; *s; s++)
        n += *s == '\n';
    return n;
}

static int take_paths(struct repositories *r, const char *paths)
{
    r->list = calloc(lines_of(paths) + 1, sizeof *r->list);
    if (!r->list)
        return KIRI_ENOMEM;
    while (*paths) {
        size_t n = strcspn(paths, "\n");
        struct repository *one = &r->list[r->n];

        one->path = strndup(paths, n);
        if (!one->path)
            return KIRI_ENOMEM;
        one->id = hash_of(one->path);
        r->n++;
        paths += n + (paths[n] == '\n');
    }
    return KIRI_OK;
}

static void recall(struct repositories *r)
{
    const struct kiri_host *host = r->host;
    struct kept k = { 0 };
    int n = host->kv_get(host->ctx, KEY, &k, sizeof k);
    int64_t age = host->now_ms(host->ctx) - k.at_ms;

    if (n != (int)sizeof k || k.version != VERSION || k.n > REPOSITORIES_MOST)
        return;
    r->latest = k.latest;
    for (uint32_t i = 0; i < r->n && age >= 0 && age <= RECENT_MS; i++)
        for (uint32_t j = 0; j < k.n; j++)
            if (k.of[j].id == r->list[i].id) {
                r->list[i].mark = k.of[j].mark;
                r->list[i].known = 1;
            }
}

int repositories_open(struct repositories *r, const struct kiri_host *host,
                      const char *paths)
{
    *r = (struct repositories){ .host = host };
    if (lines_of(paths) > REPOSITORIES_MOST) {
        kiri_logf(host, KIRI_ERROR,
                  "rhythm: `repositories` lists %u paths, more than the %u that it can "
                  "follow: list those that you work in",
                  lines_of(paths), REPOSITORIES_MOST);
        return KIRI_ECONFIG;
    }
    int rc = take_paths(r, paths);
    if (rc != KIRI_OK) {
        repositories_close(r);
        return rc;
    }
    recall(r);
    return KIRI_OK;
}

void repositories_close(struct repositories *r)
{
    for (uint32_t i = 0; i < r->n; i++)
        free(r->list[i].path);
    free(r->list);
    *r = (struct repositories){ .host = r->host };
}

void repositories_keep(const struct repositories *r)
{
    const struct kiri_host *host = r->host;
    struct kept k = { .version = VERSION,
                      .n = r->n,
                      .at_ms = host->now_ms(host->ctx),
                      .latest = r->latest };

    for (uint32_t i = 0; i < r->n; i++) {
        k.of[i].id = r->list[i].id;
        k.of[i].mark = r->list[i].mark;
    }
    if (r->n > 0)
        host->kv_put(host->ctx, KEY, &k, sizeof k);
}

/* ---- looking --------------------------------------------------------------------- */

static int cannot(const struct repositories *r, struct repository *one, const char *what)
{
    if (!one->told)
        kiri_logf(r->host, KIRI_WARN,
                  "rhythm: %.600s %s; it is asked again with every row", one->path, what);
    one->told = 1;
    return -1;
}

/* 0, or -1 when it cannot be read. */
static int look(const struct repositories *r, struct repository *one,
                struct reflog_news *news)
{
    char reflog[PATH_MAX];

    *news = (struct reflog_news){ 0 };
    if (find_reflog(one->path, reflog))
        return cannot(r, one, "is no git repository");
    if (reflog_look(reflog, &one->mark, news))
        return cannot(r, one, "has a reflog that cannot be read");
    if (!one->known)
        *news = (struct reflog_news){ 0 };
    one->known = 1;
    one->told = 0;
    return 0;
}

/* Another path before this one that leads to the same reflog. */
static int is_twin(const struct repositories *r, uint32_t i)
{
    const struct reflog_mark *mine = &r->list[i].mark;

    for (uint32_t j = 0; j < i; j++)
        if (mine->inode && r->list[j].mark.inode == mine->inode &&
            r->list[j].mark.device == mine->device)
            return 1;
    return 0;
}

/* Goes through those with news in the order of their last entries: how often the work
 * went to another one. */
static uint32_t walk(struct repositories *r, const int active[REPOSITORIES_MOST])
{
    int64_t after = INT64_MIN;
    uint32_t moves = 0, from = 0;

    for (;;) {
        uint32_t next = r->n;
        for (uint32_t i = 0; i < r->n; i++) {
            int64_t second = r->list[i].mark.second;
            int later = second > after || (second == after && i >= from);
            if (active[i] && later &&
                (next == r->n || second < r->list[next].mark.second))
                next = i;
        }
        if (next == r->n)
            return moves;
        moves += r->latest && r->latest != r->list[next].id;
        r->latest = r->list[next].id;
        after = r->list[next].mark.second;
        from = next + 1;
    }
}

void repositories_look(struct repositories *r, struct repositories_news *news)
{
    struct reflog_news sum = { 0 }, one;
    int active[REPOSITORIES_MOST] = { 0 }, readable = 0;

    for (uint32_t i = 0; i < r->n; i++) {
        if (look(r, &r->list[i], &one))
            continue;
        readable = 1;
        if (is_twin(r, i))
            continue;
        active[i] = one.entries > 0;
        sum.entries += one.entries;
        sum.commits += one.commits;
        sum.switches += one.switches;
    }
    uint32_t moves = walk(r, active);
    *news = (struct repositories_news){ NAN, NAN, NAN };
    if (readable)
        *news =
            (struct repositories_news){ sum.entries, sum.commits, sum.switches + moves };
}
