#include "cli/common.h"

#include "base/json.h"
#include "base/path.h"
#include "host.h"
#include <kiri/client.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 3000
#define DISK_MS   30000 /* what waits for models or the store to be written */
#define PROBE_MS  60000 /* a reload probes plugins, each up to 5 s */

/* ipc:///run/kiri/bus -> ipc:///run/kiri/control; NULL when there is no such place. */
static char *control_beside(const char *bus)
{
    const char *slash = strrchr(bus, '/');
    char *url = NULL;

    if (strncmp(bus, "ipc://", 6) != 0 || !slash || slash < bus + 6)
        return NULL;
    return asprintf(&url, "%.*s/control", (int)(slash - bus), bus) < 0 ? NULL : url;
}

int reach_find(struct reach *r, const char *bus, const char *state,
               struct kiri_error *err)
{
    *r = (struct reach){ 0 };
    if (bus && state)
        return kiri_fail(err, KIRI_USAGE, "--bus and --state both name a host: say one");
    if (bus && !strstr(bus, "://"))
        return kiri_fail(err, KIRI_USAGE,
                         "--bus takes a URL such as ipc:///run/kiri/bus, not '%s'", bus);
    if (bus) {
        r->bus = strdup(bus);
        r->control = control_beside(bus);
        return r->bus ? 0 : kiri_fail(err, KIRI_INTERNAL, "memory is short");
    }
    char *dir = state ? path_expand(state) : path_state();
    if (!dir)
        return kiri_fail(err, KIRI_UNAVAILABLE,
                         "there is no home directory to look in: say --state DIR");
    int rc = host_address(dir, &r->bus, &r->control, err);
    free(dir);
    return rc;
}

void reach_free(struct reach *r)
{
    free(r->bus);
    free(r->control);
    *r = (struct reach){ 0 };
}

/* No two requests of any client have the same id: the host answers each once. */
static void write_request(const char *cmd, const char *members, struct buf *out)
{
    static unsigned asked;
    struct timespec now;
    struct jsonw j = jsonw_into(out);
    char id[64];

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(id, sizeof id, "%ld-%lld%09ld-%u", (long)getpid(), (long long)now.tv_sec,
             now.tv_nsec, asked++);
    jsonw_object(&j);
    jsonw_kstr(&j, "id", id);
    jsonw_kstr(&j, "cmd", cmd);
    if (members) {
        buf_puts(out, ",");
        buf_puts(out, members);
    }
    jsonw_end(&j);
}

/* What may take its time in the host: a disk, a probe of a plugin. */
static int patience_ms(const char *cmd)
{
    static const struct {
        const char *cmd;
        int ms;
    } slow[] = {
        { "save", DISK_MS },  { "flush", DISK_MS },   { "reload", PROBE_MS },
        { "load", PROBE_MS }, { "unload", PROBE_MS },
    };

    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        if (strcmp(cmd, slow[i].cmd) == 0)
            return slow[i].ms;
    return ANSWER_MS;
}

json_t *reach_talk(const struct reach *r, const char *cmd, const char *members,
                   struct kiri_error *err)
{
    struct buf request = { 0 };
    char why[512] = "", *answer;
    json_t *root = NULL;

    if (!r->control) {
        kiri_fail(err, KIRI_UNAVAILABLE,
                  "the control socket of %s is not known: say --state DIR instead",
                  r->bus);
        return NULL;
    }
    write_request(cmd, members, &request);
    answer = kiri_client_ask(r->control, buf_text(&request), patience_ms(cmd), NULL, why,
                             sizeof why);
    buf_free(&request);
    if (!answer) {
        kiri_fail(err, KIRI_UNAVAILABLE, "%s", why);
        return NULL;
    }
    root = json_loads(answer, 0, NULL);
    free(answer);
    if (json_is_object(root))
        return root;
    json_decref(root);
    kiri_fail(err, KIRI_UNAVAILABLE, "the host's answer cannot be read");
    return NULL;
}

json_t *reach_ask(const struct reach *r, const char *cmd, const char *members,
                  struct kiri_error *err)
{
    json_t *root = reach_talk(r, cmd, members, err);

    if (!root || json_is_true(json_object_get(root, "ok")))
        return root;
    const char *error = json_string_value(json_object_get(root, "error"));
    json_int_t code = json_integer_value(json_object_get(root, "code"));
    kiri_fail(err,
              code >= KIRI_USAGE && code <= KIRI_BAD_CONFIG ? (enum kiri_code)code
                                                            : KIRI_UNAVAILABLE,
              "the host refuses: %s", error ? error : "its answer cannot be read");
    json_decref(root);
    return NULL;
}

void message_json(const struct kiri_message *m, struct buf *out)
{
    int empty = m->json_len > 1 && m->json[1] == '}';

    buf_putf(out, "{\"topic\":\"%.*s\"%s", (int)m->topic_len, m->topic, empty ? "" : ",");
    buf_put(out, m->json + 1, m->json_len - 1);
    buf_puts(out, "\n");
}
