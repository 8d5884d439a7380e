/*
 * `kiri top` in a terminal of ours, with a real host: it starts, draws, follows the size,
 * takes keys, and gives the terminal back, however it ends.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

#define ENTER   "\033[?1049h\033[?25l"
#define LEAVE   "\033[?25h\033[?1049l"
#define WAIT_MS 20000

static const char *kiri;
static char dir[] = "/tmp/kiri-pty-XXXXXX", state_dir[64], molecule[64];
static pid_t host;

struct seat {
    pid_t child;
    int fd;
    char *text; /* all that was written so far */
    size_t len;
    struct termios before;
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static pid_t start_host(void)
{
    pid_t child = fork();

    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        execl(kiri, "kiri", "run", molecule, "--for", "60s", (char *)NULL);
        _exit(127);
    }
    return child;
}

static int set_up(void **state)
{
    char path[96];
    (void)state;

    if (!mkdtemp(dir))
        return -1;
    unsetenv("XDG_RUNTIME_DIR");
    unsetenv("RUNTIME_DIRECTORY");
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    snprintf(molecule, sizeof molecule, "%s/m.yaml", dir);
    FILE *f = fopen(molecule, "w");
    if (!f)
        return -1;
    fprintf(f,
            "state: %s\nplugins: [%s/plugins]\natoms:\n"
            "  pulse: { every: 50ms, learn: { warmup: 100000 } }\n",
            state_dir, KIRI_BUILD_DIR);
    fclose(f);
    host = start_host();
    snprintf(path, sizeof path, "%s/host.json", state_dir);
    for (int64_t until = now_ms() + WAIT_MS; access(path, R_OK); poll(NULL, 0, 20))
        if (now_ms() > until)
            return -1;
    return 0;
}

static int tear_down(void **state)
{
    char command[96];
    (void)state;

    kill(host, SIGTERM);
    waitpid(host, NULL, 0);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

/* A terminal of 80 by 24 with `kiri top` in it. */
static struct seat sit(const char *colour)
{
    struct winsize size = { .ws_col = 80, .ws_row = 24 };
    struct seat s = { .text = calloc(1, 1) };
    int other;

    assert_int_equal(openpty(&s.fd, &other, NULL, NULL, &size), 0);
    assert_int_equal(tcgetattr(other, &s.before), 0);
    s.child = fork();
    assert_true(s.child >= 0);
    if (s.child == 0) {
        close(s.fd);
        login_tty(other);
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("NO_COLOR", colour, 1);
        execl(kiri, "kiri", "top", "--state", state_dir, (char *)NULL);
        _exit(127);
    }
    close(other);
    return s;
}

/* Reads what has come, waiting a little. */
static void read_some(struct seat *s)
{
    struct pollfd p = { .fd = s->fd, .events = POLLIN };
    char bytes[4096];

    if (poll(&p, 1, 50) <= 0)
        return;
    ssize_t n = read(s->fd, bytes, sizeof bytes);
    if (n <= 0)
        return;
    s->text = realloc(s->text, s->len + (size_t)n + 1);
    assert_non_null(s->text);
    memcpy(s->text + s->len, bytes, (size_t)n);
    s->len += (size_t)n;
    s->text[s->len] = '\0';
}

/* Waits until `text` is written, after byte `from`. */
static void expect(struct seat *s, size_t from, const char *text)
{
    int64_t until = now_ms() + WAIT_MS;

    while (!strstr(s->text + from, text)) {
        if (now_ms() > until)
            fail_msg("'%s' was not written after byte %zu of\n%s", text, from, s->text);
        read_some(s);
    }
}

static void resize(const struct seat *s, unsigned short columns, unsigned short rows)
{
    struct winsize size = { .ws_col = columns, .ws_row = rows };

    assert_int_equal(ioctl(s->fd, TIOCSWINSZ, &size), 0);
}

/* Its exit status; the terminal must be as it was. */
static int stand_up(struct seat *s)
{
    int64_t until = now_ms() + WAIT_MS;
    struct termios after;
    int status = 0;

    expect(s, 0, LEAVE);
    while (waitpid(s->child, &status, WNOHANG) == 0) {
        if (now_ms() > until)
            fail_msg("it does not end");
        read_some(s);
    }
    assert_int_equal(tcgetattr(s->fd, &after), 0);
    assert_int_equal(after.c_lflag, s->before.c_lflag);
    assert_int_equal(after.c_iflag, s->before.c_iflag);
    assert_int_equal(after.c_oflag, s->before.c_oflag);
    close(s->fd);
    free(s->text);
    return status;
}

static void it_draws_follows_the_size_and_gives_the_terminal_back(void **state)
{
    struct seat s = sit("");
    (void)state;

    expect(&s, 0, ENTER);
    expect(&s, 0, "kiri top");
    expect(&s, 0, "pulse");
    expect(&s, 0, "expected instead");
    size_t from = s.len;
    resize(&s, 40, 10);
    expect(&s, from, "this terminal has 40x10.");
    from = s.len;
    resize(&s, 120, 40);
    expect(&s, from, "\033[40;1H");
    from = s.len;
    assert_int_equal(write(s.fd, "?", 1), 1);
    expect(&s, from, "any key");
    from = s.len;
    assert_int_equal(write(s.fd, "xp", 2), 2);
    expect(&s, from, "PAUSED");
    assert_int_equal(write(s.fd, "q", 1), 1);
    int status = stand_up(&s);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Once all stands, only what changes is written: no line that is the same again. */
static void what_stands_is_not_written_again(void **state)
{
    struct seat s = sit("1");
    (void)state;

    expect(&s, 0, "expected instead");
    expect(&s, 0, "q quit");
    size_t from = s.len;
    int stood = 0; /* a value of another width moves the headings, once in a while */
    for (int i = 0; i < 10 && !stood; i++) {
        size_t now = s.len;
        for (int64_t until = now_ms() + 700; now_ms() < until;)
            read_some(&s);
        stood = s.len > now && !strstr(s.text + now, "expected instead");
    }
    assert_true(stood); /* rows came, so something changed, but not that */
    assert_null(strstr(s.text + from, "q quit"));
    assert_null(strstr(s.text + from, "\033[2J"));
    assert_null(strstr(s.text, "\033[31m")); /* NO_COLOR */
    assert_int_equal(write(s.fd, "q", 1), 1);
    int status = stand_up(&s);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void signals_and_faults_give_the_terminal_back(void **state)
{
    static const struct {
        int signal, killed; /* killed: by this signal itself, after giving back */
    } cases[] = { { SIGINT, 0 },        { SIGTERM, 0 },       { SIGHUP, 0 },
                  { SIGQUIT, SIGQUIT }, { SIGSEGV, SIGSEGV }, { SIGABRT, SIGABRT } };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seat s = sit("");
        expect(&s, 0, "q quit");
        kill(s.child, cases[i].signal);
        int status = stand_up(&s);
        if (cases[i].killed)
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == cases[i].killed);
        else
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void a_host_that_comes_back_is_found_again(void **state)
{
    struct seat s = sit("");
    (void)state;

    expect(&s, 0, "q quit");
    size_t from = s.len;
    kill(host, SIGKILL);
    waitpid(host, NULL, 0);
    expect(&s, from, "Trying again: ");
    host = start_host();
    expect(&s, from, "the host was started again");
    assert_int_equal(write(s.fd, "q", 1), 1);
    int status = stand_up(&s);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_draws_follows_the_size_and_gives_the_terminal_back),
        cmocka_unit_test(what_stands_is_not_written_again),
        cmocka_unit_test(signals_and_faults_give_the_terminal_back),
        cmocka_unit_test(a_host_that_comes_back_is_found_again),
    };

    if (argc < 2)
        return 64;
    kiri = argv[1];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
