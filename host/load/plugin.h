/*
 * load/plugin.h - from a .so on disk to a vtable that can be called.
 *
 * 1. ELF header and segments are checked against the file's length (dlopen of a truncated
 *    file is a SIGBUS, not an error). 2. A child process opens it and reports, so that
 * what crashes, crashes there. 3. It is copied into a memfd and opened from
 * /proc/self/fd/N: what happens to the file afterwards cannot touch us, and a second
 * version gets its own image.
 * 4. abi, size and the struct sizes are checked before anything is called.
 *
 * A plugin is one image, shared by its instances and counted. Owner: the loop thread.
 */
#ifndef KIRI_LOAD_PLUGIN_H
#define KIRI_LOAD_PLUGIN_H

#include "base/buf.h"
#include "base/error.h"

#include <kiri/atom.h>

#include <sys/stat.h>

/* The file for a plugin's name or path: a name is looked for as <dir>/<name>.so in dirs
 * (NULL: the default directories, found from our own executable: ../lib/kiri/atoms, then
 * the build tree's plugins/). malloc'ed; NULL and a sentence that lists where it looked.
 */
char *plugin_find(const char *name, char *const *dirs, struct kiri_error *err);

/* Step 1 alone: is this file a shared object for this machine, whole? */
int plugin_elf_check(int fd, const char *path, struct kiri_error *err);

/* What the probe child does: opens the .so, checks the vtable, writes one JSON object
 * about it
 * ({"name","version","help","abi","options":[{name,type,fallback,range,help}]}) to fd, or
 * {"error": "sentence"}. Returns the exit code. */
int plugin_probe_child(const char *path, int out_fd);

struct plugin_probe { /* what a probe said; all malloc'ed */
    char *name, *version, *help;
    struct kiri_option *options; /* ends with a NULL name; strings inside are its own */
};
/* Runs `<exe> probe <path>` with posix_spawn, an empty environment and a deadline of 5 s,
 * and reads its answer: never any plugin code in our process. */
int plugin_probe(const char *exe, const char *path, struct plugin_probe *out,
                 struct kiri_error *err);
void plugin_probe_free(struct plugin_probe *p);

struct plugin;
/* All four steps. exe: the kiri executable for the probe. */
struct plugin *plugin_open(const char *exe, const char *path, struct kiri_error *err);

/* A plugin whose vtable is ours instead of a .so's: the atom lives in a child or in
 * another process. vtable and options (ends with a NULL name; NULL: none) are copied,
 * their strings and ctx must live until drop(ctx), which the last unref calls (NULL:
 * nothing to drop); a failure calls it, too. path: as people are shown it. open() finds
 * ctx in *self before it puts its own there; when it fails, close() gets what *self then
 * is. */
struct plugin *plugin_wrap(const struct kiri_atom *vtable,
                           const struct kiri_option *options, const char *path,
                           void (*drop)(void *ctx), void *ctx, struct kiri_error *err);
/* Why a callback of a wrapped plugin failed, when a status alone does not say it. */
struct plugin_trouble {
    char why[256];   /* a sentence; "": nothing to add */
    int64_t wait_ms; /* ask again in so long, not as usual; 0: as usual */
};
/* What a wrapped plugin says of an instance beside its vtable; each may be NULL. */
struct plugin_voice {
    void (*trouble)(void *self, struct plugin_trouble *out);
    int (*pid)(void *self); /* any thread */
};
void plugin_gets_voice(struct plugin *p, const struct plugin_voice *voice);
/* After a callback that failed, on its thread, before the next. Of a .so: nothing. */
void plugin_trouble(const struct plugin *p, void *self, struct plugin_trouble *out);
/* Do its instances live in processes of their own? */
int plugin_is_isolated(const struct plugin *p);
/* The process in which an open instance lives; 0: in none just now, or in ours. Any
 * thread. */
int plugin_pid(const struct plugin *p, void *self);

/* ctx of plugin_wrap: what *self must be when open() is called. NULL for a .so. */
void *plugin_context(const struct plugin *p);

void plugin_ref(struct plugin *p);
void plugin_unref(struct plugin *p); /* the last one unmaps; NULL is fine */
/* A full-size copy: what the plugin's maker did not know is zero. */
const struct kiri_atom *plugin_atom(const struct plugin *p);
const struct kiri_option *
plugin_options(const struct plugin *p); /* ends with a NULL name */
const char *plugin_path(const struct plugin *p);
/* Is there another file now where it was opened from? Any thread. Of a wrapped plugin:
 * only if plugin_is_of has said which file that was. */
int plugin_changed(const struct plugin *p);
/* The file at its path as stat() found it before it was read. */
void plugin_is_of(struct plugin *p, const struct stat *file);

/* The schema of one open instance as our own deep copy, checked (kiri_schema_check):
 * grown structs are normalised by field_size. NULL and a sentence. free with
 * plugin_schema_free. */
struct kiri_schema *plugin_schema(const struct plugin *p, void *self,
                                  struct kiri_error *err);
/* The same from full-size structs of ours that no atom has handed over. */
struct kiri_schema *plugin_schema_copy(const struct kiri_schema *s,
                                       struct kiri_error *err);
void plugin_schema_free(struct kiri_schema *s);
/* The same for a vtable that no plugin is around; the sentence does not name a file. */
struct kiri_schema *plugin_schema_of(const struct kiri_atom *a, void *self,
                                     struct kiri_error *err);

#endif
