/* retention.c - the mapping `retention`: how long the store keeps what. */
#include "base/units.h"
#include "base/value.h"
#include "conf/section.h"

#include <string.h>

#define SHOWN 72u
#define DAY   INT64_C(86400000) /* ms */
#define MIB   INT64_C(1048576)

static const struct {
    const char *key;
    int is_size; /* else a duration */
    int64_t least, most;
    const char *range;
} kept[] = {
    { "journal", 0, 1000, 365 * DAY, "1s..1y" },
    { "journal-size", 1, MIB / 16, MIB *MIB, "64KiB..1TiB" },
    { "observations", 0, 60000, 36500 * DAY, "1m..100y" },
    { "scores", 0, 60000, 36500 * DAY, "1m..100y" },
    { "roll-up", 0, 60000, 36500 * DAY, "1m..100y" },
    { "size", 1, MIB, MIB *MIB, "1MiB..1TiB" },
};
#define KEPT (sizeof kept / sizeof *kept)

static int64_t read_amount(struct section *s, const struct yaml_node *n, size_t i)
{
    const char *wanted = kept[i].is_size ? "a size such as 64MiB or 2GB"
                                         : "a duration such as 1h, 90d or 1y";
    char shown[SHOWN];
    int64_t x;

    if (!section_is(s, n, YAML_TEXT, wanted))
        return 0;
    value_show(n->text, shown, sizeof shown);
    if (kept[i].is_size ? units_bytes(n->text, &x) : units_duration_ms(n->text, &x))
        section_say(s, n, "`%s`: %s is not %s", n->key, *shown ? shown : "nothing",
                    wanted);
    else if (x < kept[i].least || x > kept[i].most)
        section_say(s, n, "`%s`: %s is not in %s", n->key, shown, kept[i].range);
    else
        return x;
    return 0;
}

void retention_read(struct section *s, const struct yaml_node *map, struct conf *c)
{
    struct conf_retention *r = &c->retention;
    int64_t *const values[KEPT] = { &r->journal_ms,      &r->journal_bytes,
                                    &r->observations_ms, &r->scores_ms,
                                    &r->rollup_after_ms, &r->size_bytes };
    const char *keys[KEPT];
    const struct yaml_node *journal;

    if (!section_is(s, map, YAML_MAP,
                    "a mapping such as { observations: 90d, size: 2GB }"))
        return;
    for (size_t i = 0; i < KEPT; i++) {
        const struct yaml_node *n = yaml_get(map, kept[i].key);

        keys[i] = kept[i].key;
        if (n)
            *values[i] = read_amount(s, n, i);
    }
    section_keys(s, map, keys, KEPT);
    journal = yaml_get(map, "journal-size");
    if (journal && r->size_bytes && r->journal_bytes > r->size_bytes)
        section_say(s, journal,
                    "`journal-size` is more than `size`, which is for the journal and "
                    "everything else");
}
