#include "flow/instance.h"

#include "base/log.h"
#include "flow/atom_stream.h"
#include "flow/keep.h"
#include "flow/shelf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *instance_health_name(const struct instance *in)
{
    static const char *const names[] = { "learning", NULL, "stuck", "error", "broken" };

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
    else if (was == INSTANCE_STUCK || was == INSTANCE_FAILING)
        log_info("%s: works again", in->name);
    publish_health(in);
}

struct instance *instance_start(struct flow *f, const struct conf_atom *c,
                                struct plugin *plugin)
{
    struct instance *in = calloc(1, sizeof *in);
    struct atom_rules rules;

    if (!in)
        return NULL;
    in->flow = f;
    snprintf(in->name, sizeof in->name, "%s", c->name);
    in->rows_last = &in->rows;
    atom_rules(c, &rules);
    in->period_ms = rules.period_ms;
    in->alarm_per_s = rules.alarm_per_s;
    in->warmup = rules.warmup;
    in->learn_off = rules.learn_off;
    if (services_init(&in->services, f, in->name, c, plugin_options(plugin))) {
        free(in);
        return NULL;
    }
    in->plugin = plugin;
    in->atom = plugin_atom(plugin);
    collect_open(in);
    return in;
}

static void on_closed(uv_handle_t *handle)
{
    struct instance *in = handle->data;

    in->handles--;
}

void instance_stop(struct instance *in)
{
    if (in->closing)
        return;
    in->closing = 1;
    if (in->handles)
        uv_close((uv_handle_t *)&in->timer, on_closed);
    if (in->has_poll)
        uv_close((uv_handle_t *)&in->poll, on_closed);
}

int instance_idle(const struct instance *in)
{
    return !in->calling && !in->learning && in->handles == 0;
}

static void free_rows(struct observed *row)
{
    while (row) {
        struct observed *next = row->next;
        free(row);
        row = next;
    }
}

static void save(struct instance *in)
{
    struct kiri_error err;
    struct stream_facts facts;
    size_t len;

    stream_facts(in->stream, &facts);
    if (!facts.gen)
        return; /* an untrained model is no loss: history is in the store */
    void *bytes = keep_save(in->stream, in->name, &len);
    if (!bytes)
        log_error("%s: out of memory; its model stays as it was last saved", in->name);
    else if (shelf_save(in->flow->shelf, in->name, bytes, len, &err))
        log_error("%s: its model stays as it was last saved: %s", in->name, err.text);
    free(bytes);
}

void instance_free(struct instance *in)
{
    if (!in)
        return;
    if (in->calling || in->learning)
        return; /* a thread is still inside: everything it may touch stays */
    if (in->stream) {
        save(in);
        for (const struct observed *row = in->rows; row; row = row->next)
            publish_unscored(in, row);
    }
    if (in->self)
        in->atom->close(in->self);
    services_flush(&in->services);
    free_rows(in->call_rows);
    free_rows(in->rows);
    free(in->last_row);
    stream_free(in->stream);
    plugin_schema_free(in->schema);
    services_fini(&in->services);
    plugin_unref(in->plugin);
    free(in);
}
