/*
 * load/cell.h - an atom in a process of its own, behind the vtable of one that is not.
 *
 * The .so is probed and copied into a memfd as plugin_open does it, but opened only by a
 * child, `<exe> cell`, which gets that copy and one end of a socketpair (cell_wire.h) and
 * nothing else of ours: no environment, no other descriptors. Whatever it does, the host
 * waits at most CELL_DEADLINE_MS for each callback, believes no length, index or number,
 * and starts it again with growing pauses (cell_backoff.h). It does not outlive the
 * thread that has called open().
 */
#ifndef KIRI_LOAD_CELL_H
#define KIRI_LOAD_CELL_H

#include "load/plugin.h"

#define CELL_DEADLINE_MS 2000 /* for each callback */
#define CELL_START_MS    5000 /* from exec to the first word, as for a probe */
#define CELL_MEMORY      (256u * 1048576u) /* bytes of address space (RLIMIT_AS) */
#define CELL_FILES       64u               /* descriptors (RLIMIT_NOFILE) */
#define CELL_FILES_HERE  3u   /* descriptors of the host's that a cell costs */
#define CELL_NOTES       256u /* that an atom may publish in one callback */

/*
 * All four steps of plugin_open but the last, which is the cell's. Its vtable is for one
 * instance at a time, which plugin_trouble and plugin_pid know about. The failures that
 * it counts are this plugin's: another plugin_open_isolated begins anew.
 */
struct plugin *plugin_open_isolated(const char *exe, const char *path,
                                    struct kiri_error *err);

/* What the child does: loads the sealed copy behind `image` and answers over `socket`
 * until it is told to close, or nobody asks any more. Sets its own limits first. Returns
 * the exit code. */
int cell_child(int image, int socket);

/* The descriptors that `<exe> cell` is started with. */
enum { CELL_FD_IMAGE = 3, CELL_FD_SOCKET = 4 };

#endif
