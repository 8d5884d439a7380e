/*
 * RELIABILITY C8, E8: where a socket may be put, and who may open it.
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void sockets_are_for_their_owner_alone(void **state)
{
    struct bus *b = open_bus("7f3a", 8);
    struct stat st;

    (void)state;
    assert_int_equal(stat(in_room("bus"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(in_room("control"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    bus_close(b);
    assert_int_equal(stat(in_room("bus"), &st), -1); /* nothing is left behind */
    bus_close(open_bus("7f3b", 8));                  /* and it can be opened again */
}

/* What a SIGKILL leaves: a socket in the file system with nobody behind it. */
static void leave_stale_socket(const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%.60s/%.30s", room, name);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    close(fd);
}

static void a_stale_socket_is_taken_over(void **state)
{
    struct bus *b;
    int fd;

    (void)state;
    leave_stale_socket("bus");
    leave_stale_socket("control");
    b = open_bus("7f3a", 8);
    fd = raw_connect("bus", RAW_SUB);
    assert_true(fd >= 0);
    raw_sync(b, fd);
    close(fd);
    bus_close(b);
}

static void a_live_one_is_held(void **state)
{
    struct bus *b = open_bus("7f3a", 8);
    struct kiri_error err = { 0 };
    int fd;

    (void)state;
    assert_null(try_bus(url, &err));
    assert_int_equal(err.code, KIRI_HELD);
    assert_non_null(strstr(err.text, "in use"));
    assert_non_null(strstr(err.text, url));
    fd = raw_connect("bus", RAW_SUB); /* the first goes on */
    assert_true(fd >= 0);
    raw_sync(b, fd);
    close(fd);
    bus_close(b);
}

/* Somebody who is gone before the greeting, as a host that is killed or NNG's own
 * question whether an address is in use: NNG 1.5.2 would let nobody in after that
 * (nng#1518). */
static void come_and_go(const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%.60s/%.30s", room, name);
    assert_int_equal(TEMP_FAILURE_RETRY(connect(fd, (struct sockaddr *)&at, sizeof at)),
                     0);
    close(fd);
}

struct visitor {
    struct bus *bus;
    int protocol;
    const char *name;
};

/* Connects and is let in, not only greeted: a subscriber hears, a caller is handed on. */
static int comes_in(void *ctx)
{
    const struct visitor *v = ctx;
    int fd = raw_connect(v->name, v->protocol), in = 0;
    char got[4096];

    bus_heartbeat(v->bus, 0, 100, "");
    if (fd >= 0 && v->protocol == RAW_REQ) {
        struct bus_request *r;

        raw_send_message(fd, "\x80\0\0\1status", 10);
        in = raw_hear(fd, got, sizeof got, 50) >= 0;
        while ((r = bus_next_request(v->bus))) {
            bus_answer(v->bus, r, "{}", 2);
            in = 1;
        }
    }
    for (int i = 0; fd >= 0 && v->protocol == RAW_SUB && i < 5 && !in; i++) {
        bus_publish(v->bus, "sync", 0, "", NULL);
        in = raw_hear(fd, got, sizeof got, 10) >= 0;
    }
    if (fd >= 0)
        close(fd);
    return in;
}

static int is_greeted(void *ctx)
{
    const struct visitor *v = ctx;
    int fd = raw_connect(v->name, v->protocol);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void who_leaves_before_the_greeting_takes_no_door_along(void **state)
{
    static const struct {
        const char *name;
        int protocol;
    } doors[] = { { "bus", RAW_SUB }, { "control", RAW_REQ } };
    struct bus *b = open_bus("7f3a", 32);
    int early = raw_connect("bus", RAW_SUB);
    struct stat st;

    (void)state;
    raw_sync(b, early);
    bus_heartbeat(b, 0, 100, "");
    for (size_t i = 0; i < 2; i++) {
        struct visitor v = { b, doors[i].protocol, doors[i].name };

        assert_true(within(comes_in, &v));
    }
    for (size_t i = 0; i < 600; i++) /* more than may be silent at once */
        come_and_go(doors[i % 2].name);
    for (size_t i = 0; i < 2; i++) { /* no heartbeat, so nothing is made anew */
        struct visitor v = { b, doors[i].protocol, doors[i].name };

        if (!within(is_greeted, &v))
            fail_msg("%s is deaf", doors[i].name);
        assert_int_equal(stat(in_room(doors[i].name), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    raw_sync(b, early); /* who was in stayed in */
    close(early);
    bus_close(b);
    assert_int_equal(access(in_room("bus"), F_OK), -1);
}

/* A cleaner of temporary files. */
static void a_door_that_was_deleted_is_made_anew(void **state)
{
    struct bus *b = open_bus("7f3a", 32);
    struct visitor v = { b, RAW_SUB, "bus" };

    (void)state;
    unlink(in_room("bus"));
    assert_true(within(comes_in, &v));
    bus_close(b);
}

static void a_bad_place_is_refused_by_name(void **state)
{
    char there[256], long_path[300], open_dir[160];
    const struct {
        const char *url, *why;
    } places[] = {
        { there, "is not a socket" },
        { long_path, "more than the 107" },
        { "ipc:///nonexistent/kiri/bus", "/nonexistent/kiri" },
        { open_dir, "everybody may write" },
        { "carrier-pigeon://loft", "carrier-pigeon://loft" },
        { "", "cannot listen" },
    };
    struct kiri_error err;
    char name[128];

    (void)state;
    snprintf(there, sizeof there, "ipc://%s/file", room);
    close(open(in_room("file"), O_CREAT | O_WRONLY, 0600));
    snprintf(long_path, sizeof long_path, "ipc://%s/%0120d", room, 7);
    snprintf(name, sizeof name, "%s-open", room);
    snprintf(open_dir, sizeof open_dir, "ipc://%s/bus", name);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_int_equal(chmod(name, 0777), 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        err = (struct kiri_error){ 0 };
        if (try_bus(places[i].url, &err))
            fail_msg("%s: accepted", places[i].url);
        assert_int_equal(err.code, KIRI_BAD_CONFIG);
        if (!strstr(err.text, places[i].why))
            fail_msg("%s: %s", places[i].url, err.text);
    }
    assert_int_equal(access(in_room("file"), F_OK), 0); /* and left alone */
    assert_int_equal(rmdir(name), 0);
}

/* Only root can make a file that belongs to somebody else. */
static void anothers_socket_is_refused(void **state)
{
    struct kiri_error err = { 0 };

    (void)state;
    leave_stale_socket("bus");
    if (chown(in_room("bus"), 65534, 65534) == 0) {
        assert_null(try_bus(url, &err));
        assert_int_equal(err.code, KIRI_BAD_CONFIG);
        assert_non_null(strstr(err.text, "belongs to user 65534"));
        assert_int_equal(access(in_room("bus"), F_OK), 0);
    }
    if (chown(room, 65534, 65534) == 0) {
        unlink(in_room("bus"));
        assert_null(try_bus(url, &err));
        assert_non_null(strstr(err.text, "directory"));
        assert_non_null(strstr(err.text, "belongs to user 65534"));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(sockets_are_for_their_owner_alone),
        ROOM_TEST(a_stale_socket_is_taken_over),
        ROOM_TEST(a_live_one_is_held),
        ROOM_TEST(who_leaves_before_the_greeting_takes_no_door_along),
        ROOM_TEST(a_door_that_was_deleted_is_made_anew),
        ROOM_TEST(a_bad_place_is_refused_by_name),
        ROOM_TEST(anothers_socket_is_refused),
    };
    return RUN_ROOM_TESTS(tests, argc, argv);
}
