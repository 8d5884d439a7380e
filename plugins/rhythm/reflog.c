#include "reflog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u
#define CHUNK     16384u
#define HEAD_CAP  768u /* bytes of a line that are looked at: names are short */

/* One line, as it comes in. */
struct line {
    char head[HEAD_CAP];
    size_t n;
    uint64_t hash;
};

static void begin(struct line *l)
{
    l->n = 0;
    l->hash = FNV_BASIS;
}

static void take(struct line *l, char c)
{
    l->hash = (l->hash ^ (unsigned char)c) * FNV_PRIME;
    if (l->n < HEAD_CAP - 1)
        l->head[l->n++] = c;
}

static int starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* "commit (amend): ...", "cherry-pick: ..."; a fast-forward makes no commit. */
static int makes_a_commit(const char *verb)
{
    static const char *const verbs[] = { "commit:", "commit (", "cherry-pick", "revert",
                                         "am:" };

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (starts(verb, verbs[i]))
            return 1;
    return starts(verb, "merge ") && !strstr(verb, ": Fast-forward");
}

static void count(struct line *l, struct reflog_news *news)
{
    l->head[l->n] = '\0';
    const char *tab = strchr(l->head, '\t');
    const char *verb = tab ? tab + 1 : "";

    news->entries++;
    news->commits += (uint32_t)makes_a_commit(verb);
    news->switches += (uint32_t)starts(verb, "checkout: moving");
}

/* The seconds stand behind the last '>' before the tab; -1: this is no entry. */
static int64_t second_of(struct line *l)
{
    l->head[l->n] = '\0';
    char *tab = strchr(l->head, '\t');
    if (tab)
        *tab = '\0';
    const char *mail_end = strrchr(l->head, '>');
    if (tab)
        *tab = '\t';
    return mail_end ? strtoll(mail_end + 1, NULL, 10) : -1;
}

/* One pass over the file from mark->offset on. */
struct pass {
    struct reflog_mark mark;        /* moves along                                     */
    struct reflog_news news;        /* since `last` went by, or of everything          */
    struct reflog_news younger;     /* entries that are younger than `last`            */
    const struct reflog_mark *last; /* NULL: everything is new                     */
    int found;                      /* the last entry of the look before was met       */
};

static void entry(struct pass *p, struct line *l)
{
    int64_t second = second_of(l);

    if (second < 0)
        return;
    count(l, &p->news);
    if (p->last && second > p->last->second)
        count(l, &p->younger);
    if (p->last && l->hash == p->last->hash) {
        p->news = (struct reflog_news){ 0 };
        p->found = 1;
    }
    p->mark.hash = l->hash;
    p->mark.second = second;
}

static int run(struct pass *p, int fd)
{
    char chunk[CHUNK];
    struct line l;
    uint64_t at = p->mark.offset;
    ssize_t n;

    begin(&l);
    while ((n = pread(fd, chunk, sizeof chunk, (off_t)at)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        for (ssize_t i = 0; i < n; i++) {
            if (chunk[i] != '\n') {
                take(&l, chunk[i]);
                continue;
            }
            entry(p, &l);
            begin(&l);
            p->mark.offset = at + (uint64_t)i + 1;
        }
        at += (uint64_t)n;
    }
    return 0;
}

/* Is this the file of the mark, with the mark's last entry still in front of its offset?
 * Another one, or one that was written anew in place, must be searched. */
static int goes_on(int fd, const struct reflog_mark *mark, const struct stat *st)
{
    char back[HEAD_CAP];
    size_t n = mark->offset < sizeof back ? (size_t)mark->offset : sizeof back;

    if (mark->device != (uint64_t)st->st_dev || mark->inode != (uint64_t)st->st_ino ||
        mark->offset > (uint64_t)st->st_size)
        return 0;
    if (mark->offset == 0)
        return 1;
    if (pread(fd, back, n, (off_t)(mark->offset - n)) != (ssize_t)n ||
        back[n - 1] != '\n')
        return 0;
    size_t start = n - 1;
    while (start > 0 && back[start - 1] != '\n')
        start--;
    if (start == 0 && n < mark->offset)
        return 1; /* a long line: the same file ends there, that must do */
    uint64_t hash = FNV_BASIS;
    for (size_t i = start; i < n - 1; i++)
        hash = (hash ^ (unsigned char)back[i]) * FNV_PRIME;
    return hash == mark->hash;
}

static void add(struct reflog_news *sum, const struct reflog_news *x)
{
    sum->entries += x->entries;
    sum->commits += x->commits;
    sum->switches += x->switches;
}

int reflog_look(const char *path, struct reflog_mark *mark, struct reflog_news *news)
{
    struct stat st;
    int rc = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        int on = goes_on(fd, mark, &st);
        struct pass p = { .last = on || !mark->hash ? NULL : mark };
        if (on)
            p.mark = *mark;
        rc = run(&p, fd);
        p.mark.device = (uint64_t)st.st_dev;
        p.mark.inode = (uint64_t)st.st_ino;
        if (rc == 0) {
            add(news, p.last && !p.found ? &p.younger : &p.news);
            *mark = p.mark;
        }
    }
    close(fd);
    return rc;
}
