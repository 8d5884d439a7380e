#include "inbox/message.h"

#include "base/value.h"
#include "control/answers.h"
#include "inbox/inbox.h"
#include "load/json_keys.h"

#include <kiri/wire.h>

#include <stdio.h>
#include <string.h>

#define MOST_LABEL 512u

static int no_message(struct kiri_error *err)
{
    return kiri_fail(err, KIRI_USAGE,
                     "a message is a topic, a space and a JSON object, such as "
                     "obs/soil {\"values\":{\"moisture\":41.2}}");
}

/* obs/NAME */
static int read_topic(const struct kiri_message *m, struct parts *out,
                      struct kiri_error *err)
{
    size_t n = m->topic_len - 4;

    if (m->topic_len < 5 || memcmp(m->topic, "obs/", 4) != 0)
        return no_message(err);
    if (n < sizeof out->atom) {
        memcpy(out->atom, m->topic + 4, n);
        out->atom[n] = '\0';
    }
    return n < sizeof out->atom && kiri_name_ok(out->atom)
               ? 0
               : kiri_fail(err, KIRI_USAGE,
                           "after obs/ comes the name of an atom: a-z, 0-9 and -, at "
                           "most 32 bytes");
}

static int keys_ok(json_t *root, struct kiri_error *err)
{
    static const char *const known[] = { "id", "ts", "label", "schema", "values" };
    char text[160];

    if (json_keys_known(root, known, sizeof known / sizeof *known,
                        ": it has id, ts, label, schema and values; what was seen is in "
                        "values",
                        text, sizeof text))
        return 0;
    return kiri_fail(err, KIRI_USAGE, "a message has no %s", text);
}

/* A text of 1..most bytes, or NULL when it is absent or null. */
static int read_text(const json_t *root, const char *key, size_t most, const char **out,
                     struct kiri_error *err)
{
    const json_t *value = json_object_get(root, key);

    *out = json_string_value(value);
    if (!value || json_is_null(value))
        return 0;
    if (!*out || !**out || strlen(*out) > most)
        return kiri_fail(err, KIRI_USAGE, "\"%s\" is a text of 1 to %zu bytes", key,
                         most);
    return 0;
}

static int read_ts(const json_t *root, int64_t now, int64_t *out, struct kiri_error *err)
{
    const json_t *value = json_object_get(root, "ts");

    *out = INT64_MIN;
    if (!value || json_is_null(value))
        return 0;
    *out = json_integer_value(value);
    if (!json_is_integer(value) || *out < 0)
        return kiri_fail(err, KIRI_USAGE,
                         "\"ts\" is the time in whole milliseconds since 1970 (UTC)");
    if (*out > now + INBOX_AHEAD_MS)
        return kiri_fail(err, KIRI_USAGE,
                         "\"ts\" is more than a day in the future: it is in milliseconds "
                         "since 1970, and this host's clock says %lld",
                         (long long)now);
    return 0;
}

static int read_object(const json_t *root, const char *key, json_t **out,
                       struct kiri_error *err)
{
    *out = json_object_get(root, key);
    if (json_is_null(*out))
        *out = NULL;
    return !*out || json_is_object(*out)
               ? 0
               : kiri_fail(err, KIRI_USAGE, "\"%s\" is an object", key);
}

static int read_members(struct parts *p, int64_t now, struct kiri_error *err)
{
    if (keys_ok(p->root, err) || read_text(p->root, "id", ANSWERS_ID_MOST, &p->id, err) ||
        read_text(p->root, "label", MOST_LABEL, &p->label, err) ||
        read_ts(p->root, now, &p->ts, err) ||
        read_object(p->root, "schema", &p->schema, err) ||
        read_object(p->root, "values", &p->values, err))
        return -1;
    return p->schema || p->values
               ? 0
               : kiri_fail(err, KIRI_USAGE,
                           "a message has \"values\":{..}, what was seen, or "
                           "\"schema\":{..}, or both");
}

int parts_read(const char *text, size_t len, int64_t now, struct parts *out,
               struct kiri_error *err)
{
    struct kiri_message m;
    char shown[160];
    json_error_t why;

    *out = (struct parts){ 0 };
    if (kiri_message_split(text, len, &m))
        return no_message(err);
    if (read_topic(&m, out, err))
        return -1;
    out->root = json_loadb(m.json, m.json_len, JSON_REJECT_DUPLICATES, &why);
    if (!out->root)
        return kiri_fail(err, KIRI_USAGE,
                         "after the topic, at byte %d: it is no JSON: %s", why.position,
                         value_show(why.text, shown, sizeof shown));
    if (read_members(out, now, err) == 0)
        return 0;
    parts_free(out);
    return -1;
}

void parts_free(struct parts *p)
{
    json_decref(p->root);
    *p = (struct parts){ 0 };
}
