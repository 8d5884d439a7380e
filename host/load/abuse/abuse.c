/* abuse.c - all trials in order, from the file to the report. */
#include "load/abuse/abuse.h"

#include "base/clock.h"
#include "base/value.h"
#include "load/abuse/settings.h"
#include "load/abuse/watch.h"
#include "load/image.h"
#include "load/probe.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static int make_room(struct checking *c, struct kiri_error *err)
{
    const char *tmp = getenv("TMPDIR");

    if (!tmp || *tmp != '/' || strlen(tmp) > 60)
        tmp = "/tmp";
    snprintf(c->room, sizeof c->room, "%s/kiri-check-XXXXXX", tmp);
    if (mkdtemp(c->room))
        return 0;
    return kiri_fail(err, KIRI_NO_WRITE, "%s cannot be made: %s", c->room,
                     strerror(errno));
}

/* Neither open nor a schema: there is nothing to try. */
static int cannot_start(const struct abuse_report *r)
{
    for (uint32_t i = 0; i < r->n_findings; i++)
        if (strcmp(r->finding[i].kind, "open") == 0 ||
            strcmp(r->finding[i].kind, "schema") == 0)
            return 1;
    return 0;
}

/* An atom that does not live through an ordinary life is not tried any further. */
static int try_all(struct checking *c,
                   void (*each)(void *ctx, const struct abuse_trial *), void *ctx,
                   struct kiri_error *err)
{
    const char *dead = NULL;

    for (const struct trial_kind *k = trial_kinds; k->name; k++) {
        int rc;

        if (dead) {
            struct abuse_trial *t = &c->out->trial[c->out->n_trials++];

            *t = (struct abuse_trial){ .name = k->name, .what = k->what };
            snprintf(t->skipped, sizeof t->skipped, "it did not live through '%s'", dead);
        } else {
            rc = watch_trial(c, k, err);
            if (rc < 0)
                return -1;
            if ((rc && k->run == trial_image) ||
                (k->run == trial_life && (rc || cannot_start(c->out))))
                dead = k->name;
        }
        if (each)
            each(ctx, &c->out->trial[c->out->n_trials - 1]);
    }
    return 0;
}

/* Refused before it could be tried: the atom's fault, or not. */
static int refused(struct abuse_report *r, const char *path, struct kiri_error *err)
{
    char text[sizeof err->text];

    if (err->code != KIRI_BAD_DATA)
        return kiri_fail_in(err, "%s", path);
    snprintf(text, sizeof text, "%s", err->text);
    watch_find(r, "load", "load", "", text);
    return 0;
}

int abuse_file(const char *exe, const char *path, const char *const *given,
               void (*each)(void *ctx, const struct abuse_trial *t), void *ctx,
               struct abuse_report *out, struct kiri_error *err)
{
    int64_t began = clock_mono(&clock_system);
    struct checking c = { .exe = exe, .out = out };
    struct plugin_probe probe = { 0 };
    sigset_t late, before;
    int rc = -1;

    memset(out, 0, sizeof *out);
    c.image = image_open(path, err);
    if (c.image < 0)
        return refused(out, path, err);
    if (probe_image(exe, c.image, PROBE_DEADLINE_MS, &probe, err)) {
        rc = refused(out, path, err);
        goto done;
    }
    snprintf(out->name, sizeof out->name, "%s", probe.name);
    value_show(probe.version, out->version, sizeof out->version);
    c.settings = settings_make(probe.options, given, err);
    if (!c.settings) {
        kiri_fail_in(err, "%s", path);
    } else {
        watch_ends(&late);
        pthread_sigmask(SIG_BLOCK, &late, &before);
        if (make_room(&c, err) == 0) {
            rc = try_all(&c, each, ctx, err);
            nftw(c.room, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
done:
    settings_free(c.settings);
    plugin_probe_free(&probe);
    close(c.image);
    out->ms = clock_mono(&clock_system) - began;
    return rc;
}
