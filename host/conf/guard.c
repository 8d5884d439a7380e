/* guard.c - who else can change what a file says? */
#include "conf/conf.h"

#include <stdio.h>
#include <unistd.h>

int conf_guard(const char *file, const struct stat *st, char *why, size_t cap)
{
    uid_t us = geteuid();

    if (st->st_mode & S_IWOTH) {
        snprintf(why, cap, "anybody may write to it (mode %04o): chmod o-w %s",
                 st->st_mode & 07777u, file);
        return -1;
    }
    if (st->st_uid != us && st->st_uid != 0) {
        snprintf(why, cap,
                 "it belongs to uid %u, who can change what runs here as %s: chown %u %s",
                 (unsigned)st->st_uid, us ? "you" : "root", (unsigned)us, file);
        return 1;
    }
    if ((st->st_mode & S_IWGRP) && st->st_gid != getegid()) {
        snprintf(why, cap, "its group (gid %u) may write to it (mode %04o): chmod g-w %s",
                 (unsigned)st->st_gid, st->st_mode & 07777u, file);
        return 1;
    }
    return 0;
}
