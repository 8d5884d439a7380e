/* told.c - which of the names that are met are told. */
#include "filename.h"

#include <sys/stat.h>

/* Did it get this name, or anything else, before then? No matter where it cannot be seen.
 */
static int is_older(const struct filename *f, int64_t then_ms)
{
    char path[PATH_MAX];
    struct stat st;

    return folders_path_of(&f->folders, f->met.folder, f->met.name, path) == 0 &&
           lstat(path, &st) == 0 &&
           (int64_t)st.st_ctim.tv_sec * MS_A_SECOND + st.st_ctim.tv_nsec / 1000000 <
               then_ms - MS_A_SECOND;
}

/* A name that was there before: one too many to learn from, or told by a process before
 * ours that could not keep so many. */
static int is_old_news(struct filename *f)
{
    if (f->met.how != MET_READ)
        return 0;
    if (f->root[f->folders.folder[f->met.folder].root].fresh) {
        if (f->existing > 0) {
            f->existing--;
            return 0;
        }
        return is_older(f, f->opened_ms);
    }
    return !f->begun && known_overflowed(&f->known) && is_older(f, f->mark_ms);
}

const char *filename_label(struct filename *f)
{
    if (f->met.how == MET_LISTED) {
        snprintf(f->label, sizeof f->label, "%.4096s:%llu", f->list,
                 (unsigned long long)f->met.line);
        return f->label;
    }
    return folders_path_of(&f->folders, f->met.folder, f->met.name, f->label) ? NULL
                                                                              : f->label;
}

int filename_tells(struct filename *f)
{
    const struct met *met = &f->met;

    if (patterns_match(&f->ignored, met->name))
        return 0;
    if (met->how != MET_LISTED) {
        uint64_t salt = f->folders.folder[met->folder].salt;
        if (met->is_dir && f->recursive)
            folders_add(&f->folders, met->folder, met->name);
        if (known_add(&f->known, known_hash(&f->known, salt, met->name, met->len)) == 0)
            return 0;
        if (is_old_news(f))
            return 0;
        f->found += met->how == MET_READ && f->source.all_again;
    }
    return 1;
}
