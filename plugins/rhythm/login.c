#include "login.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define LOGIND  "org.freedesktop.login1"
#define MANAGER "/org/freedesktop/login1"

/* One property on its way here. */
struct asked {
    const char *name, *type;
    union {
        int boolean;
        uint64_t number;
    } value;
    int done, error; /* error: an errno, once done */
};

void login_leave(struct login *l)
{
    sd_bus_close_unref(l->bus);
    l->bus = NULL;
}

/* Lets the bus do what it can, waits for more until `until`. 0, or -errno. */
static int pump(sd_bus *bus, int64_t until)
{
    int rc = sd_bus_process(bus, NULL);
    if (rc != 0)
        return rc < 0 ? rc : 0;

    int64_t left = until - source_clock();
    int events = sd_bus_get_events(bus);
    if (left <= 0)
        return -ETIMEDOUT;
    if (events < 0)
        return events;
    struct pollfd p = { .fd = sd_bus_get_fd(bus), .events = (short)events };
    if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

static int connect_bus(struct login *l, int64_t until)
{
    int rc = sd_bus_new(&l->bus);

    if (rc >= 0)
        rc = sd_bus_set_address(l->bus, l->address);
    if (rc >= 0)
        rc = sd_bus_set_bus_client(l->bus, 1);
    if (rc >= 0)
        rc = sd_bus_start(l->bus);
    while (rc >= 0 && (rc = sd_bus_is_ready(l->bus)) == 0)
        rc = pump(l->bus, until);
    return rc;
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
    struct asked *a = userdata;
    int rc = -sd_bus_message_get_errno(m);
    (void)ret;

    if (!sd_bus_message_is_method_error(m, NULL))
        rc = sd_bus_message_read(m, "v", a->type, &a->value);
    a->error = rc < 0 ? -rc : 0;
    a->done = 1;
    return 0;
}

static int ask(sd_bus *bus, sd_bus_slot **slot, struct asked *a)
{
    sd_bus_message *m = NULL;
    int rc = sd_bus_message_new_method_call(bus, &m, LOGIND, MANAGER,
                                            "org.freedesktop.DBus.Properties", "Get");

    if (rc >= 0)
        rc = sd_bus_message_set_auto_start(m, 0);
    if (rc >= 0)
        rc = sd_bus_message_append(m, "ss", LOGIND ".Manager", a->name);
    if (rc >= 0)
        rc = sd_bus_call_async(bus, slot, m, on_answer, a,
                               (uint64_t)SOURCE_PATIENCE_MS * 1000);
    sd_bus_message_unref(m);
    return rc;
}

/* Both at once, until both are here. 0, or -errno. */
static int ask_both(sd_bus *bus, struct asked a[2], int64_t until)
{
    sd_bus_slot *slot[2] = { NULL, NULL };
    int rc = ask(bus, &slot[0], &a[0]);

    if (rc >= 0)
        rc = ask(bus, &slot[1], &a[1]);
    while (rc >= 0 && !(a[0].done && a[1].done))
        rc = pump(bus, until);
    sd_bus_slot_unref(slot[0]); /* what has not come is not waited for any more */
    sd_bus_slot_unref(slot[1]);
    return rc < 0 ? rc : 0;
}

enum source_answer login_look(struct login *l, int64_t now_ms, int64_t *last, char *why)
{
    struct asked a[2] = { { .name = "IdleHint", .type = "b" },
                          { .name = "IdleSinceHint", .type = "t" } };
    int64_t until = source_clock() + SOURCE_PATIENCE_MS;
    int rc = l->bus ? 0 : connect_bus(l, until);

    if (rc >= 0)
        rc = ask_both(l->bus, a, until);
    if (rc < 0) {
        login_leave(l);
        errno = -rc;
        snprintf(why, SOURCE_WHY, "the bus %.80s does not answer (%m)", l->address);
        return SOURCE_SILENT;
    }
    for (int i = 0; i < 2; i++)
        if (a[i].error) {
            errno = a[i].error;
            snprintf(why, SOURCE_WHY, "no %s of " LOGIND " on the bus (%m)", a[i].name);
            return SOURCE_SILENT;
        }
    int64_t since = (int64_t)(a[1].value.number / 1000);
    *last = !a[0].value.boolean || since > now_ms ? now_ms : since;
    return *last > 0 ? SOURCE_KNOWS : SOURCE_NOBODY;
}
