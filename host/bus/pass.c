/*
 * bus/pass.c - what a visitor of a WebSocket must show.
 *
 * A WebSocket on this machine can be opened by any page that a browser on this machine
 * shows, so an address alone is no protection. The token stands in the URL's query
 * (?token=..., the only place that a page can choose: NNG 1.5.2 accepts one subprotocol
 * and a browser sends no other header) or in Authorization: Bearer. A visitor that names
 * its page (Origin: every browser does) must be one of the listener's origins, and must
 * have reached us under a name that is ours: a foreign name that was made to point here
 * (DNS rebinding) is turned away.
 */
#include "bus/inside.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SHOWN_MOST 1024 /* bytes of a value that we look at */

struct pass {
    char *token;
    char *host;    /* of the URL */
    char **origin; /* NULL-terminated */
    char machine[65];
};

/* The host of "host:port/..." or "[v6]:port", brackets left out, into out[cap]. */
static int take_host(const char *place, char *out, size_t cap)
{
    int v6 = *place == '[';
    size_t n = v6 ? strcspn(++place, "]") : strcspn(place, ":/");

    if (n == 0 || n >= cap)
        return -1;
    memcpy(out, place, n);
    out[n] = '\0';
    return 0;
}

static const char *behind_scheme(const char *url)
{
    const char *at = strstr(url, "://");

    return at ? at + 3 : url;
}

struct pass *pass_new(const struct bus_listener *l)
{
    struct pass *p = calloc(1, sizeof *p);
    char host[SHOWN_MOST] = "";
    size_t n = 0;

    while (l->origins && l->origins[n])
        n++;
    if (!p)
        return NULL;
    take_host(behind_scheme(l->url), host, sizeof host);
    p->token = strdup(l->token);
    p->host = strdup(host);
    p->origin = calloc(n + 1, sizeof *p->origin);
    if (gethostname(p->machine, sizeof p->machine - 1))
        p->machine[0] = '\0';
    if (!p->token || !p->host || !p->origin)
        goto fail;
    for (size_t i = 0; i < n; i++)
        if (!(p->origin[i] = strdup(l->origins[i])))
            goto fail;
    return p;

fail:
    pass_free(p);
    return NULL;
}

void pass_free(struct pass *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->origin && p->origin[i]; i++)
        free(p->origin[i]);
    free(p->origin);
    if (p->token)
        explicit_bzero(p->token, strlen(p->token));
    free(p->token);
    free(p->host);
    free(p);
}

/* As long for a wrong first byte as for a wrong last one. */
static int same_secret(const char *secret, const char *shown)
{
    size_t n = strlen(secret), m = strlen(shown);
    unsigned differ = n != m;

    for (size_t i = 0; i < n; i++)
        differ |= (unsigned char)secret[i] ^ (unsigned char)shown[m ? i % m : 0];
    return !differ;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of `token` in the URI's query, %XX undone. */
static int query_token(const char *uri, char *out, size_t cap)
{
    const char *at = strchr(uri, '?');

    while (at && strncmp(at + 1, "token=", 6) != 0)
        at = strchr(at + 1, '&');
    if (!at)
        return -1;
    size_t n = 0;
    for (at += 7; *at && *at != '&' && *at != '#'; at++) {
        int high = *at == '%' ? hex(at[1]) : -1;
        int low = high >= 0 ? hex(at[2]) : -1;

        if (n + 1 >= cap)
            return -1;
        out[n] = *at;
        if (low >= 0) {
            out[n] = (char)(high << 4 | low);
            at += 2;
        }
        n++;
    }
    out[n] = '\0';
    return 0;
}

/* The header's value: 1; 0: there is none; -1: it is too long. Lines end with CR LF. */
static int header(const char *headers, const char *name, char *out, size_t cap)
{
    size_t len = strlen(name);

    for (const char *line = headers; *line;) {
        size_t n = strcspn(line, "\r\n");

        if (n > len && line[len] == ':' && strncasecmp(line, name, len) == 0) {
            const char *value = line + len + 1;

            n -= len + 1;
            while (n && *value == ' ')
                value++, n--;
            if (n >= cap)
                return -1;
            memcpy(out, value, n);
            out[n] = '\0';
            return 1;
        }
        line += n;
        line += strspn(line, "\r\n");
    }
    return 0;
}

static int token_ok(const struct pass *p, const char *uri, const char *headers)
{
    static const char bearer[] = "Bearer ";
    char shown[SHOWN_MOST];

    if (query_token(uri, shown, sizeof shown) == 0)
        return same_secret(p->token, shown);
    return header(headers, "Authorization", shown, sizeof shown) > 0 &&
           strncasecmp(shown, bearer, sizeof bearer - 1) == 0 &&
           same_secret(p->token, shown + sizeof bearer - 1);
}

static int is_address(const char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, binary) == 1 ||
           inet_pton(AF_INET6, host, binary) == 1;
}

/* Is this a name of ours? */
static int host_ok(const struct pass *p, const char *headers)
{
    char value[SHOWN_MOST], host[SHOWN_MOST], own[SHOWN_MOST];

    if (header(headers, "Host", value, sizeof value) <= 0 ||
        take_host(value, host, sizeof host))
        return 0;
    if (is_address(host) || strcasecmp(host, "localhost") == 0 ||
        strcasecmp(host, p->host) == 0 || strcasecmp(host, p->machine) == 0)
        return 1;
    for (size_t i = 0; p->origin[i]; i++)
        if (take_host(behind_scheme(p->origin[i]), own, sizeof own) == 0 &&
            strcasecmp(host, own) == 0)
            return 1;
    return 0;
}

static int origin_ok(const struct pass *p, const char *headers)
{
    char origin[SHOWN_MOST];

    int has = header(headers, "Origin", origin, sizeof origin);

    if (has <= 0)
        return has == 0; /* none: no browser */
    for (size_t i = 0; p->origin[i]; i++)
        if (strcasecmp(origin, p->origin[i]) == 0)
            return 1;
    return 0;
}

int pass_ok(const struct pass *p, const char *uri, const char *headers)
{
    return token_ok(p, uri, headers) && origin_ok(p, headers) && host_ok(p, headers);
}
