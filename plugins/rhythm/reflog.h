/*
 * reflog.h - what git noted about one HEAD since the last look: .git/logs/HEAD.
 *
 * An entry is a line "OLD NEW NAME <MAIL> SECONDS ZONE\tVERB: MESSAGE\n", appended when
 * HEAD moves. Of a line only SECONDS and VERB are looked at. git also rewrites the file
 * (gc drops old entries): then counting goes on behind the entry that was last, found by
 * its bytes' hash, or, if that is gone, with entries younger than it. A line that is
 * still being written is left for the next look.
 */
#ifndef KIRI_RHYTHM_REFLOG_H
#define KIRI_RHYTHM_REFLOG_H

#include <stdint.h>

/* Where the last look ended. All zero: at the beginning of a file that was not there. */
struct reflog_mark {
    uint64_t device, inode, offset;
    uint64_t hash;  /* of the last entry, FNV-1a; 0: none */
    int64_t second; /* when it was made, UTC */
};

struct reflog_news {
    uint32_t entries;  /* all of them */
    uint32_t commits;  /* of these: made one, also by amend, merge, cherry-pick, revert */
    uint32_t switches; /* of these: went to another branch or commit to work there */
};

/* Adds what is new to *news and moves the mark; a file that is not there is an empty one.
 * 0, or -1: it cannot be read, and nothing happened. */
int reflog_look(const char *path, struct reflog_mark *mark, struct reflog_news *news);

#endif
