#include "cli/check_atom.h"

#include "base/json.h"
#include "base/value.h"
#include "cli/command.h"
#include "load/abuse/abuse.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int check_is_atom(const char *path)
{
    size_t len = strlen(path);
    char magic[SELFMAG];
    int fd, is;

    if (len > 3 && strcmp(path + len - 3, ".so") == 0)
        return 1;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0;
    is = read(fd, magic, sizeof magic) == (ssize_t)sizeof magic &&
         memcmp(magic, ELFMAG, SELFMAG) == 0;
    close(fd);
    return is;
}

/* ---- as text -------------------------------------------------------------------- */

struct printing {
    const char *path;
    const struct abuse_report *report;
};

static void print_trial(void *ctx, const struct abuse_trial *t)
{
    const struct printing *p = ctx;
    char shown[512];

    if (p->report->n_trials == 1)
        printf("%s: %s %s\n", value_show(p->path, shown, sizeof shown), p->report->name,
               p->report->version);
    printf("  %-10s %-59s ", t->name, t->what);
    if (*t->skipped)
        printf("-  %s\n", t->skipped);
    else if (t->findings)
        printf("%u finding%s\n", t->findings, t->findings == 1 ? "" : "s");
    else
        printf("ok %5" PRId64 " ms\n", t->ms);
    fflush(stdout); /* it takes seconds: each line as it comes */
}

static void print_report(const char *path, const struct abuse_report *r)
{
    char shown[512];

    for (uint32_t i = 0; i < r->n_notes; i++)
        printf("note: %s\n", r->note[i]);
    value_show(path, shown, sizeof shown);
    for (uint32_t i = 0; i < r->n_findings; i++)
        printf("%s: %s\n", shown, r->finding[i].text);
    if (r->n_findings)
        printf("%s: %u finding%s", shown, r->n_findings, r->n_findings == 1 ? "" : "s");
    else
        printf("%s: ok", shown);
    printf(", %u trials, %" PRIu64 " calls, %" PRIu64 " rows, %.1f s\n", r->n_trials,
           r->calls, r->rows, (double)r->ms / 1000);
}

/* ---- as JSON -------------------------------------------------------------------- */

static void put_trials(struct jsonw *j, const struct abuse_report *r)
{
    jsonw_key(j, "trials");
    jsonw_array(j);
    for (uint32_t i = 0; i < r->n_trials; i++) {
        const struct abuse_trial *t = &r->trial[i];

        jsonw_object(j);
        jsonw_kstr(j, "name", t->name);
        jsonw_kstr(j, "what", t->what);
        jsonw_kint(j, "findings", t->findings);
        jsonw_kint(j, "calls", (int64_t)t->calls);
        jsonw_kint(j, "rows", (int64_t)t->rows);
        jsonw_kint(j, "ms", t->ms);
        jsonw_kstr(j, "skipped", *t->skipped ? t->skipped : NULL);
        jsonw_end(j);
    }
    jsonw_end(j);
}

static void put_json(const char *path, const struct abuse_report *r, struct buf *b)
{
    struct jsonw j = jsonw_into(b);

    jsonw_object(&j);
    jsonw_kstr(&j, "file", path);
    jsonw_kbool(&j, "ok", r->n_findings == 0);
    jsonw_kstr(&j, "atom", *r->name ? r->name : NULL);
    jsonw_kstr(&j, "version", *r->name ? r->version : NULL);
    jsonw_key(&j, "findings");
    jsonw_array(&j);
    for (uint32_t i = 0; i < r->n_findings; i++) {
        jsonw_object(&j);
        jsonw_kstr(&j, "trial", r->finding[i].trial);
        jsonw_kstr(&j, "kind", r->finding[i].kind);
        jsonw_kstr(&j, "about", r->finding[i].about);
        jsonw_kstr(&j, "text", r->finding[i].text);
        jsonw_end(&j);
    }
    jsonw_end(&j);
    jsonw_key(&j, "notes");
    jsonw_array(&j);
    for (uint32_t i = 0; i < r->n_notes; i++)
        jsonw_string(&j, r->note[i]);
    jsonw_end(&j);
    put_trials(&j, r);
    jsonw_end(&j);
    buf_puts(b, "\n");
}

/* ---- the command ---------------------------------------------------------------- */

static int print(const char *path, int json, const struct abuse_report *r)
{
    struct buf out = { 0 };
    int code;

    if (json)
        put_json(path, r, &out);
    else
        print_report(path, r);
    fwrite(buf_text(&out), 1, out.len, stdout);
    buf_free(&out);
    code = command_finish();
    return code ? code : r->n_findings ? KIRI_BAD_DATA : KIRI_FINE;
}

int check_atom(const char *path, const char *const *options, int json)
{
    struct abuse_report *r = calloc(1, sizeof *r);
    struct printing p = { .path = path, .report = r };
    char *exe = realpath("/proc/self/exe", NULL);
    struct kiri_error err;
    int code;

    if (!r || !exe) {
        kiri_fail(&err, KIRI_INTERNAL, "memory is short");
        code = command_fail(&err);
    } else if (abuse_file(exe, path, options, json ? NULL : print_trial, &p, r, &err)) {
        code = command_fail(&err);
    } else {
        code = print(path, json, r);
    }
    free(exe);
    free(r);
    return code;
}
