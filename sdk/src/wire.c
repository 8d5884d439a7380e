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
