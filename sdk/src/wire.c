/* wire.c - a message, taken apart. */
#include <kiri/wire.h>

#include <string.h>

static int in_topic(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '.' || c == '-';
}

int kiri_message_split(const void *bytes, size_t len, struct kiri_message *out)
{
    const char *s = bytes;
    size_t n = 0;

    while (n < len && n <= KIRI_TOPIC_MAX && in_topic(s[n]))
        n++;
    if (n == 0 || n > KIRI_TOPIC_MAX)
        return -1;
    if (len - n < 2 || s[n] != ' ' || s[n + 1] != '{')
        return -1;
    *out = (struct kiri_message){
        .topic = s, .topic_len = n, .json = s + n + 1, .json_len = len - n - 1
    };
    return 0;
}

/* The end of the string that begins after its opening quote at `at`; NULL: it has none.
 */
static const char *string_end(const char *at, const char *end)
{
    for (; at < end && *at != '"'; at++)
        if (*at == '\\' && ++at == end)
            break;
    return at < end ? at : NULL;
}

/* A whole number, up to the comma or brace behind it. */
static int number(const char *at, const char *end, uint64_t *out)
{
    uint64_t x = 0;

    if (at == end)
        return -1;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9' || x > (UINT64_MAX - 9) / 10)
            return -1;
        x = 10 * x + (uint64_t)(*at - '0');
    }
    *out = x;
    return 0;
}

static int is_key(const char *key, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(key, name, len) == 0;
}

enum { HAS_BOOT = 1, HAS_SEQ = 2, HAS_N = 4, HAS_ALL = 7 };

/* One member with a value that is no string. Its bit, 0: of no interest, -1. */
static int take_number(const char *key, size_t len, const char *value, const char *end,
                       struct kiri_head *h)
{
    uint64_t x;

    if (is_key(key, len, "seq"))
        return number(value, end, &h->seq) ? -1 : HAS_SEQ;
    if (is_key(key, len, "n"))
        return number(value, end, &h->n) ? -1 : HAS_N;
    if (is_key(key, len, "ts") && number(value, end, &x) == 0 && x <= INT64_MAX)
        h->ts = (int64_t)x;
    return 0;
}

int kiri_message_head(const struct kiri_message *m, struct kiri_head *out)
{
    const char *at = m->json + 1, *end = m->json + m->json_len;
    struct kiri_head h = { 0 };
    int has = 0;

    while (at < end && *at == '"' && has != HAS_ALL) {
        const char *key = at + 1, *key_end = string_end(key, end), *value, *value_end;
        int bit;

        if (!key_end || end - key_end < 3 || key_end[1] != ':')
            return -1;
        value = key_end + 2;
        if (*value == '"') {
            value_end = string_end(++value, end);
            if (!value_end)
                return -1;
            bit = 0;
            if (is_key(key, (size_t)(key_end - key), "boot")) {
                h.boot = value;
                h.boot_len = (size_t)(value_end - value);
                if (!h.boot_len || memchr(value, '\\', h.boot_len))
                    return -1;
                bit = HAS_BOOT;
            }
            value_end++;
        } else {
            value_end = value;
            while (value_end < end && !strchr(",}[{", *value_end))
                value_end++;
            bit = take_number(key, (size_t)(key_end - key), value, value_end, &h);
        }
        if (bit < 0 || value_end == end)
            return -1;
        has |= bit;
        if (has != HAS_ALL && *value_end != ',')
            return -1;
        at = value_end + 1;
    }
    if (has != HAS_ALL)
        return -1;
    *out = h;
    return 0;
}

int kiri_name_ok(const char *name)
{
    if (!name || name[0] < 'a' || name[0] > 'z')
        return 0;
    for (size_t i = 1; i <= 32; i++) {
        char c = name[i];

        if (c == '\0')
            return 1;
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return 0;
    }
    return 0;
}
