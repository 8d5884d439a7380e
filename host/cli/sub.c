/*
 * kiri sub PREFIX... - what the host publishes, one message a line.
 */
#include "base/units.h"
#include "cli/command.h"
#include "cli/common.h"
#include "screen/terminal.h"
#include <kiri/client.h>

#include <kiri/wire.h>

#include <inttypes.h>
#include <string.h>

#define PATIENCE_MS 2500 /* a heartbeat comes each second */
#define WAIT_MS     500

enum { SINCE, SNAPSHOT, COUNT, JSON, CA, BUS, STATE };

struct listener {
    struct kiri_client *client;
    const struct call *call;
    int64_t left; /* messages still to print; < 0: no end */
    uint64_t lost;
    char why[512]; /* said last */
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
    return 0;
}

static void print(const struct kiri_message *m, int json)
{
    struct buf line = { 0 };

    if (json)
        message_json(m, &line);
    else
        buf_putf(&line, "%.*s %.*s\n", (int)m->topic_len, m->topic, (int)m->json_len,
                 m->json);
    fwrite(buf_text(&line), 1, line.len, stdout);
    buf_free(&line);
}

/* Holes, on stderr, before what follows them. */
static void say_lost(struct listener *l)
{
    uint64_t lost = kiri_client_lost(l->client);
    const char *why = kiri_client_why(l->client);

    if (strcmp(why, l->why) != 0)
        fprintf(stderr, "kiri sub: %s\n", why);
    snprintf(l->why, sizeof l->why, "%s", why);
    if (lost > l->lost)
        fprintf(stderr, "kiri sub: %" PRIu64 " message%s lost\n", lost - l->lost,
                lost - l->lost == 1 ? " was" : "s were");
    l->lost = lost;
}

static int print_one(struct listener *l, const char *bytes, size_t len)
{
    struct kiri_message m;

    if (kiri_message_split(bytes, len, &m) || !wanted(l->call, &m))
        return 0;
    print(&m, l->call->value[JSON] != NULL);
    if (l->left > 0)
        l->left--;
    return ferror(stdout);
}

static int listen(struct listener *l, const char *url)
{
    const char *bytes;
    size_t len;
    int got = 0, said = 0;

    while (!interrupted() && l->left != 0 && got >= 0) {
        got = kiri_client_next(l->client, 0, &bytes, &len);
        if (got == 0) { /* what was printed is seen before we wait */
            if (fflush(stdout))
                break;
            got = kiri_client_next(l->client, WAIT_MS, &bytes, &len);
        }
        say_lost(l);
        if (got > 0 && print_one(l, bytes, len))
            break;
        if (got == 0 && !said && !interrupted() &&
            kiri_client_silent_ms(l->client) >= PATIENCE_MS) {
            fprintf(stderr, "kiri sub: waiting for a host at %s\n", url);
            said = 1;
        }
    }
    int rc = command_finish();
    return got < 0 && rc == 0 ? KIRI_UNAVAILABLE : rc;
}

/* --since oldest, --since BOOT:SEQ. */
static int read_since(const char *text, struct kiri_client_options *o, char *boot,
                      size_t cap, struct kiri_error *err)
{
    const char *colon = strrchr(text, ':');
    int64_t seq;

    if (strcmp(text, "oldest") == 0) {
        o->start = KIRI_START_OLDEST;
        return 0;
    }
    if (!colon || colon == text || (size_t)(colon - text) >= cap ||
        units_integer(colon + 1, &seq) || seq < 0)
        return kiri_fail(err, KIRI_USAGE,
                         "--since takes BOOT:SEQ, as they stand in a message (such as "
                         "7f3a:991), or oldest, not '%s'",
                         text);
    snprintf(boot, cap, "%.*s", (int)(colon - text), text);
    o->start = KIRI_START_AFTER;
    o->boot = boot;
    o->seq = (uint64_t)seq;
    return 0;
}

static int read_options(struct listener *l, struct kiri_client_options *o, char *boot,
                        size_t cap, struct kiri_error *err)
{
    const struct call *call = l->call;

    if (call->value[COUNT] &&
        (units_integer(call->value[COUNT], &l->left) || l->left < 1))
        return kiri_fail(err, KIRI_USAGE, "--count takes a number from 1 on, not '%s'",
                         call->value[COUNT]);
    for (int i = 0; i < call->n_words; i++)
        if (strlen(call->word[i]) >= KIRI_TOPIC_MAX)
            return kiri_fail(err, KIRI_USAGE, "no topic is as long as '%.60s...'",
                             call->word[i]);
    if (call->value[SINCE] && call->value[SNAPSHOT])
        return kiri_fail(err, KIRI_USAGE,
                         "--since and --snapshot both say where to begin: say one");
    if (call->value[SNAPSHOT])
        o->start = KIRI_START_SNAPSHOT;
    o->ca_file = call->value[CA];
    return call->value[SINCE] ? read_since(call->value[SINCE], o, boot, cap, err) : 0;
}

static int run(const struct call *call)
{
    struct listener l = { .call = call, .left = -1 };
    struct kiri_client_options o = { .start = KIRI_START_NOW };
    struct kiri_error err = { 0 };
    struct reach reach = { 0 };
    char why[512] = "", boot[64];
    int rc = read_options(&l, &o, boot, sizeof boot, &err);

    if (!rc)
        rc = reach_find(&reach, call->value[BUS], call->value[STATE], &err);
    if (!rc) {
        o.bus = reach.bus;
        o.control = reach.control;
        l.client = kiri_client_open(&o, why, sizeof why);
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
        "back. Each message is printed once and in order: what was lost on the way is\n"
        "taken from the host's journal. What the journal does not have either is said\n"
        "on stderr, with its number.\n"
        "\n"
        "Topics: obs/A score/A model/A atom/A note/A/NAME log/LEVEL heartbeat\n",
    .option = { { "since", "PLACE",
                  "Begins after this message: BOOT:SEQ, as in the last one\n"
                  "                     that was printed, or oldest. Default: now." },
                { "snapshot", NULL,
                  "First the last message of each topic, as late joiners need." },
                { "count", "N", "Stops after N messages. Default: never." },
                { "json", NULL, "Only the JSON, with the topic as its first member." },
                { "ca", "FILE",
                  "For a tls+tcp:// bus: the PEM file of who vouches for it." },
                OPTION_BUS,
                OPTION_STATE },
    .examples = "  kiri sub score/\n"
                "  kiri sub score/pulse model/pulse --json\n"
                "  kiri sub '' --since oldest --count 100\n"
                "  kiri sub score/ --snapshot\n"
                "  kiri sub score/ --bus tls+tcp://mini.example:7788 --ca ca.pem\n",
    .exits =
        "  0   stopped by --count or Ctrl-C\n"
        "  64  the command line is wrong\n"
        "  69  no host ever ran with this state directory, or it does not give what\n"
        "      --since or --snapshot asks for\n",
    .run = run,
};
