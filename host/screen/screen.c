#include "screen/screen.h"

#include "screen/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER  "\033[?1049h\033[?25l\033[H\033[2J"
#define LEAVE  "\033[0m\033[?25h\033[?1049l"
#define BEGIN  "\033[?2026h" /* a terminal that does not know it passes it over */
#define FINISH "\033[?2026l"

/* A signal handler must find them: one screen a process. */
static struct termios saved;
static volatile sig_atomic_t is_open, resized;
static int bell[2] = { -1, -1 };
static struct buf shown;
static char keys[64];
static size_t n_keys;

static void ring(void)
{
    int kept = errno;
    ssize_t n = write(bell[1], "", 1); /* a full pipe rings anyway */

    (void)n;
    errno = kept;
}

static void on_resize(int signal)
{
    (void)signal;
    resized = 1;
    ring();
}

/* Only what a signal handler may call. */
static void give_back(void)
{
    if (!is_open)
        return;
    is_open = 0;
    ssize_t n = write(STDOUT_FILENO, LEAVE, sizeof LEAVE - 1);
    (void)n;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

/* A fault of ours: first the terminal, then the end that it would have been. */
static void on_fault(int number)
{
    give_back();
    signal(number, SIG_DFL);
    raise(number);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler };

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static int usable(struct kiri_error *err)
{
    const char *term = getenv("TERM");

    if (!terminal_is(STDIN_FILENO) || !terminal_is(STDOUT_FILENO))
        return kiri_fail(err, KIRI_USAGE,
                         "this needs a terminal to draw on and to take keys from");
    if (!term || !*term || strcmp(term, "dumb") == 0)
        return kiri_fail(err, KIRI_USAGE,
                         "TERM is %s, a terminal that cannot move its cursor",
                         term && *term ? term : "not set");
    return 0;
}

int screen_open(struct kiri_error *err)
{
    struct termios raw;

    if (usable(err))
        return -1;
    if (tcgetattr(STDIN_FILENO, &saved) || pipe2(bell, O_NONBLOCK | O_CLOEXEC))
        return kiri_fail(err, KIRI_IO, "the terminal: %s", strerror(errno));
    interrupt_catch();
    handle(SIGWINCH, on_resize);
    static const int faults[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        handle(faults[i], on_fault);
    handle(SIGPIPE, SIG_IGN);
    atexit(give_back);
    raw = saved;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* a picture in the background helps nobody */
    is_open = 1;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw)) {
        screen_close();
        return kiri_fail(err, KIRI_IO, "the terminal: %s", strerror(errno));
    }
    ssize_t n = write(STDOUT_FILENO, ENTER, sizeof ENTER - 1);
    (void)n;
    return 0;
}

void screen_close(void)
{
    give_back();
    buf_free(&shown);
}

struct size screen_size(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
        return (struct size){ 80, 24 };
    return (struct size){ size.ws_col, size.ws_row };
}

static void write_all(const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(STDOUT_FILENO, bytes, n);
        if (done < 0 && errno != EINTR)
            return; /* it is gone: screen_key() says so */
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        }
    }
}

void screen_show(const char *text)
{
    struct buf out = { 0 };

    buf_puts(&out, BEGIN);
    size_t empty = out.len;
    screen_difference(buf_text(&shown), text, screen_size().height, &out);
    if (out.len > empty && !buf_failed(&out)) {
        buf_puts(&out, FINISH);
        write_all(out.data, out.len);
        buf_clear(&shown);
        buf_puts(&shown, text);
    }
    buf_free(&out);
}

/* What a resized terminal shows is anybody's guess. */
static int was_resized(void)
{
    resized = 0;
    buf_clear(&shown);
    write_all("\033[2J", 4);
    return KEY_RESIZED;
}

static int buffered_key(void)
{
    size_t used;
    int key = screen_decode(keys, n_keys, &used);

    n_keys -= used;
    memmove(keys, keys + used, n_keys);
    return key;
}

int screen_key(int ms)
{
    struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
                           { .fd = bell[0], .events = POLLIN } };
    char rings[64];

    if (n_keys)
        return buffered_key();
    if (poll(p, 2, interrupted() ? 0 : ms) < 0)
        return resized ? was_resized() : KEY_NONE;
    if (resized) {
        while (read(bell[0], rings, sizeof rings) > 0)
            ;
        return was_resized();
    }
    if (p[0].revents) {
        ssize_t n = read(STDIN_FILENO, keys, sizeof keys);
        if (n <= 0)
            return n < 0 && errno == EINTR ? KEY_NONE : KEY_GONE;
        n_keys = (size_t)n;
        return buffered_key();
    }
    if (p[1].revents) {
        while (read(bell[0], rings, sizeof rings) > 0)
            ;
        return KEY_WOKEN;
    }
    return KEY_NONE;
}

void screen_wake(void)
{
    ring();
}
