#include "calendar.h"
#include "sources.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define HEADER "kiri tasks 1"

/* FNV-1a, 32 bits. */
static uint32_t checksum(const char *s, size_t n)
{
    uint32_t hash = 0x811c9dc5u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)s[i]) * 0x01000193u;
    return hash;
}

/* "1a2b3c4d 2026-11-21T08:15:30Z add 1 Buy soil": 0, or -1 when it is damaged. */
static int take(const struct line *line, struct events *out)
{
    static const struct {
        const char *verb;
        enum event_kind kind;
    } verbs[] = { { "add ", EVENT_ADDED },
                  { "done ", EVENT_DONE },
                  { "switch ", EVENT_SWITCHED } };
    const char *rest = line->s + 9, *verb = line->s + 30;
    char said[9];

    if (line->n < 30 || line->s[8] != ' ' || line->s[29] != ' ')
        return -1;
    snprintf(said, sizeof said, "%08x", checksum(rest, line->n - 9));
    int64_t at = calendar_stamp(rest, 20);
    if (memcmp(said, line->s, 8) != 0 || at < 0)
        return -1;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t n = strlen(verbs[i].verb);
        if (line->n - 30 > n && memcmp(verb, verbs[i].verb, n) == 0) {
            out->open += verbs[i].kind == EVENT_ADDED;
            out->open -= verbs[i].kind == EVENT_DONE;
            return events_add(out, at, verbs[i].kind, 0) ? -2 : 0;
        }
    }
    return 0; /* of a later version: sound, and none of ours */
}

int tasklog_read(const char *path, struct events *out, unsigned *damaged, char *why,
                 size_t cap)
{
    struct text text;
    struct line line;
    size_t at = 0;
    int rc = 0;

    *damaged = 0;
    enum text_found found = text_read(path, &text, why, cap);
    if (found != TEXT_READ)
        return found == TEXT_ABSENT ? 0 : -1;
    if (!text_line(&text, &at, &line) || !line.whole) {
        text_free(&text); /* its first line was never finished: nobody wrote a task */
        return 0;
    }
    if (line.n != strlen(HEADER) || memcmp(line.s, HEADER, line.n) != 0) {
        snprintf(why, cap, "%s is no task log: its first line is not '" HEADER "'", path);
        text_free(&text);
        return -1;
    }
    out->tasks = out->switches = 1;
    while (rc != -2 && text_line(&text, &at, &line)) {
        rc = take(&line, out);
        *damaged += rc == -1 && line.whole;
    }
    text_free(&text);
    if (rc == -2)
        snprintf(why, cap, "memory is short");
    return rc == -2 ? -1 : 0;
}
