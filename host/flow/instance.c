#include "flow/instance.h"

#include "base/log.h"
#include "flow/atom_stream.h"
#include "flow/shelf.h"
#include "load/remote.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *instance_health_name(const struct instance *in)
{
    static const char *const names[] = { "learning", NULL,    "stale",
                                         "stuck",    "error", "broken" };

    return in->health == INSTANCE_WELL ? stream_state_name(in->facts.state)
                                       : names[in->health];
}

void instance_report(struct instance *in, enum instance_health health, const char *fmt,
                     ...)
{
    enum log_level level = health == INSTANCE_WELL ? LOG_AT_INFO : LOG_AT_WARN;
    enum instance_health was = in->health;
    char note[sizeof in->note];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(note, sizeof note, fmt, ap);
    va_end(ap);
    if (health == in->health && strcmp(note, in->note) == 0)
        return;
    in->health = health;
    memcpy(in->note, note, sizeof note);
    if (*note)
        log_line(health == INSTANCE_BROKEN ? LOG_AT_ERROR : level, "%s: %s", in->name,
                 note);
    else if (was == INSTANCE_STUCK || was == INSTANCE_FAILING || was == INSTANCE_STALE)
        log_info("%s: works again", in->name);
    publish_health(in);
}

static void take_rules(struct instance *in, const struct conf_atom *c)
{
    struct atom_rules rules;

    atom_rules(c, &rules);
    in->every_ms = in->period_ms = rules.period_ms;
    in->alarm_per_s = rules.alarm_per_s;
    in->warmup = rules.warmup;
    in->learn_off = rules.learn_off;
    in->hold_ms = rules.hold_ms;
    in->share = c->share;
}

struct instance *instance_start(struct flow *f, const struct conf_atom *c,
                                struct plugin *plugin, struct instance *before)
{
    struct instance *in = calloc(1, sizeof *in);

    if (!in)
        return NULL;
    in->flow = f;
    snprintf(in->name, sizeof in->name, "%s", c->name);
    in->rows_last = &in->rows;
    take_rules(in, c);
    if (services_init(&in->services, f, in->name, c, plugin_options(plugin))) {
        free(in);
        return NULL;
    }
    if (before)
        inherit_take(in, before);
    in->plugin = plugin;
    f->cells += (unsigned)plugin_is_isolated(plugin);
    (void)pool_grow(f->callbacks, FLOW_WORKERS + f->cells); /* a cell may well hang */
    in->atom = plugin_atom(plugin);
    in->fed = remote_is(plugin);
    collect_open(in);
    return in;
}

void instance_adjust(struct instance *in, const struct conf_atom *c)
{
    uint32_t period = in->period_ms;

    take_rules(in, c);
    if (in->opened && !in->period_ms)
        in->period_ms = in->schema->period_ms;
    in->adjusted = 1;
    if (in->period_ms != period)
        collect_again(in);
    score_rows(in);
}

static void on_closed(uv_handle_t *handle)
{
    struct instance *in = handle->data;

    in->handles--;
    instance_leave(in);
}

void instance_stop(struct instance *in)
{
    if (in->closing)
        return;
    atomic_store(&in->closing, 1);
    (void)retrain_leave(in);
    if (in->handles)
        uv_close((uv_handle_t *)&in->timer, on_closed);
    if (in->has_poll)
        uv_close((uv_handle_t *)&in->poll, on_closed);
    if (!in->handing && save_needed(in) && !in->save_wanted) {
        in->save_wanted = 1;
        save_step(in);
    }
    instance_leave(in);
}

void instance_hand_over(struct instance *in)
{
    in->handing = 1;
    learn_leave(in); /* another atom may be learning for seconds */
    instance_stop(in);
}

int instance_left(const struct instance *in)
{
    return in->closing && !in->calling && !in->learning && !in->self &&
           in->handles == 0 && retrain_idle(in);
}

int instance_gone(const struct instance *in)
{
    return instance_left(in) && !in->writing;
}

void instance_try(struct instance *in)
{
    in->provisional = 1;
}

void instance_confirm(struct instance *in)
{
    in->provisional = 0;
    if (in->restored)
        inherit_drop(in);
}

void instance_leave(struct instance *in)
{
    /* close() comes last; until a callback has answered, self is its thread's. */
    if (in->closing && !in->calling && !in->learning && !in->save_wanted && in->self)
        collect_close(in);
    fed_step(in);
}

static void free_rows(struct observed *row)
{
    while (row) {
        struct observed *next = row->next;
        free(row);
        row = next;
    }
}

void instance_free(struct instance *in)
{
    if (!in)
        return;
    if (in->calling || in->learning || in->writing || !retrain_idle(in))
        return; /* a thread is still inside: everything it may touch stays */
    services_flush(&in->services);
    free_rows(in->call_rows);
    free_rows(in->rows);
    free(in->last_row);
    free(in->packed);
    late_free(in);
    retrain_fini(in);
    inherit_drop(in);
    stream_free(in->stream);
    plugin_schema_free(in->schema);
    services_fini(&in->services);
    in->flow->cells -= (unsigned)plugin_is_isolated(in->plugin);
    plugin_unref(in->plugin);
    free(in);
}
