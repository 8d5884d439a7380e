#include "conf/url.h"

#include "base/units.h"
#include "base/value.h"

#include <string.h>
#include <sys/un.h>

#define SHOWN 160u
/* A socket's path and its NUL must fit into sun_path. */
#define MOST_SOCKET (sizeof((struct sockaddr_un *)0)->sun_path - 1)

static const char *const schemes[SCHEMES] = { "tcp", "ipc", "tls+tcp", "ws" };

/* What others call what we have. */
static const struct {
    const char *theirs;
    enum scheme ours;
} also[] = { { "unix", IPC }, { "tls", TLS }, { "tcps", TLS }, { "ssl", TLS } };

const char *scheme_name(enum scheme scheme)
{
    return schemes[scheme];
}

static int refuse_scheme(const struct section *s, const struct yaml_node *n, size_t len)
{
    char word[16] = "", shown[SHOWN];
    const char *near;

    if (len < sizeof word)
        memcpy(word, n->text, len);
    near = *word ? units_nearest(word, schemes, SCHEMES) : NULL;
    for (size_t i = 0; i < sizeof also / sizeof *also; i++)
        if (strcmp(word, also[i].theirs) == 0)
            near = schemes[also[i].ours];
    value_show(n->text, shown, sizeof shown);
    if (near)
        section_say(s, n, "%s: unknown scheme `%s`, did you mean `%s`?", shown, word,
                    near);
    else
        section_say(s, n,
                    "%s is no address to listen on: write ipc:///run/kiri/bus, "
                    "tcp://127.0.0.1:4711, tls+tcp://HOST:PORT or ws://HOST:PORT",
                    shown);
    return -1;
}

int url_scheme(const struct section *s, const struct yaml_node *n, enum scheme *scheme)
{
    const char *colon = strstr(n->text, "://");
    size_t len = colon ? (size_t)(colon - n->text) : 0;

    for (int i = TCP; i < SCHEMES; i++)
        if (len == strlen(schemes[i]) && memcmp(n->text, schemes[i], len) == 0) {
            *scheme = (enum scheme)i;
            return 0;
        }
    return refuse_scheme(s, n, len);
}

/* The socket of an ipc:// URL, whose path must be absolute and short enough to bind. */
static char *take_socket(struct section *s, const struct yaml_node *n, const char *path)
{
    char shown[SHOWN], better[SHOWN], *full = NULL, *url = NULL;

    if (path[0] != '/' && path[0] != '~') {
        section_say(s, n, "%s has a relative path: write three slashes, ipc:///%s",
                    value_show(n->text, shown, sizeof shown),
                    value_show(*path ? path : "run/kiri/bus", better, sizeof better));
        return NULL;
    }
    full = section_path(s, n, path);
    if (!full)
        return NULL;
    if (strlen(full) > MOST_SOCKET) {
        section_say(
            s, n,
            "the socket's path %s has %zu bytes, at most %zu are possible: choose a "
            "shorter one such as ipc:///run/kiri/bus",
            value_show(full, shown, sizeof shown), strlen(full), MOST_SOCKET);
        return NULL;
    }
    url = section_get(s, strlen("ipc://") + strlen(full) + 1);
    if (url)
        stpcpy(stpcpy(url, "ipc://"), full);
    return url;
}

/* HOST:PORT, with a path behind it where the scheme has one. */
static int place_ok(const char *place, int with_path)
{
    size_t len = strcspn(place, "/"), host = len;
    const char *port;
    int64_t number;
    char digits[8] = "";

    if (strcspn(place, " \t\r\n?#@") != strlen(place) || (place[len] && !with_path))
        return 0;
    while (host && place[host - 1] != ':')
        host--;
    port = place + host;
    if (host < 2 || len - host == 0 || len - host >= sizeof digits)
        return 0;
    if (place[0] == '[' ? place[host - 2] != ']' : strcspn(place, ":") != host - 1)
        return 0;
    memcpy(digits, port, len - host);
    return units_integer(digits, &number) == 0 && number >= 1 && number <= 65535;
}

/* Only for this machine? */
static int is_local(const char *place)
{
    return strncmp(place, "127.", 4) == 0 || strncmp(place, "localhost:", 10) == 0 ||
           strncmp(place, "[::1]", 5) == 0;
}

char *url_take(struct section *s, const struct yaml_node *n, enum scheme scheme)
{
    const char *place = n->text + strlen(schemes[scheme]) + 3;
    char shown[SHOWN];

    if (scheme == IPC)
        return take_socket(s, n, place);
    value_show(n->text, shown, sizeof shown);
    if (!place_ok(place, scheme == WS)) {
        section_say(s, n,
                    "%s: after %s:// comes HOST:PORT, with a port in 1..65535, such as "
                    "%s://127.0.0.1:4711",
                    shown, schemes[scheme], schemes[scheme]);
        return NULL;
    }
    if (scheme == TCP && !is_local(place))
        section_warn(s, n,
                     "%s: whoever can connect there hears everything, unencrypted; "
                     "tls+tcp:// is encrypted",
                     shown);
    return section_copy(s, n->text);
}
