/*
 * kiri sub PREFIX... - what the host publishes, one message a line.
 */
#include "base/units.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/terminal.h"
#include "client/client.h"

#include <kiri/wire.h>

#include <inttypes.h>
#include <string.h>

#define PATIENCE_MS 2500 /* a heartbeat comes each second */
#define WAIT_MS     500
#define HEARTBEAT   "heartbeat "

enum { COUNT, JSON, BUS, STATE };

struct listener {
    struct kiri_client *client;
    const struct call *call;
    int64_t left; /* messages still to print; < 0: no end */
    uint64_t lost;
};

/* "score/" and "" are byte prefixes; "score/pulse" is that topic and what is below it. */
static int wanted_by(const char *prefix, const struct kiri_message *m)
{
    size_t len = strlen(prefix);

    if (len > m->topic_len || memcmp(prefix, m->topic, len) != 0)
        return 0;
    return len == 0 || prefix[len - 1] == '/' || m->topic_len == len ||
           m->topic[len] == '/';
}

static int wanted(const struct call *call, const struct kiri_message *m)
{
    for (int i = 0; i < call->n_words; i++)
        if (wanted_by(call->word[i], m))
            return 1;
    return 0;
}

/* The heartbeat is always heard: it tells a silent topic from a host that is not there.
 */
static int subscribe(const struct listener *l, char *why, size_t cap)
{
    char topic[KIRI_TOPIC_MAX + 2];

    for (int i = 0; i < l->call->n_words; i++) {
        const char *prefix = l->call->word[i];
        size_t len = strlen(prefix);
        if (len == 0 || prefix[len - 1] == '/') {
            if (kiri_client_subscribe(l->client, prefix, why, cap))
                return -1;
            continue;
        }
        snprintf(topic, sizeof topic, "%s ", prefix);
        if (kiri_client_subscribe(l->client, topic, why, cap))
            return -1;
        snprintf(topic, sizeof topic, "%s/", prefix);
        if (kiri_client_subscribe(l->client, topic, why, cap))
            return -1;
    }
    return kiri_client_subscribe(l->client, HEARTBEAT, why, cap);
}

static void print(const struct kiri_message *m, int json)
{
    if (!json) {
        printf("%.*s %.*s\n", (int)m->topic_len, m->topic, (int)m->json_len, m->json);
        return;
    }
    int empty = m->json_len > 1 && m->json[1] == '}';
    printf("{\"topic\":\"%.*s\"%s%.*s\n", (int)m->topic_len, m->topic, empty ? "" : ",",
           (int)m->json_len - 1, m->json + 1);
}

static void say_lost(struct listener *l)
{
    uint64_t lost = kiri_client_lost(l->client);

    if (lost > l->lost)
        fprintf(stderr, "kiri sub: %" PRIu64 " message%s lost\n", lost - l->lost,
                lost - l->lost == 1 ? " was" : "s were");
    l->lost = lost;
}

static int listen(struct listener *l, const char *url)
{
    struct kiri_message m;
    const char *bytes;
    size_t len;
    int silent_ms = 0, said = 0;

    while (!interrupted() && l->left != 0) {
        int got = kiri_client_next(l->client, WAIT_MS, &bytes, &len);
        if (got < 0)
            break;
        if (got == 0) {
            silent_ms += WAIT_MS;
            if (silent_ms >= PATIENCE_MS && !said && !interrupted()) {
                fprintf(stderr, "kiri sub: waiting for a host at %s\n", url);
                said = 1;
            }
            continue;
        }
        silent_ms = 0;
        say_lost(l);
        if (kiri_message_split(bytes, len, &m) || !wanted(l->call, &m))
            continue;
        print(&m, l->call->value[JSON] != NULL);
        if (fflush(stdout))
            break;
        if (l->left > 0)
            l->left--;
    }
    return command_finish();
}

static int run(const struct call *call)
{
    struct listener l = { .call = call, .left = -1 };
    struct kiri_error err = { 0 };
    struct reach reach = { 0 };
    char why[512] = "";
    int rc = 0;

    if (call->value[COUNT] && (units_integer(call->value[COUNT], &l.left) || l.left < 1))
        rc = kiri_fail(&err, KIRI_USAGE, "--count takes a number from 1 on, not '%s'",
                       call->value[COUNT]);
    for (int i = 0; i < call->n_words && !rc; i++)
        if (strlen(call->word[i]) >= KIRI_TOPIC_MAX)
            rc = kiri_fail(&err, KIRI_USAGE, "no topic is as long as '%.60s...'",
                           call->word[i]);
    if (!rc)
        rc = reach_find(&reach, call->value[BUS], call->value[STATE], &err);
    if (!rc) {
        l.client = kiri_client_hear(reach.bus, why, sizeof why);
        if (!l.client || subscribe(&l, why, sizeof why))
            rc = kiri_fail(&err, KIRI_UNAVAILABLE, "cannot hear %s: %s", reach.bus, why);
    }
    if (rc) {
        rc = command_fail(&err);
    } else {
        interrupt_catch();
        rc = listen(&l, reach.bus);
    }
    kiri_client_free(l.client);
    reach_free(&reach);
    return rc;
}

const struct command command_sub = {
    .name = "sub",
    .summary = "Prints what the host publishes, one message a line.",
    .arguments = "PREFIX...",
    .least = 1,
    .most = -1,
    .about =
        "Prints each message as it stands on the bus: topic, space, JSON. A PREFIX that\n"
        "is empty or ends with '/' stands for every topic that begins so; any other for\n"
        "that topic and what is below it, so that score/pulse is never score/pulse2.\n"
        "Waits for a host that is not there yet, and connects again to one that comes\n"
        "back. When messages were lost on the way, a line on stderr says how many.\n"
        "\n"
        "Topics: obs/A score/A model/A atom/A note/A/NAME log/LEVEL heartbeat\n",
    .option = { { "count", "N", "Stops after N messages. Default: never." },
                { "json", NULL, "Only the JSON, with the topic as its first member." },
                OPTION_BUS,
                OPTION_STATE },
    .examples = "  kiri sub score/\n"
                "  kiri sub score/pulse model/pulse --json\n"
                "  kiri sub '' --count 100\n",
    .exits = "  0   stopped by --count or Ctrl-C\n"
             "  64  the command line is wrong\n"
             "  69  no host ever ran with this state directory\n",
    .run = run,
};
