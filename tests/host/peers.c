/*
 * peers - many bad connections to a host's unix socket, spoken by hand.
 *
 * Usage: peers SOCKET MODE N [FRAMES]
 *   mute     connects and says nothing
 *   hello    greets as a subscriber and reads nothing
 *   giant    greets, then announces a message of 1 GiB
 *   garbage  greets as one who asks, then sends frames of random bytes
 * All N are held until stdin ends; then prints how many were connected, greeted back and
 * closed from the other side.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int connect_to(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Within 2 s: the other side's greeting. */
static int greet(int fd, unsigned char protocol)
{
    unsigned char greeting[8] = { 0, 'S', 'P', 0, 0, protocol, 0, 0 };
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return send(fd, greeting, sizeof greeting, MSG_NOSIGNAL) > 0 &&
           poll(&p, 1, 2000) > 0 && recv(fd, greeting, sizeof greeting, 0) == 8;
}

/* How many frames the host took; it may stop reading from one who reads no answers. */
static long send_garbage(int fd, int frames)
{
    struct timeval patience = { .tv_usec = 200000 };

    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    for (int i = 0; i < frames; i++) {
        unsigned char frame[9 + 256] = { 1 };
        size_t n = (size_t)rand() % 256;

        frame[8] = (unsigned char)n;
        for (size_t k = 0; k < n; k++)
            frame[9 + k] = (unsigned char)rand();
        if (i % 2) /* a request's number, so that its text is looked at */
            frame[9] |= 0x80;
        if (send(fd, frame, 9 + n, MSG_NOSIGNAL) < 0)
            return i;
    }
    return frames;
}

/* Is the connection closed from the other side, whatever it sent before? */
static int is_closed(int fd)
{
    char some[4096];
    ssize_t n;

    while ((n = recv(fd, some, sizeof some, MSG_DONTWAIT)) > 0)
        continue;
    return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

int main(int argc, char **argv)
{
    static const unsigned char giant[9] = { 1, 0, 0, 0, 0, 0x40, 0, 0, 0 };
    int n = argc >= 4 ? atoi(argv[3]) : 0, frames = argc == 5 ? atoi(argv[4]) : 20;
    int connected = 0, greeted = 0, closed = 0, *fd;
    long taken = 0;
    struct rlimit r;
    char byte;

    if (n < 1) {
        fprintf(stderr, "Usage: peers SOCKET mute|hello|giant|garbage N [FRAMES]\n");
        return 64;
    }
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
    fd = malloc((size_t)n * sizeof *fd);
    for (int i = 0; fd && i < n; i++) {
        fd[i] = connect_to(argv[1]);
        connected += fd[i] >= 0;
        if (fd[i] < 0 || strcmp(argv[2], "mute") == 0)
            continue;
        if (!greet(fd[i], strcmp(argv[2], "garbage") == 0 ? 0x30 : 0x21))
            continue;
        greeted++;
        if (strcmp(argv[2], "giant") == 0)
            send(fd[i], giant, sizeof giant, MSG_NOSIGNAL);
        else if (strcmp(argv[2], "garbage") == 0)
            taken += send_garbage(fd[i], frames);
    }
    printf("connected %d greeted %d frames %ld\n", connected, greeted, taken);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    for (int i = 0; fd && i < n; i++)
        closed += fd[i] >= 0 && is_closed(fd[i]);
    printf("closed %d\n", closed);
    free(fd);
    return 0;
}
