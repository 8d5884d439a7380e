/*
 * plugin_watch.h - the files of the atoms' plugins, by inotify on their directories: when
 * one is another file now, and has been for 300 ms, its atom is taken anew (reload_look).
 * Of a file that is being written the end of that is waited for; one that is deleted
 * changes nothing. Directories that go and come again are followed. Owner: the loop
 * thread.
 */
#ifndef KIRI_PLUGIN_WATCH_H
#define KIRI_PLUGIN_WATCH_H

struct host;
struct plugin_watch;

/* NULL when there can be none, which is said on the log: kiri reload is still there. */
struct plugin_watch *plugin_watch_new(struct host *h);
/* The host's atoms or their plugins have changed. */
void plugin_watch_follow(struct plugin_watch *w); /* NULL is fine */
/* Once the loop has closed its handles. NULL is fine. */
void plugin_watch_free(struct plugin_watch *w);

#endif
