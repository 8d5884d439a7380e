/*
 * wire_fuzz.c - any bytes as a message from the bus: taken apart or refused, and nothing
 * read beyond its end. (RELIABILITY C5)
 */
#include <kiri/wire.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void take_apart(const char *text, size_t len)
{
    struct kiri_message m;
    struct kiri_head head;

    if (kiri_message_split(text, len, &m))
        return;
    assert(m.topic == text && m.topic_len >= 1 && m.topic_len <= KIRI_TOPIC_MAX);
    assert(m.json == text + m.topic_len + 1 && m.json[0] == '{');
    assert(m.json + m.json_len == text + len);
    if (kiri_message_head(&m, &head))
        return;
    assert(head.boot > m.json && head.boot + head.boot_len < m.json + m.json_len);
    assert(!memchr(head.boot, '\\', head.boot_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *copy = malloc(len + 1); /* of its own exact size, and a name */

    if (!copy)
        abort();
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    kiri_name_ok(copy);
    free(copy);
    copy = malloc(len ? len : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, len);
    take_apart(copy, len);
    free(copy);
    return 0;
}
