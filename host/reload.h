/*
 * reload.h - the three files of a reload: difference.c reads the config and says what
 * each atom's fate is, swap.c lets atoms come and go and takes that back, reload.c drives
 * them and answers. For these files only; others know inside.h.
 */
#ifndef KIRI_RELOAD_H
#define KIRI_RELOAD_H

#include "inside.h"

#define RELOAD_PATIENCE_MS                                                               \
    5000 /* in which a replaced atom leaves and the new one opens */

#define RELOAD_SAID 1536 /* bytes of the first mistake's sentence, with its place */

enum fate { STAYS, ADJUSTED, REPLACED, ADDED };
enum step { AT_REST, READING, CHANGING, REVERTING };

/* One atom of the new config. */
struct change {
    const struct conf_atom *from, *to; /* from NULL: it is new */
    enum fate fate;
    const char *why;
    struct plugin *plugin;  /* REPLACED, ADDED: opened, until an instance has it */
    struct instance *old;   /* REPLACED: on its way out, freed at the end */
    struct instance *fresh; /* in its place among the host's; ADDED: nowhere yet */
    int back;               /* REVERTING: done */
};

struct reload {
    struct host *host;
    enum step step;
    int again; /* asked for while one runs */
    struct asked *asked[ANSWERS_WAITERS], *later[ANSWERS_WAITERS];
    uint32_t n_asked, n_later;

    /* on the pool, then on the loop */
    struct pool_job job;
    struct flow_message read;
    unsigned char *broken; /* [the host's instances]: it cannot go on as it is */
    struct conf *conf;
    struct conf_errors errors;
    struct change *change; /* [conf->n_atoms] */
    int64_t began;         /* of CHANGING and REVERTING, mono ms */

    /* for status */
    uint64_t applied, refused;
    char rejected[RELOAD_SAID]; /* what is wrong with the file on disk; "": nothing */
    int64_t applied_ts;
};

/* By name: in a config; among the host's instances (the place, or their number). NULL:
 * there is none. */
const struct conf_atom *atom_named(const struct conf *c, const char *name);
uint32_t place_of(const struct host *h, const char *name);
struct instance *instance_named(const struct host *h, const char *name);
/* Memory is short: an error that is nobody's mistake. as: at which atom; NULL: none. */
void reload_starved(struct reload *r, const struct conf_atom *as);
/* Does this change start an instance? */
int change_starts(const struct change *c);

/* difference.c, on the pool: fills conf, change and errors from the file on disk. Plugins
 * that will be used anew are probed and opened here. */
void difference_read(struct reload *r);

/* swap.c, on the loop. */
void swap_begin(struct reload *r); /* old ones stop, added ones start */
/* 1: every new instance has answered open(). Starts those whose place is free; what is
 * wrong comes into errors. */
int swap_done(struct reload *r);
void swap_back(struct reload *r);     /* new ones stop        */
int swap_back_done(struct reload *r); /* 1: all is as it was  */

#endif
