/* xserver_test.c - rhythm.so and an X server that speaks as the test wants it to. */
#include "desk.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum manner {
    PROPER,
    CHATTY,       /* says something else in between, as servers do */
    STRICT,       /* wants the cookie                              */
    REFUSES,      /* lets nobody in                                */
    BARE,         /* has no screen saver extension                 */
    ERRS,         /* answers with an error                         */
    MUTE,         /* takes the connection and says nothing         */
    LEAVES,       /* hangs up after the greeting                   */
    SHORT_SCREENS /* announces fewer bytes than a screen has       */
};

static const unsigned char cookie[] = "0123456789abcdef";
#define IDLE_MS 90000u
#define ROOT_ID 0x1234u

/* ---- the server, in a process of its own ----------------------------------------- */

static void hear(int fd, unsigned char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t got = read(fd, bytes, n);
        if (got <= 0)
            _exit(0);
        bytes += got;
        n -= (size_t)got;
    }
}

static void say(int fd, const void *bytes, size_t n)
{
    if (write(fd, bytes, n) != (ssize_t)n)
        _exit(0);
}

static void put_u32(unsigned char *at, uint32_t x)
{
    memcpy(at, &x, sizeof x);
}

static void put_u16(unsigned char *at, uint16_t x)
{
    memcpy(at, &x, sizeof x);
}

static int lets_in(int fd, enum manner how)
{
    unsigned char hello[12], method[20] = { 0 }, data[16] = { 0 };
    uint16_t lengths[2];

    hear(fd, hello, sizeof hello);
    memcpy(lengths, hello + 6, sizeof lengths);
    if (lengths[0] == 18) {
        hear(fd, method, sizeof method);
        hear(fd, data, sizeof data);
    }
    return how != REFUSES &&
           (how != STRICT || (memcmp(method, "MIT-MAGIC-COOKIE-1", 18) == 0 &&
                              memcmp(data, cookie, 16) == 0));
}

/* Vendor "abc", two formats, one screen of 40 bytes. */
static void greet(int fd, enum manner how)
{
    unsigned char head[8] = { 1 }, body[32 + 4 + 16 + 40] = { 0 };
    uint16_t n = how == SHORT_SCREENS ? 9 : sizeof body / 4;

    put_u16(head + 6, n);
    put_u16(body + 16, 3);
    body[20] = 1;
    body[21] = 2;
    put_u32(body + 32 + 4 + 16, ROOT_ID);
    say(fd, head, sizeof head);
    say(fd, body, 4u * n);
}

static void answer(int fd, enum manner how, unsigned char reply[32])
{
    unsigned char event[32] = { 34 }; /* MappingNotify goes to everybody */

    if (how == CHATTY)
        say(fd, event, sizeof event);
    reply[0] = how == ERRS ? 0 : 1;
    say(fd, reply, 32);
}

static void serve(int fd, enum manner how)
{
    unsigned char extension[24], info[8], reply[32] = { 0 };
    uint32_t root;

    if (how == MUTE)
        for (;;)
            pause();
    if (!lets_in(fd, how)) {
        say(fd, "\0\0\0\0\0\0\0\0", 8);
        return;
    }
    greet(fd, how);
    if (how == LEAVES)
        return;
    hear(fd, extension, sizeof extension);
    if (extension[0] != 98 || memcmp(extension + 8, "MIT-SCREEN-SAVER", 16) != 0)
        return;
    reply[8] = how != BARE;
    reply[9] = 144;
    answer(fd, how, reply);
    hear(fd, info, sizeof info);
    memcpy(&root, info + 4, sizeof root);
    if (info[0] != 144 || info[1] != 1 || root != ROOT_ID)
        return;
    memset(reply, 0, sizeof reply);
    put_u32(reply + 16, IDLE_MS);
    answer(fd, how, reply);
}

/* Serves one connection after the other until it is killed. */
static int start_server(const struct desk *d, enum manner how)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(name.sun_path, sizeof name.sun_path, "%s", at_root(d, "X0"));
    unlink(name.sun_path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(fd, 5), 0);
    int pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        for (;;) {
            int peer = accept(fd, NULL, NULL);
            serve(peer, how);
            close(peer);
        }
    close(fd);
    return pid;
}

/* ---- tests ----------------------------------------------------------------------- */

static void open_at(struct desk *d)
{
    static char display[200], cookies[200];

    snprintf(display, sizeof display, "%s", at_root(d, "X0"));
    snprintf(cookies, sizeof cookies, "%s", at_root(d, "cookies"));
    kiri_test_option(d->t, "idle", "x11");
    kiri_test_option(d->t, "display", display);
    kiri_test_option(d->t, "xauthority", cookies);
    desk_open(d);
}

/* An entry for this machine's display 0, after one for another machine. */
static void write_cookies(const struct desk *d)
{
    static const unsigned char other[] = "\0\0\0\4\1\2\3\4\0\1"
                                         "0\0\x12MIT-MAGIC-COOKIE-1\0\x10"
                                         "xxxxxxxxxxxxxxxx";
    char host[256] = "";
    FILE *f = fopen(at_root(d, "cookies"), "w");

    assert_non_null(f);
    gethostname(host, sizeof host - 1);
    fwrite(other, 1, sizeof other - 1, f);
    fprintf(f, "%c%c%c%c%s%c%c0%c%cMIT-MAGIC-COOKIE-1%c%c%s", 1, 0, 0, (int)strlen(host),
            host, 0, 1, 0, 18, 0, 16, (const char *)cookie);
    assert_int_equal(fclose(f), 0);
}

static void its_screen_saver_knows_the_idle_time(void **state)
{
    static const enum manner manners[] = { PROPER, CHATTY, STRICT };
    struct desk *d = *state;

    write_cookies(d);
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        int pid = start_server(d, manners[i]);
        open_at(d);
        row(d);
        assert_true(fabs(value(d, "idle") - 90) < 1e-6);
        assert_string_equal(d->t->line, "rhythm: idle time from the X server");
        kiri_test_close(d->t);
        end_child(pid);
    }
}

static void what_is_wrong_with_a_server_is_said(void **state)
{
    static const struct {
        enum manner how;
        const char *said;
    } cases[] = {
        { STRICT, "refuses us (a wrong or no cookie)" }, /* there is no file of cookies */
        { REFUSES, "refuses us (a wrong or no cookie)" },
        { BARE, "has no screen saver extension" },
        { ERRS, "answers with an error" },
        { MUTE, "does not answer in time" },
        { LEAVES, "closed the connection" },
        { SHORT_SCREENS, "answers what is no X" },
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int pid = start_server(d, cases[i].how);
        open_at(d);
        row(d);
        assert_true(isnan(value(d, "idle")));
        assert_non_null(strstr(d->t->line, cases[i].said));
        kiri_test_close(d->t);
        end_child(pid);
    }
}

static void a_server_that_goes_does_not_take_us_along(void **state)
{
    struct desk *d = *state;
    int pid = start_server(d, PROPER);

    open_at(d);
    row(d);
    end_child(pid);
    look(d);
    row(d);
    assert_true(isnan(value(d, "idle")));
    assert_non_null(strstr(d->t->line, "no idle time from the X server: the X server is "
                                       "not there"));
    pid = start_server(d, PROPER);
    row(d);
    assert_true(fabs(value(d, "idle") - 90) < 1e-6);
    end_child(pid);
}

static void a_display_of_another_machine_is_not_asked(void **state)
{
    static const char *const displays[] = { "far:0", ":", ":x", ":123456", "tcp/far:0" };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof displays / sizeof *displays; i++) {
        kiri_test_option(d->t, "idle", "x11");
        kiri_test_option(d->t, "display", displays[i]);
        desk_open(d);
        row(d);
        assert_non_null(strstr(d->t->line, "is not one of this machine"));
        kiri_test_close(d->t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_A_DESK(its_screen_saver_knows_the_idle_time),
        AT_A_DESK(what_is_wrong_with_a_server_is_said),
        AT_A_DESK(a_server_that_goes_does_not_take_us_along),
        AT_A_DESK(a_display_of_another_machine_is_not_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
