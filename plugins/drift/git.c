#include "sources.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

/* The git directory of a repository, a worktree (whose .git is a file "gitdir: ..."), or
 * a bare repository. 0, or -1 and why. */
static int git_dir(const char *path, char *out, size_t cap, char *why, size_t why_cap)
{
    char inside[4096];
    struct stat st;
    struct text text;

    if (snprintf(inside, sizeof inside, "%s/.git", path) >= (int)sizeof inside)
        goto none;
    if (stat(inside, &st) != 0) { /* bare, or nothing */
        snprintf(inside, sizeof inside, "%s/HEAD", path);
        if (!exists(inside))
            goto none;
        return snprintf(out, cap, "%s", path) < (int)cap ? 0 : -1;
    }
    if (S_ISDIR(st.st_mode))
        return snprintf(out, cap, "%s", inside) < (int)cap ? 0 : -1;
    if (text_read(inside, &text, why, why_cap) != TEXT_READ)
        return -1;
    int n = (int)strcspn(text.bytes, "\r\n") - 8;
    int fits = n > 0 && memcmp(text.bytes, "gitdir: ", 8) == 0 &&
               snprintf(out, cap, "%s%s%.*s", text.bytes[8] == '/' ? "" : path,
                        text.bytes[8] == '/' ? "" : "/", n, text.bytes + 8) < (int)cap;
    text_free(&text);
    if (fits)
        return 0;
none:
    snprintf(why, why_cap, "%s is no git repository", path);
    return -1;
}

/* A commit that was made here; not one that was only replaced, moved or fetched. */
static int is_commit(const char *message, size_t n)
{
    static const char amended[] = "commit (amend)";

    return n > 6 && memcmp(message, "commit", 6) == 0 &&
           (message[6] == ':' || message[6] == ' ') &&
           !(n >= sizeof amended - 1 &&
             memcmp(message, amended, sizeof amended - 1) == 0);
}

/* "<old> <new> Name <mail> 1763712930 +0100\tcommit: message": s UTC; -1: no commit. */
static int64_t commit_time(const struct line *line)
{
    const char *tab = memchr(line->s, '\t', line->n), *s = tab;
    int64_t at = 0;

    if (!tab || !is_commit(tab + 1, (size_t)(line->s + line->n - tab - 1)))
        return -1;
    for (int words = 0; s > line->s && words < 2;)
        words += *--s == ' ';
    if (s == line->s || s[1] < '0' || s[1] > '9')
        return -1;
    for (s++; *s >= '0' && *s <= '9' && at < INT64_C(1) << 40; s++)
        at = at * 10 + (*s - '0');
    return *s == ' ' ? at : -1;
}

static int read_repository(const char *path, uint32_t place, struct events *out,
                           char *why, size_t cap)
{
    char dir[4096], log[4200];
    struct text text;
    struct line line;
    size_t at = 0;
    int rc = 0;

    if (git_dir(path, dir, sizeof dir, why, cap))
        return -1;
    if (!exists(dir)) {
        snprintf(why, cap, "%s is no git repository: there is no %s", path, dir);
        return -1;
    }
    snprintf(log, sizeof log, "%s/logs/HEAD", dir);
    enum text_found found = text_read(log, &text, why, cap);
    if (found != TEXT_READ)
        return found == TEXT_ABSENT ? 0 : -1; /* no commit yet, or no reflog is kept */
    while (rc == 0 && text_line(&text, &at, &line)) {
        int64_t when = line.whole ? commit_time(&line) : -1;
        if (when >= 0)
            rc = events_add(out, when, EVENT_COMMITTED, place);
    }
    text_free(&text);
    if (rc)
        snprintf(why, cap, "memory is short");
    return rc;
}

int git_read(const char *paths, struct events *out, char *why, size_t cap)
{
    char path[4000];
    uint32_t place = 0;
    int rc;

    while ((rc = text_path(&paths, path, sizeof path)) > 0) {
        if (read_repository(path, place++, out, why, cap))
            return -1;
        out->switches = 1;
    }
    if (rc < 0)
        snprintf(why, cap, "a path of git is longer than %zu bytes", sizeof path - 1);
    return rc;
}
