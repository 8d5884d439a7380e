#include "screen/terminal.h"

#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NARROWEST 40

/* A signal handler has nowhere else to write. */
static volatile sig_atomic_t was_interrupted;

int terminal_is(int fd)
{
    return isatty(fd) == 1;
}

struct style terminal_style(int fd)
{
    const char *quiet = getenv("NO_COLOR"), *term = getenv("TERM");
    struct style style = { .width = 80 };
    struct winsize size;

    if (terminal_is(fd)) {
        if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
            style.width = size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
        style.colour = !(quiet && *quiet) && term && *term && strcmp(term, "dumb") != 0;
    }
    style.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return style;
}

unsigned terminal_rows(int fd)
{
    struct winsize size;

    if (!terminal_is(fd) || ioctl(fd, TIOCGWINSZ, &size))
        return 0;
    return size.ws_row;
}

static void raise_flag(int signal)
{
    (void)signal;
    was_interrupted = 1;
}

void interrupt_catch(void)
{
    struct sigaction action = { .sa_handler = raise_flag }, hangup; /* no SA_RESTART */

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL); /* ignored: nohup wants it so */
}

int interrupted(void)
{
    return was_interrupted;
}

/* The flag is raised between the look and the sleep: the signal is held back meanwhile.
 */
void interrupt_sleep(int ms)
{
    struct timespec time = { ms / 1000, (ms % 1000) * 1000000L };
    sigset_t held, before;

    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigprocmask(SIG_BLOCK, &held, &before);
    if (!was_interrupted)
        ppoll(NULL, 0, &time, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}
