/*
 * kiri check FILE - everything that run would check before it starts, and nothing else;
 * then what would run. An atom's .so is tried instead: check_atom.c.
 */
#include "base/json.h"
#include "base/units.h"
#include "base/value.h"
#include "cli/check_atom.h"
#include "cli/command.h"
#include "host.h"

#include <string.h>

enum { JSON };

#define USUAL_ALARM (1 / 86400.0) /* onsets per second: 1/day */
#define DAY         86400.0
#define USUAL_HOLD  86400000 /* ms */
#define USUAL_SHARE 0.25     /* of a core */

/* "64 MiB", in the largest unit that leaves no fraction. */
static void put_size(struct buf *b, int64_t bytes)
{
    static const struct {
        const char *name;
        int64_t size;
    } units[] = {
        { "TiB", INT64_C(1) << 40 },
        { "TB", INT64_C(1000000000000) },
        { "GiB", 1 << 30 },
        { "GB", 1000000000 },
        { "MiB", 1 << 20 },
        { "MB", 1000000 },
        { "KiB", 1 << 10 },
        { "kB", 1000 },
        { "bytes", 1 },
    };
    size_t i = 0;

    while (bytes % units[i].size)
        i++;
    buf_putf(b, "%lld %s", (long long)(bytes / units[i].size), units[i].name);
}

static void put_duration(struct buf *b, const char *before, int64_t ms)
{
    char text[32];

    units_duration_print(ms, text, sizeof text);
    buf_putf(b, "%s%s", before, text);
}

/* What differs from the store's own habits. */
static void put_retention(struct buf *b, const struct conf_retention *r)
{
    const struct {
        const char *name;
        int64_t value;
        int is_size;
    } kept[] = {
        { "journal ", r->journal_ms, 0 },
        { "journal ", r->journal_bytes, 1 },
        { "observations ", r->observations_ms, 0 },
        { "scores ", r->scores_ms, 0 },
        { "roll-up after ", r->rollup_after_ms, 0 },
        { "at most ", r->size_bytes, 1 },
    };
    const char *between = "";

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (!kept[i].value)
            continue;
        buf_putf(b, "%s%s", between, kept[i].name);
        if (kept[i].is_size)
            put_size(b, kept[i].value);
        else
            put_duration(b, "", kept[i].value);
        between = ", ";
    }
    if (!*between)
        buf_puts(b, "as usual");
}

/* A path or an address, whatever bytes it has. */
static void put_line(struct buf *b, const char *label, const char *text)
{
    char shown[512];

    buf_putf(b, "  %-10s %s\n", label, value_show(text, shown, sizeof shown));
}

static void put_atom(struct buf *b, const struct conf_atom *a,
                     const struct host_plan_atom *found)
{
    char shown[512];

    buf_putf(b, "    %-16s %s", a->name, value_show(found->path, shown, sizeof shown));
    if (found->version)
        buf_putf(b, " %s", found->version);
    if (a->every_ms)
        put_duration(b, ", every ", a->every_ms);
    else
        buf_puts(b, ", its own period");
    buf_putf(b, ", alarm %.3g/day", (a->alarm > 0 ? a->alarm : USUAL_ALARM) * DAY);
    if (a->learn_off)
        buf_puts(b, ", learns nothing");
    else
        buf_putf(b, ", warm-up %u rows", a->warmup);
    if (!a->learn_off && a->hold_ms != USUAL_HOLD)
        put_duration(b, ", holds alarms back for ", a->hold_ms);
    if (!a->learn_off && (a->share < USUAL_SHARE || a->share > USUAL_SHARE))
        buf_putf(b, ", learns on %.3g %% of a core", a->share * 100);
    buf_puts(b, a->isolate ? ", in a process of its own\n" : "\n");
}

static void put_text(struct buf *b, const struct conf *c, const struct host_plan *plan)
{
    buf_putf(b, "%s: ok, %u atom%s\n", c->file, c->n_atoms, c->n_atoms == 1 ? "" : "s");
    for (char **f = c->files + 1; *f; f++)
        put_line(b, "with", *f);
    put_line(b, "molecule", c->molecule);
    put_line(b, "state", c->state);
    if (!c->n_listen)
        put_line(b, "bus", plan->bus);
    for (uint32_t i = 0; i < c->n_listen; i++)
        put_line(b, "bus", c->listen[i].url);
    put_line(b, "control", plan->control);
    buf_puts(b, "  keeps      ");
    put_retention(b, &c->retention);
    buf_puts(b, "\n  atoms\n");
    for (uint32_t i = 0; i < c->n_atoms; i++)
        put_atom(b, &c->atoms[i], &plan->atom[i]);
}

/* Each line as one string. */
static void put_lines(struct jsonw *j, const char *key, const char *lines)
{
    jsonw_key(j, key);
    jsonw_array(j);
    while (*lines) {
        size_t len = strcspn(lines, "\n");

        jsonw_bytes(j, lines, len);
        lines += len + (lines[len] == '\n');
    }
    jsonw_end(j);
}

static void put_kept(struct jsonw *j, const char *key, int64_t value)
{
    if (value)
        jsonw_kint(j, key, value);
}

static void put_json_atom(struct jsonw *j, const struct conf_atom *a,
                          const struct host_plan_atom *found)
{
    jsonw_object(j);
    jsonw_kstr(j, "name", a->name);
    jsonw_kstr(j, "plugin", found->path);
    jsonw_kstr(j, "version", found->version);
    jsonw_key(j, "every_ms");
    if (a->every_ms)
        jsonw_int(j, a->every_ms);
    else
        jsonw_null(j);
    jsonw_knum(j, "alarms_per_day", (a->alarm > 0 ? a->alarm : USUAL_ALARM) * DAY, 6);
    jsonw_kbool(j, "learn", !a->learn_off);
    jsonw_kint(j, "warmup", a->warmup);
    jsonw_kint(j, "hold_ms", a->hold_ms);
    jsonw_knum(j, "share", a->share, 6);
    jsonw_kstr(j, "file", a->file);
    jsonw_kint(j, "line", a->line);
    jsonw_end(j);
}

static void put_json_molecule(struct jsonw *j, const struct conf *c,
                              const struct host_plan *plan)
{
    const struct conf_retention *r = &c->retention;

    jsonw_key(j, "files");
    jsonw_array(j);
    for (char **f = c->files; *f; f++)
        jsonw_string(j, *f);
    jsonw_end(j);
    jsonw_kstr(j, "molecule", c->molecule);
    jsonw_kstr(j, "state", c->state);
    jsonw_key(j, "listen");
    jsonw_array(j);
    if (!c->n_listen)
        jsonw_string(j, plan->bus);
    for (uint32_t i = 0; i < c->n_listen; i++)
        jsonw_string(j, c->listen[i].url);
    jsonw_end(j);
    jsonw_kstr(j, "control", plan->control);
    jsonw_kstr(j, "socket_mode", c->socket_mode == 0660 ? "0660" : "0600");
    jsonw_key(j, "retention"); /* only what the file says */
    jsonw_object(j);
    put_kept(j, "journal_ms", r->journal_ms);
    put_kept(j, "journal_bytes", r->journal_bytes);
    put_kept(j, "observations_ms", r->observations_ms);
    put_kept(j, "scores_ms", r->scores_ms);
    put_kept(j, "rollup_after_ms", r->rollup_after_ms);
    put_kept(j, "size_bytes", r->size_bytes);
    jsonw_end(j);
    jsonw_key(j, "atoms");
    jsonw_array(j);
    for (uint32_t i = 0; i < c->n_atoms; i++)
        put_json_atom(j, &c->atoms[i], &plan->atom[i]);
    jsonw_end(j);
}

static void put_json(struct buf *b, const char *file, const struct conf *c,
                     const struct host_plan *plan, const struct conf_errors *errors)
{
    struct jsonw j = jsonw_into(b);

    jsonw_object(&j);
    jsonw_kstr(&j, "file", file);
    jsonw_kbool(&j, "ok", !errors->n);
    if (c && !errors->n)
        put_json_molecule(&j, c, plan);
    put_lines(&j, "warnings", plan->warnings ? plan->warnings : "");
    put_lines(&j, "errors", buf_text(&errors->text));
    jsonw_end(&j);
    buf_puts(b, "\n");
}

static int check_molecule(const struct call *call)
{
    struct conf_errors errors = { 0 };
    struct host_plan plan = { 0 };
    struct conf *conf = conf_read(call->word[0], &errors);
    struct buf out = { 0 };
    int code;

    if (conf)
        host_check(conf, &plan, &errors);
    if (call->value[JSON])
        put_json(&out, call->word[0], conf, &plan, &errors);
    else if (conf && !errors.n)
        put_text(&out, conf, &plan);
    if (!call->value[JSON]) {
        const char *line = plan.warnings ? plan.warnings : "";

        for (; *line; line += strcspn(line, "\n") + 1)
            fprintf(stderr, "warning: %.*s\n", (int)strcspn(line, "\n"), line);
        fputs(buf_text(&errors.text), stderr);
    }
    fwrite(buf_text(&out), 1, out.len, stdout);
    code = command_finish();
    if (errors.n)
        code = errors.code ? (int)errors.code : KIRI_BAD_CONFIG;
    buf_free(&out);
    host_plan_free(&plan);
    conf_free(conf);
    conf_errors_free(&errors);
    return code;
}

static int run(const struct call *call)
{
    if (check_is_atom(call->word[0]))
        return check_atom(call->word[0], call->each, call->value[JSON] != NULL);
    if (!call->n_each)
        return check_molecule(call);
    fprintf(stderr,
            "kiri check: --set is for an atom's .so; a molecule has its options in "
            "the file\n");
    return KIRI_USAGE;
}

const struct command command_check = {
    .name = "check",
    .summary = "Says what is wrong with a YAML file, or with an atom's .so.",
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .about =
        "Reads the file as 'kiri run' would, and those it includes, finds its plugins,\n"
        "opens each in a child process and holds the atoms' options against them. Every\n"
        "mistake is listed as file:line:column: sentence. If there is none, shows what\n"
        "would run: atoms, plugins, periods, alarm budgets, addresses, state directory.\n"
        "Nothing is started, created or changed. docs/config.md explains every key.\n\n"
        "A FILE.so is an atom: it is opened in child processes and asked everything "
        "that\n"
        "a host will ever ask it, and much that no host should: 100 lives, two at once,\n"
        "wrong files, memory that fails, signals, foreign state. What it does against\n"
        "its contract (kiri/atom.h) is said in a sentence each: crashes, leaks, "
        "threads,\n"
        "globals, values outside of its schema, callbacks that take longer than 2 s.\n",
    .option = { { "json", NULL, "One JSON object, also for mistakes." },
                { "set", "OPTION=VALUE",
                  "Of an atom: one of its options. Again for others;\n"
                  "                     the same again makes a list of paths." } },
    .repeats = "set",
    .examples = "  kiri check configs/first.yaml\n"
                "  kiri check my.yaml && systemctl reload kiri\n"
                "  kiri check my.yaml --json | jq -r '.errors[]'\n"
                "  kiri check soil.so --set file=/tmp/soil\n",
    .exits = "  0   the file is right, or the atom is fit\n"
             "  64  an option that the atom does not have, or that it needs\n"
             "  65  the atom is not fit; every finding was listed\n"
             "  66  no such file\n"
             "  78  the file is wrong; every mistake was listed\n",
    .run = run,
};
