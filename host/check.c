/* check.c - what a start would find, without starting: nothing is made or changed. */
#include "address.h"
#include "host.h"
#include "load/plugin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct checking {
    const struct conf *conf;
    struct host_plan *plan;
    struct conf_errors *errors, warnings;
    char *exe;
    struct plugin_probe *probe; /* [n_atoms], of the first atom with that plugin */
};

static void say(struct checking *c, const struct conf_atom *a, const char *sentence)
{
    conf_error(c->errors, a->file, a->line, a->col, "atom %s: %s", a->name, sentence);
}

/* RELIABILITY E8: whoever may write to it says what runs here. */
static void look_at_owner(struct checking *c, const struct conf_atom *a, const char *path)
{
    char why[512];
    struct stat st;
    int guard = stat(path, &st) ? 0 : conf_guard(path, &st, why, sizeof why);

    if (guard)
        conf_error(guard < 0 ? c->errors : &c->warnings, a->file, a->line, a->col,
                   "atom %s: %s: %s", a->name, path, why);
}

/* The same plugin is asked once, however many atoms it has. */
static uint32_t first_with(const struct host_plan *plan, uint32_t i)
{
    uint32_t same = 0;

    while (!plan->atom[same].path ||
           strcmp(plan->atom[same].path, plan->atom[i].path) != 0)
        same++;
    return same;
}

static void check_atom(struct checking *c, uint32_t i)
{
    const struct conf_atom *a = &c->conf->atoms[i];
    struct host_plan_atom *it = &c->plan->atom[i];
    struct kiri_error err = { 0 };
    uint32_t first;

    it->path = plugin_find(a->plugin, c->conf->plugins, &err);
    if (!it->path) {
        say(c, a, err.text);
        return;
    }
    first = first_with(c->plan, i);
    if (first == i) {
        look_at_owner(c, a, it->path);
        if (plugin_probe(c->exe, it->path, &c->probe[i], &err)) {
            say(c, a, err.text);
            return;
        }
    }
    if (!c->probe[first].options)
        return; /* said at the first */
    conf_options(a, c->probe[first].options, c->errors);
    it->version = c->probe[first].version ? strdup(c->probe[first].version) : NULL;
}

static void check_file(struct checking *c, const struct conf_listen *l, const char *file)
{
    if (file && access(file, R_OK))
        conf_error(c->errors, l->file, l->line, l->col, "%s cannot be read: %s", file,
                   strerror(errno));
}

static void check_address(struct checking *c)
{
    struct address address = { 0 };
    struct kiri_error err = { 0 };

    for (uint32_t i = 0; i < c->conf->n_listen; i++) {
        check_file(c, &c->conf->listen[i], c->conf->listen[i].cert);
        check_file(c, &c->conf->listen[i], c->conf->listen[i].key);
    }
    if (address_name(&address, c->conf, &err))
        conf_error(c->errors, c->conf->file, 1, 1, "%s", err.text);
    c->plan->bus = address.bus;
    c->plan->control = address.control;
    free(address.inbox);
}

static void starve(struct checking *c)
{
    conf_error(c->errors, c->conf->file, 0, 0, "not enough memory to check it");
    c->errors->code = KIRI_INTERNAL;
}

unsigned host_check(const struct conf *conf, struct host_plan *plan,
                    struct conf_errors *errors)
{
    struct checking c = { .conf = conf, .plan = plan, .errors = errors };
    unsigned before = errors->n;

    c.exe = realpath("/proc/self/exe", NULL);
    c.probe = calloc(conf->n_atoms, sizeof *c.probe);
    plan->atom = calloc(conf->n_atoms, sizeof *plan->atom);
    if (c.exe && c.probe && plan->atom) {
        plan->n_atoms = conf->n_atoms;
        for (uint32_t i = 0; i < conf->n_atoms; i++)
            check_atom(&c, i);
        check_address(&c);
    } else {
        starve(&c);
    }
    if (asprintf(&plan->warnings, "%s%s", conf->warnings, buf_text(&c.warnings.text)) <
        0) {
        plan->warnings = NULL;
        starve(&c);
    }
    for (uint32_t i = 0; c.probe && i < conf->n_atoms; i++)
        plugin_probe_free(&c.probe[i]);
    free(c.probe);
    free(c.exe);
    conf_errors_free(&c.warnings);
    return errors->n - before;
}

void host_plan_free(struct host_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_atoms; i++) {
        free(plan->atom[i].path);
        free(plan->atom[i].version);
    }
    free(plan->atom);
    free(plan->bus);
    free(plan->control);
    free(plan->warnings);
    *plan = (struct host_plan){ 0 };
}
