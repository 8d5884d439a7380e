/*
 * reload.h - the files of what changes a molecule while it runs. A wish (wish.c) is one
 * change: the whole config as it is on disk (difference.c), or one atom that is loaded,
 * unloaded or taken anew from its file (single.c). It is read on the pool; swap.c lets
 * atoms come and go and takes that back; adopt.c makes it the state of things; reload.c
 * drives them and answers. For these files only; others know inside.h.
 */
#ifndef KIRI_RELOAD_H
#define KIRI_RELOAD_H

#include "inside.h"
#include "loaded.h"

#define RELOAD_PATIENCE_MS                                                               \
    5000 /* in which a replaced atom leaves and the new one opens */

#define RELOAD_SAID 1536 /* bytes of the first mistake's sentence, with its place */

enum wish_what { WISH_CONFIG, WISH_LOAD, WISH_UNLOAD, WISH_RENEW };

struct wish {
    struct wish *next;
    enum wish_what what;
    int lent; /* one of reload's own, not malloc'ed; 2: in use */
    struct asked *asked[ANSWERS_WAITERS];
    uint32_t n_asked;
    char atom[33];   /* LOAD: "" until its plugin says its own name */
    int quiet;       /* RENEW: nobody asked, but its file may be another one */
    json_t *section; /* LOAD: `plugin` and options */
    char *dir;       /* LOAD: where relative paths start */
};

/* LEFT_OUT: loaded by hand, and now its plugin cannot be had: it does not run. */
enum fate { STAYS, ADJUSTED, REPLACED, ADDED, LEFT_OUT };
enum step { AT_REST, READING, CHANGING, KEEPING, REVERTING };

/* One atom of the new config. */
struct change {
    const struct conf_atom *from, *to; /* from NULL: it is new */
    enum fate fate;
    const char *why;
    struct plugin *plugin;  /* REPLACED, ADDED: opened, until an instance has it */
    struct instance *old;   /* REPLACED: on its way out, freed at the end */
    struct instance *fresh; /* in its place among the host's; ADDED: nowhere yet */
    int back;               /* REVERTING: done */
    char *absent;           /* LEFT_OUT: why */
};

struct reload {
    struct host *host;
    enum step step;
    struct wish *wish; /* the one that runs; NULL: at rest */
    struct wish *queue, **queue_last;
    struct wish config[2]; /* that need no memory: one runs, one waits */

    /* on the pool, then on the loop */
    struct pool_job job;
    struct flow_message read;
    unsigned char *broken;      /* [the host's instances]: it cannot go on as it is */
    const struct conf *conf;    /* what shall be: root, derived, or what is in force */
    struct conf *root;          /* read anew; NULL: the same */
    struct conf *derived;       /* from a root; NULL: conf is none */
    json_t *by_hand, *left_out; /* as they shall be; NULL: as they are */
    struct conf_errors errors;
    struct change *change; /* [conf->n_atoms] */
    struct instance **now; /* the same: room for the host's atoms as they shall be */
    struct stat tried;     /* RENEW: the file that was looked at */
    int nothing;           /* RENEW, quiet: it is the same file */
    char unkept[512];      /* why loaded.json could not be written; "": it was */
    int64_t began;         /* of CHANGING and REVERTING, mono ms */

    /* for status */
    uint64_t applied, refused;
    char rejected[RELOAD_SAID]; /* what is wrong with the file on disk; "": nothing */
    int64_t applied_ts;
};

/* Among the host's instances: the place (or their number), and who it is (or NULL). */
uint32_t place_of(const struct host *h, const char *name);
struct instance *instance_named(const struct host *h, const char *name);

/* What is wrong, at an atom (NULL: none), into errors: with its place in the file if the
 * wish is about the file. */
void reload_wrong(struct reload *r, const struct conf_atom *at, enum kiri_code code,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Such a sentence without the atom's name before it. */
const char *reload_plain(const char *sentence, const char *atom);
/* Memory is short: an error that is nobody's mistake. */
void reload_starved(struct reload *r, const struct conf_atom *as);
/* Does this change start an instance? */
int change_starts(const struct change *c);

/* wish.c, on the loop. The next one is r->wish afterwards; NULL: there is none. */
void wish_next(struct reload *r);
void wish_end(struct reload *r, struct wish *w); /* answered */
void wish_refuse_all(struct reload *r, int code, const char *sentence);

/* difference.c, single.c, on the pool: fill conf, change and errors. Plugins that will be
 * used anew are probed and opened here. */
void difference_read(struct reload *r);
void single_read(struct reload *r);
/* A change for each atom of r->conf, all of them to stay. -1: memory is short. */
int difference_begin(struct reload *r);
/* Probes and opens the plugin of c->to; what is wrong comes into errors. */
void difference_open(struct reload *r, struct change *c, const char *file);

/* swap.c, on the loop. */
void swap_begin(struct reload *r); /* old ones stop, added ones start */
/* 1: every new instance has answered open(). Starts those whose place is free; what is
 * wrong comes into errors. */
int swap_done(struct reload *r);
void swap_back(struct reload *r);     /* new ones stop        */
int swap_back_done(struct reload *r); /* 1: all is as it was  */

/* adopt.c, on the loop: all went well. */
void adopt(struct reload *r);
/* What was prepared and not used, or is used up. */
void adopt_leave_behind(struct reload *r);

#endif
