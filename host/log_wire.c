#include "log_wire.h"

#include "base/json.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

struct log_message {
    struct flow_message message;
    struct flow *flow;
    enum log_level level;
    char line[512];
};

static void deliver(struct flow_message *m)
{
    struct log_message *l = (struct log_message *)m;
    struct buf members = { 0 };
    struct jsonw j = jsonw_into(&members);
    char topic[16];

    snprintf(topic, sizeof topic, "log/%s", log_level_name(l->level));
    jsonw_kstr(&j, "line", l->line);
    if (l->flow->bus && !buf_failed(&members))
        bus_publish(l->flow->bus, topic, clock_now(l->flow->clock), buf_text(&members),
                    NULL);
    buf_free(&members);
    free(l);
}

static void hear(void *ctx, enum log_level level, const char *line)
{
    struct flow *f = ctx;
    struct log_message *l = calloc(1, sizeof *l);

    if (!l)
        return;
    l->message.deliver = deliver;
    l->flow = f;
    l->level = level;
    snprintf(l->line, sizeof l->line, "%s", line);
    flow_post(f, &l->message);
}

void log_wire_start(struct flow *f)
{
    log_listen(hear, f);
}

void log_wire_stop(void)
{
    log_listen(NULL, NULL);
}
