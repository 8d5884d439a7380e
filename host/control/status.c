/*
 * What `kiri status` shows. Members only ever come to it; docs/control.md says what each
 * means.
 */
#include "control/control.h"

#include "flow/message.h"
#include "flow/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Resident bytes now; 0 where /proc does not say. */
static int64_t resident(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    long long size = 0, pages = 0;

    if (f) {
        if (fscanf(f, "%lld %lld", &size, &pages) != 2)
            pages = 0;
        fclose(f);
    }
    return pages * sysconf(_SC_PAGESIZE);
}

static int64_t cpu_ms(void)
{
    struct rusage u;

    if (getrusage(RUSAGE_SELF, &u))
        return 0;
    return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
           (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static void write_retention(const struct store_retention *keep, struct jsonw *j)
{
    jsonw_key(j, "retention");
    jsonw_object(j);
    jsonw_kint(j, "journal_ms", keep->journal_ms);
    jsonw_kint(j, "journal_bytes", keep->journal_bytes);
    jsonw_kint(j, "observations_ms", keep->observations_ms);
    jsonw_kint(j, "scores_ms", keep->scores_ms);
    jsonw_kint(j, "rollup_after_ms", keep->rollup_after_ms);
    jsonw_kint(j, "size_bytes", keep->size_bytes);
    jsonw_end(j);
}

static void write_store(const struct control *c, struct jsonw *j)
{
    struct store_state s;

    store_state(c->flow->store, &s);
    jsonw_key(j, "store");
    jsonw_object(j);
    jsonw_kbool(j, "degraded", s.degraded);
    jsonw_kstr(j, "why", s.why);
    jsonw_kint(j, "committed", (int64_t)s.committed);
    jsonw_kint(j, "queued", (int64_t)s.queued);
    jsonw_kint(j, "dropped", (int64_t)s.dropped);
    jsonw_kint(j, "bytes", s.bytes);
    write_retention(&s.keep, j);
    jsonw_kint(j, "checked_ts", s.checked_ts);
    jsonw_key(j, "recovered");
    if (!s.recovered.ts) {
        jsonw_null(j);
    } else {
        jsonw_object(j);
        jsonw_kint(j, "ts", s.recovered.ts);
        jsonw_kbool(j, "going", s.recovered.going);
        jsonw_kstr(j, "kept_as", s.recovered.kept_as);
        jsonw_kint(j, "rows", (int64_t)s.recovered.rows);
        jsonw_kint(j, "lost", (int64_t)s.recovered.lost);
        jsonw_end(j);
    }
    jsonw_end(j);
}

static void write_traffic(const struct control *c, struct jsonw *j)
{
    struct bus_counts n;

    bus_counts(c->flow->bus, &n);
    jsonw_key(j, "traffic");
    jsonw_object(j);
    jsonw_kint(j, "published", (int64_t)n.published);
    jsonw_kint(j, "refused", (int64_t)n.refused);
    jsonw_kint(j, "peers", n.peers);
    jsonw_kint(j, "turned_away", (int64_t)n.turned_away);
    jsonw_kint(j, "send_p99_us", (int64_t)n.send_p99_us);
    jsonw_end(j);
}

static void write_recent(const struct instance *in, struct jsonw *j)
{
    jsonw_key(j, "recent");
    jsonw_array(j);
    for (uint32_t i = 0; i < in->n_recent; i++)
        jsonw_num(j, (double)in->recent[i], 3);
    jsonw_end(j);
    jsonw_key(j, "recent_alarm");
    jsonw_array(j);
    for (uint32_t i = 0; i < in->n_recent; i++)
        jsonw_int(j, in->recent_alarm[i]);
    jsonw_end(j);
}

static void write_last(const struct instance *in, struct jsonw *j)
{
    jsonw_key(j, "last");
    if (!in->last_row) {
        jsonw_null(j);
        return;
    }
    jsonw_object(j);
    jsonw_kint(j, "ts", in->last_row->ts);
    if (in->last_row->label)
        jsonw_kstr(j, "label", in->last_row->label);
    verdict_write(in->schema, &in->last, j);
    jsonw_key(j, "fields");
    verdict_fields(in->schema, in->last_row->v, &in->last, 1, j);
    jsonw_end(j);
}

/* Days in which alarms could be seen, since the model was trained: by rows and the
 * period; NaN without one, which says nothing about days. */
static double seen_days(const struct instance *in)
{
    return in->period_ms ? (double)in->facts.scored * in->period_ms / 864e5 : NAN;
}

static void write_alarms(const struct instance *in, struct jsonw *j)
{
    double days = seen_days(in);

    jsonw_kint(j, "alarms", (int64_t)in->facts.alarms);
    jsonw_kint(j, "scored", (int64_t)in->facts.scored);
    jsonw_knum(j, "seen_days", days, 6);
    jsonw_knum(j, "budget_per_day", in->alarm_per_s * 86400, 4);
    jsonw_knum(j, "seen_per_day", days > 0 ? (double)in->facts.alarms / days : days, 4);
}

static void write_training(const struct instance *in, struct jsonw *j)
{
    uint32_t all = atomic_load(&in->lesson_all);

    jsonw_key(j, "training");
    if (!in->learning || !all) {
        jsonw_null(j);
        return;
    }
    jsonw_object(j);
    jsonw_kint(j, "done", atomic_load(&in->lesson_done));
    jsonw_kint(j, "all", all);
    jsonw_end(j);
}

static const char *step_name(enum retrain_step step)
{
    static const char *const names[] = { "idle", "copying", "training", "installing",
                                         "saving" };

    return names[step];
}

/* The last retraining or rollback since the start; null: there was none. */
static void write_retraining(const struct instance *in, struct jsonw *j)
{
    const struct retraining *r = &in->retrain;

    jsonw_key(j, "retrain");
    if (!r->id) {
        jsonw_null(j);
        return;
    }
    jsonw_object(j);
    message_retrain_members(r, j);
    jsonw_kstr(j, "step", step_name(r->step));
    jsonw_kint(j, "code", r->code);
    jsonw_kint(j, "done", atomic_load(&r->done));
    jsonw_kint(j, "all", atomic_load(&r->all));
    jsonw_end(j);
}

/* The process of its own that it lives in; null: it has none, it lives in this one. */
static void write_cell(const struct instance *in, struct jsonw *j)
{
    int pid = in->opened && !in->closing ? plugin_pid(in->plugin, in->self) : 0;

    jsonw_key(j, "cell");
    if (!plugin_is_isolated(in->plugin)) {
        jsonw_null(j);
        return;
    }
    jsonw_object(j);
    jsonw_key(j, "pid");
    if (pid > 0)
        jsonw_int(j, pid);
    else
        jsonw_null(j);
    jsonw_end(j);
}

static int by_hand(const struct control *c, const char *name)
{
    for (uint32_t i = 0; i < c->conf->n_atoms; i++)
        if (strcmp(c->conf->atoms[i].name, name) == 0)
            return c->conf->atoms[i].by_hand;
    return 0;
}

static void write_atom(const struct control *c, const struct instance *in,
                       struct jsonw *j)
{
    int64_t now = clock_mono(c->flow->clock);

    jsonw_object(j);
    jsonw_kstr(j, "name", in->name);
    jsonw_kstr(j, "plugin", in->atom->name);
    jsonw_kstr(j, "version", in->atom->version);
    jsonw_kstr(j, "help", in->atom->help);
    jsonw_kstr(j, "state", instance_health_name(in));
    jsonw_kstr(j, "note", in->note);
    jsonw_kstr(j, "file", plugin_path(in->plugin));
    jsonw_kbool(j, "by_hand", by_hand(c, in->name));
    jsonw_kint(j, "replaced", (int64_t)in->replaced);
    jsonw_kstr(j, "rejected", in->rejected);
    write_cell(in, j);
    jsonw_kint(j, "period_ms", in->period_ms);
    jsonw_kint(j, "rows", (int64_t)in->facts.rows);
    jsonw_kint(j, "warmup", in->warmup);
    jsonw_kbool(j, "learns", !in->learn_off);
    jsonw_kint(j, "hold_ms", in->hold_ms);
    jsonw_knum(j, "share", in->share, 4);
    jsonw_kint(j, "turns_skipped", (int64_t)in->turns_skipped);
    jsonw_kint(j, "held_back", in->facts.waiting);
    jsonw_kint(j, "judged", (int64_t)in->facts.judged);
    write_training(in, j);
    write_retraining(in, j);
    jsonw_kint(j, "gen", (int64_t)in->facts.gen);
    jsonw_kint(j, "params", (int64_t)in->facts.params);
    jsonw_kint(j, "clamped", (int64_t)in->clamped);
    jsonw_kint(j, "missing", (int64_t)in->missing);
    jsonw_kint(j, "errors", (int64_t)in->errors);
    jsonw_kint(j, "skipped", (int64_t)in->skipped);
    jsonw_kint(j, "dropped", (int64_t)in->dropped);
    jsonw_kint(j, "waiting", in->n_rows);
    jsonw_kint(j, "late_ms", in->late_ms);
    jsonw_kint(j, "late_most_ms", in->late_most_ms);
    jsonw_kstr(j, "unsaved", in->unsaved);
    jsonw_key(j, "saved_ms_ago");
    if (in->saved_at)
        jsonw_int(j, now - in->saved_at);
    else
        jsonw_null(j);
    jsonw_key(j, "last_ms_ago");
    if (in->last_ok)
        jsonw_int(j, now - in->last_ok);
    else
        jsonw_null(j);
    write_alarms(in, j);
    write_recent(in, j);
    write_last(in, j);
    jsonw_end(j);
}

void control_status(const struct control *c, struct jsonw *j)
{
    jsonw_kint(j, "v", 1);
    jsonw_kstr(j, "version", KIRI_VERSION);
    jsonw_kstr(j, "molecule", c->conf->molecule);
    jsonw_kint(j, "pid", getpid());
    jsonw_kstr(j, "host", c->host);
    jsonw_kstr(j, "boot", c->boot);
    jsonw_kint(j, "uptime_ms", clock_mono(c->flow->clock) - c->began);
    jsonw_kstr(j, "config", c->conf->file);
    jsonw_kstr(j, "state_dir", c->conf->state);
    jsonw_kstr(j, "bus", c->bus_url);
    jsonw_kstr(j, "control", c->control_url);
    jsonw_kint(j, "rss_bytes", resident());
    jsonw_kint(j, "cpu_ms", cpu_ms());
    write_store(c, j);
    write_traffic(c, j);
    jsonw_key(j, "answers");
    jsonw_object(j);
    jsonw_kint(j, "given", (int64_t)c->answered);
    jsonw_kint(j, "running", c->answers.n_running);
    jsonw_kint(j, "remembered", c->answers.n);
    jsonw_end(j);
    c->act.status(c->act.ctx, j);
    jsonw_key(j, "atoms");
    jsonw_array(j);
    for (uint32_t i = 0; i < c->n_instances; i++)
        write_atom(c, c->instance[i], j);
    jsonw_end(j);
}
