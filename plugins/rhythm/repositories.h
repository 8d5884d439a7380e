/*
 * repositories.h - the git repositories that were listed, and what happened in them.
 *
 * A path is a working tree (.git is a folder), a linked worktree or a submodule (.git is
 * a file "gitdir: WHERE"), or a repository without a working tree. Each counts by its own
 * HEAD; the same one listed twice counts once. What is gone may come back. git itself is
 * never run; no object, index or configuration is read.
 */
#ifndef KIRI_RHYTHM_REPOSITORIES_H
#define KIRI_RHYTHM_REPOSITORIES_H

#include "reflog.h"

#include <kiri/atom.h>

#define REPOSITORIES_MOST 64u

struct repository {
    char *path;
    uint64_t id;             /* hash of the path                                       */
    struct reflog_mark mark; /* where the last look ended                              */
    int known;               /* there was one: what comes behind the mark is new       */
    int told;                /* the log knows that it cannot be read                   */
};

struct repositories {
    const struct kiri_host *host;
    struct repository *list; /* [n] */
    uint32_t n;
    uint64_t latest; /* id of the one that was worked in last; 0: none */
};

/* What happened in all of them since the last look. NaN: none of them can be read. */
struct repositories_news {
    double entries, commits;
    double switches; /* to another branch or another repository */
};

/* paths: one a line, "" for none. Goes on from the marks that another instance kept a few
 * minutes ago (a restart, a reload); what is older is no news. KIRI_OK, KIRI_ENOMEM, or
 * KIRI_ECONFIG and a sentence in the log. */
int repositories_open(struct repositories *r, const struct kiri_host *host,
                      const char *paths);
void repositories_close(struct repositories *r); /* frees what is in it */

void repositories_look(struct repositories *r, struct repositories_news *news);
/* Puts the marks into the host's small state. */
void repositories_keep(const struct repositories *r);

#endif
