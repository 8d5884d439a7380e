/*
 * login1.c - a logind for tests: owns org.freedesktop.login1 on the bus at argv[1], and
 * its two properties are what the file argv[2] says at that moment: "1 1763679600000000"
 * (IdleHint, IdleSinceHint in us). Says "ready" once it can be asked.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

struct hint {
    int idle;
    uint64_t since;
};

static int get_property(sd_bus *bus, const char *path, const char *interface,
                        const char *property, sd_bus_message *reply, void *userdata,
                        sd_bus_error *error)
{
    struct hint h = { 0 };
    (void)bus, (void)path, (void)interface, (void)error;

    FILE *f = fopen(userdata, "re");
    if (!f || fscanf(f, "%d %" SCNu64, &h.idle, &h.since) != 2)
        fprintf(stderr, "login1: %s cannot be read\n", (const char *)userdata);
    if (f)
        fclose(f);
    return strcmp(property, "IdleHint") == 0 ? sd_bus_message_append(reply, "b", h.idle)
                                             : sd_bus_message_append(reply, "t", h.since);
}

static const sd_bus_vtable manager[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("IdleHint", "b", get_property, 0, 0),
    SD_BUS_PROPERTY("IdleSinceHint", "t", get_property, 0, 0),
    SD_BUS_VTABLE_END,
};

/* A signal that comes meanwhile changes nothing. */
static int take_name(sd_bus *bus)
{
    int rc;

    do
        rc = sd_bus_request_name(bus, "org.freedesktop.login1", 0);
    while (rc == -EINTR);
    return rc == -EALREADY ? 0 : rc;
}

int main(int argc, char **argv)
{
    sd_bus *bus = NULL;
    int rc = argc == 3 ? sd_bus_new(&bus) : -1;

    if (rc >= 0)
        rc = sd_bus_set_address(bus, argv[1]);
    if (rc >= 0)
        rc = sd_bus_set_bus_client(bus, 1);
    if (rc >= 0)
        rc = sd_bus_start(bus);
    if (rc >= 0)
        rc = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/login1",
                                      "org.freedesktop.login1.Manager", manager, argv[2]);
    if (rc >= 0)
        rc = take_name(bus);
    if (rc >= 0) {
        puts("ready");
        fflush(stdout);
    }
    while (rc >= 0 || rc == -EINTR)
        if ((rc = sd_bus_process(bus, NULL)) == 0)
            rc = sd_bus_wait(bus, UINT64_MAX);
    sd_bus_unref(bus);
    return rc < 0;
}
