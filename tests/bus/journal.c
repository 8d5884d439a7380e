#include "journal.h"

#include <kiri/wire.h>

#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PAGE 20 /* messages */

struct said {
    char *text, place[80], boot[32];
    uint64_t seq;
    int run; /* of which boot, from 1 */
    int lost, committed;
};

struct journal {
    pthread_mutex_t lock;
    pthread_t server;
    int stop, run;
    struct bus *bus;
    char boot[32], refuse[128];
    struct said *said; /* [n], the journal and what is not in it */
    size_t n, cap, first;
    uint64_t seq; /* of the bus */
    unsigned asked;
};

static int begins(const char *text, json_t *topics)
{
    json_t *topic;
    size_t i;

    json_array_foreach(topics, i, topic)
    {
        const char *prefix = json_string_value(topic);
        if (strncmp(text, prefix, strlen(prefix)) == 0)
            return 1;
    }
    return json_array_size(topics) == 0;
}

static int run_of(const struct journal *j, const char *boot)
{
    for (size_t i = 0; i < j->n; i++)
        if (strcmp(j->said[i].boot, boot) == 0)
            return j->said[i].run;
    return strcmp(boot, j->boot) == 0 ? j->run : 0;
}

static size_t oldest(const struct journal *j)
{
    size_t i = j->first;

    while (i < j->n && !j->said[i].committed)
        i++;
    return i;
}

static void put_gone(const struct journal *j, json_t *answer)
{
    size_t i = oldest(j);

    json_object_set_new(answer, "ok", json_false());
    json_object_set_new(answer, "code", json_integer(65));
    json_object_set_new(answer, "gone", json_true());
    json_object_set_new(answer, "oldest",
                        json_pack("{s:s,s:I}", "boot", i < j->n ? j->said[i].boot : "",
                                  "seq",
                                  (json_int_t)(i < j->n ? j->said[i].seq - 1 : 0)));
}

/* The cursor is the last message looked at, matching or not. */
static void put_since(struct journal *j, json_t *request, json_t *answer)
{
    const char *boot = json_string_value(json_object_get(request, "boot"));
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(request, "seq"));
    json_t *list = json_array(), *topics = json_object_get(request, "topics");
    int run = *boot ? run_of(j, boot) : 0, more = 0;
    const struct said *last = NULL;

    j->asked++;
    if (*boot && (!run || (j->first && (run < j->said[j->first - 1].run ||
                                        (run == j->said[j->first - 1].run &&
                                         seq < j->said[j->first - 1].seq))))) {
        json_decref(list);
        put_gone(j, answer);
        return;
    }
    for (size_t i = j->first; i < j->n; i++) {
        const struct said *s = &j->said[i];

        if (!s->committed || s->run < run || (s->run == run && s->seq <= seq))
            continue;
        if (json_array_size(list) == PAGE) {
            more = 1;
            break;
        }
        last = s;
        if (begins(s->text, topics))
            json_array_append_new(list, json_string(s->text));
    }
    json_object_set_new(answer, "ok", json_true());
    json_object_set_new(answer, "messages", list);
    json_object_set_new(answer, "boot", json_string(last ? last->boot : boot));
    json_object_set_new(answer, "seq",
                        json_integer((json_int_t)(last ? last->seq : seq)));
    json_object_set_new(answer, "more", json_boolean(more));
}

struct snapshot {
    json_t *list, *topics;
    char after[KIRI_TOPIC_MAX + 1];
    int more;
};

static int add_kept(void *ctx, const char *topic, const char *bytes, size_t len)
{
    struct snapshot *s = ctx;

    if (json_array_size(s->list) == 2)
        return s->more = 1;
    json_array_append_new(s->list, json_stringn(bytes, len));
    snprintf(s->after, sizeof s->after, "%s", topic);
    return 0;
}

static void put_snapshot(struct journal *j, json_t *request, json_t *answer)
{
    struct snapshot s = { .list = json_array(),
                          .topics = json_object_get(request, "topics") };
    const char *prefix[8];
    size_t n = json_array_size(s.topics);

    for (size_t i = 0; i < n && i < 8; i++)
        prefix[i] = json_string_value(json_array_get(s.topics, i));
    bus_snapshot(j->bus, prefix, n, json_string_value(json_object_get(request, "after")),
                 add_kept, &s);
    json_object_set_new(answer, "ok", json_true());
    json_object_set_new(answer, "messages", s.list);
    json_object_set_new(answer, "boot", json_string(j->boot));
    json_object_set_new(answer, "seq", json_integer((json_int_t)j->seq));
    json_object_set_new(answer, "more", json_boolean(s.more));
    json_object_set_new(answer, "after", json_string(s.after));
}

static void serve(struct journal *j, struct bus_request *r)
{
    size_t len;
    const char *text = bus_request_text(r, &len);
    json_t *request = json_loadb(text, len, 0, NULL), *answer = json_object();
    const char *cmd = json_string_value(json_object_get(request, "cmd"));
    char *out;

    if (*j->refuse || !cmd) {
        json_object_set_new(answer, "ok", json_false());
        json_object_set_new(answer, "code", json_integer(64));
        json_object_set_new(answer, "error", json_string(j->refuse));
    } else if (strcmp(cmd, "since") == 0) {
        put_since(j, request, answer);
    } else {
        put_snapshot(j, request, answer);
    }
    out = json_dumps(answer, JSON_COMPACT);
    bus_answer(j->bus, r, out, strlen(out));
    free(out);
    json_decref(request);
    json_decref(answer);
}

static void *run_server(void *arg)
{
    const struct timespec moment = { .tv_nsec = 500000 };
    struct journal *j = arg;

    for (int stop = 0; !stop; nanosleep(&moment, NULL)) {
        struct bus_request *r;

        pthread_mutex_lock(&j->lock);
        while (j->bus && (r = bus_next_request(j->bus)))
            serve(j, r);
        stop = j->stop;
        pthread_mutex_unlock(&j->lock);
    }
    return NULL;
}

struct journal *journal_new(void)
{
    struct journal *j = calloc(1, sizeof *j);

    assert_non_null(j);
    pthread_mutex_init(&j->lock, NULL);
    assert_int_equal(pthread_create(&j->server, NULL, run_server, j), 0);
    return j;
}

void journal_free(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    j->stop = 1;
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->server, NULL);
    bus_close(j->bus);
    for (size_t i = 0; i < j->n; i++)
        free(j->said[i].text);
    free(j->said);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

void journal_boot(struct journal *j, const char *boot)
{
    pthread_mutex_lock(&j->lock);
    bus_close(j->bus);
    j->bus = open_bus(boot, 16);
    snprintf(j->boot, sizeof j->boot, "%s", boot);
    j->run++;
    j->seq = 0;
    pthread_mutex_unlock(&j->lock);
}

void journal_say_long(struct journal *j, const char *topic, size_t bytes)
{
    char *members = malloc(bytes + 16);
    struct bus_bytes sent;
    struct said *s;

    assert_non_null(members);
    snprintf(members, bytes + 16, "\"x\":\"%0*d\"", (int)bytes, 0);
    pthread_mutex_lock(&j->lock);
    j->seq = bus_publish(j->bus, topic, 0, members, &sent);
    assert_true(j->seq > 0);
    if (strncmp(topic, "log/", 4) != 0) {
        if (j->n == j->cap) {
            j->cap = j->cap ? 2 * j->cap : 256;
            j->said = realloc(j->said, j->cap * sizeof *j->said);
            assert_non_null(j->said);
        }
        s = &j->said[j->n++];
        *s = (struct said){ .text = strndup(sent.data, sent.len),
                            .seq = j->seq,
                            .run = j->run };
        snprintf(s->boot, sizeof s->boot, "%s", j->boot);
        snprintf(s->place, sizeof s->place, "%s:%llu", j->boot,
                 (unsigned long long)j->seq);
    }
    pthread_mutex_unlock(&j->lock);
    free(members);
}

void journal_say(struct journal *j, const char *topic)
{
    journal_say_long(j, topic, 1);
}

void journal_beat(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    bus_heartbeat(j->bus, 0, 1000, "");
    j->seq++;
    pthread_mutex_unlock(&j->lock);
}

void journal_lose(struct journal *j, size_t but)
{
    pthread_mutex_lock(&j->lock);
    for (size_t i = 0; i < j->n; i++)
        if (!j->said[i].committed && !j->said[i].lost) {
            j->said[i].lost = i + but >= j->n;
            j->said[i].committed = !j->said[i].lost;
        }
    pthread_mutex_unlock(&j->lock);
}

void journal_commit(struct journal *j)
{
    journal_lose(j, 0);
}

void journal_prune(struct journal *j, size_t keep)
{
    pthread_mutex_lock(&j->lock);
    j->first = j->n > keep ? j->n - keep : 0;
    pthread_mutex_unlock(&j->lock);
}

void journal_refuse(struct journal *j, const char *sentence)
{
    pthread_mutex_lock(&j->lock);
    snprintf(j->refuse, sizeof j->refuse, "%s", sentence ? sentence : "");
    pthread_mutex_unlock(&j->lock);
}

unsigned journal_asked(struct journal *j)
{
    unsigned asked;

    pthread_mutex_lock(&j->lock);
    asked = j->asked;
    pthread_mutex_unlock(&j->lock);
    return asked;
}

const char *journal_said(struct journal *j, const char *prefix, size_t i)
{
    for (size_t k = 0; k < j->n; k++)
        if (strncmp(j->said[k].text, prefix, strlen(prefix)) == 0 && i-- == 0)
            return j->said[k].place;
    return NULL;
}

struct bus *journal_bus(struct journal *j)
{
    return j->bus;
}
