/* listen.c - the mapping `bus`: where subscribers come in, and with what. */
#include "base/value.h"
#include "conf/section.h"
#include "conf/url.h"

#include <string.h>

#define SHOWN       160u
#define MOST_URLS   16u
#define LEAST_TOKEN 16u
#define MOST_TOKEN  256u
#define WANTED                                                                           \
    "a list: [ipc:///run/kiri/bus], or of mappings such as { url: tls+tcp://..., cert: " \
    "..., key: ... }"

static const char *const keys[] = { "url", "cert", "key", "token", "origins" };
enum { URL, CERT, KEY, TOKEN, ORIGINS, KEYS };
/* What each scheme needs, and may have. */
static const int needs[SCHEMES][KEYS] = {
    [TLS] = { [CERT] = 1, [KEY] = 1 }, [WS] = { [TOKEN] = 1, [ORIGINS] = 1 }
};

/* An entry of the list: its node, its URL's, and for a mapping what else it says. */
struct entry {
    const struct yaml_node *at;
    const struct yaml_node *part[KEYS];
    enum scheme scheme;
    struct conf_listen *out;
};

/* Printable, without blanks: it travels in a header. Its text is never shown. */
static char *take_token(struct section *s, const struct yaml_node *n)
{
    size_t len;

    if (!section_is(s, n, YAML_TEXT, "a secret such as ${env:KIRI_TOKEN}"))
        return NULL;
    len = strlen(n->text);
    for (size_t i = 0; i < len; i++)
        if (n->text[i] <= ' ' || n->text[i] > '~') {
            section_say(s, n,
                        "`token` has a blank, or a character that is not ASCII: make "
                        "one with `openssl rand -hex 32`");
            return NULL;
        }
    if (len < LEAST_TOKEN || len > MOST_TOKEN) {
        section_say(s, n,
                    "`token` has %zu bytes, %u to %u are possible: make one with "
                    "`openssl rand -hex 32`",
                    len, LEAST_TOKEN, MOST_TOKEN);
        return NULL;
    }
    if (!n->outside && (s->mode & 0044))
        section_warn(s, n,
                     "others may read this file, and so the token: chmod 600 it, or "
                     "write ${env:KIRI_TOKEN}");
    return section_copy(s, n->text);
}

/* As browsers write it: scheme, host and perhaps a port, nothing behind. */
static char *take_origin(struct section *s, const struct yaml_node *n)
{
    const char *text = n->text, *host;
    char shown[SHOWN];

    host = strncmp(text, "http://", 7) == 0    ? text + 7
           : strncmp(text, "https://", 8) == 0 ? text + 8
                                               : NULL;
    if (host && *host && strcspn(host, "/ \t*?#@") == strlen(host))
        return section_copy(s, text);
    section_say(s, n,
                "%s is no origin: write what the browser sends, such as "
                "https://example.org or http://localhost:8080, with nothing behind",
                value_show(text, shown, sizeof shown));
    return NULL;
}

static char *take_file(struct section *s, const struct yaml_node *n)
{
    if (!section_is(s, n, YAML_TEXT, "a PEM file"))
        return NULL;
    if (*n->text)
        return section_path(s, n, n->text);
    section_say_key(s, n, "`%s` is empty: say a PEM file", n->key);
    return NULL;
}

/* Is everything there that the scheme needs, and nothing that it has no use for? */
static int complete(const struct section *s, const struct entry *e)
{
    static const char *const remedy[SCHEMES] = {
        [TLS] = "{ url: tls+tcp://..., cert: server.pem, key: server.key }",
        [WS] = "{ url: ws://..., token: ${env:KIRI_TOKEN}, origins: "
               "[https://example.org] }",
    };
    const char *scheme = scheme_name(e->scheme);
    int ok = 1;

    for (int i = CERT; i < KEYS; i++) {
        if (needs[e->scheme][i] && !e->part[i]) {
            section_say(s, e->at, "%s:// needs `%s`: write %s", scheme, keys[i],
                        remedy[e->scheme]);
            ok = 0;
        } else if (!needs[e->scheme][i] && e->part[i]) {
            section_say_key(s, e->part[i], "`%s` is not for %s://: remove it", keys[i],
                            scheme);
            ok = 0;
        }
    }
    return ok;
}

static int read_parts(struct section *s, struct entry *e)
{
    if (e->at->kind == YAML_TEXT) {
        e->part[URL] = e->at;
        if (*e->at->text)
            return 0;
        section_say(s, e->at, "an entry of `listen` must be one text, not empty");
        return -1;
    }
    if (e->at->kind == YAML_LIST) {
        section_say(s, e->at,
                    "an entry of `listen` must be a URL or a mapping, not a "
                    "list");
        return -1;
    }
    section_keys(s, e->at, keys, KEYS);
    for (int i = URL; i < KEYS; i++)
        e->part[i] = yaml_get(e->at, keys[i]);
    if (!e->part[URL]) {
        section_say(s, e->at, "`url` is missing: { url: tcp://127.0.0.1:4711 }");
        return -1;
    }
    return section_is(s, e->part[URL], YAML_TEXT, "a URL such as tcp://127.0.0.1:4711")
               ? 0
               : -1;
}

static void read_entry(struct section *s, const struct yaml_node *n,
                       struct conf_listen *out)
{
    struct entry e = { .at = n };

    if (n->refused || read_parts(s, &e) || e.part[URL]->refused ||
        url_scheme(s, e.part[URL], &e.scheme))
        return;
    *out = (struct conf_listen){ .file = s->file, .line = n->line, .col = n->col };
    out->url = url_take(s, e.part[URL], e.scheme);
    if (!complete(s, &e))
        return;
    if (e.part[CERT])
        out->cert = take_file(s, e.part[CERT]);
    if (e.part[KEY])
        out->key = take_file(s, e.part[KEY]);
    if (e.part[TOKEN])
        out->token = take_token(s, e.part[TOKEN]);
    if (e.part[ORIGINS])
        section_list(s, e.part[ORIGINS], "a list: [https://example.org]", MOST_URLS,
                     &out->origins, take_origin);
}

static void refuse_twins(struct section *s, const struct conf *c)
{
    char shown[SHOWN];

    for (uint32_t i = 1; i < c->n_listen; i++)
        for (uint32_t j = 0; j < i; j++)
            if (c->listen[i].url && c->listen[j].url &&
                strcmp(c->listen[i].url, c->listen[j].url) == 0) {
                conf_error(s->errors, s->file, c->listen[i].line, c->listen[i].col,
                           "%s stands here a second time, first in line %u: remove one",
                           value_show(c->listen[i].url, shown, sizeof shown),
                           c->listen[j].line);
                break;
            }
}

static void read_listen(struct section *s, const struct yaml_node *list, struct conf *c)
{
    if (!section_is(s, list, YAML_LIST, WANTED) || !section_count_ok(s, list, MOST_URLS))
        return;
    c->listen = section_get(s, list->n * sizeof *c->listen);
    if (!c->listen)
        return;
    for (const struct yaml_node *n = list->child; n; n = n->next)
        read_entry(s, n, &c->listen[c->n_listen++]);
    refuse_twins(s, c);
}

static void read_mode(struct section *s, const struct yaml_node *n, struct conf *c)
{
    const char *digits;
    char shown[SHOWN];

    if (!section_is(s, n, YAML_TEXT, "0600 or 0660"))
        return;
    digits = n->text + (n->text[0] == '0');
    if (strcmp(digits, "600") == 0)
        c->socket_mode = 0600;
    else if (strcmp(digits, "660") == 0)
        c->socket_mode = 0660;
    else
        section_say(s, n,
                    "`socket-mode`: %s is not 0600 (the owner alone) or 0660 (its group "
                    "too)",
                    *n->text ? value_show(n->text, shown, sizeof shown) : "nothing");
}

void bus_read(struct section *s, const struct yaml_node *bus, struct conf *c)
{
    static const char *const bus_keys[] = { "listen", "socket-mode" };
    static const char *const later[] = { "dial", NULL };
    const struct yaml_node *n;

    if (!section_is(s, bus, YAML_MAP, "a mapping: { listen: [ipc:///run/kiri/bus] }"))
        return;
    section_keys_but(s, bus, bus_keys, 2, later);
    if ((n = yaml_get(bus, "listen")))
        read_listen(s, n, c);
    if ((n = yaml_get(bus, "socket-mode")))
        read_mode(s, n, c);
}
