#include "screen/view_demo.h"

#include "screen/view.h"
#include "screen/view_atom.h"
#include "screen/view_number.h"

#include <string.h>

#define CULPRITS     3u
#define CULPRIT_NATS 2.0

static void stages(struct canvas *c, enum demo_stage stage)
{
    static const struct {
        const char *name;
        enum demo_stage from, to;
    } steps[] = { { "collect", DEMO_COLLECTING, DEMO_COLLECTING },
                  { "learn", DEMO_LEARNING, DEMO_LEARNING },
                  { "score", DEMO_SETTLING, DEMO_QUIET },
                  { "provoke", DEMO_BURNING, DEMO_OVER } };

    canvas_text(c, BOLD, "kiri demo");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int now = stage >= steps[i].from && stage <= steps[i].to;
        canvas_textf(c, now ? BOLD : FAINT, now ? "  [%zu %s]" : "   %zu %s ", i + 1,
                     steps[i].name);
    }
    canvas_end(c);
}

void view_demo(enum demo_stage stage, const char *sentence, const char *keys,
               const json_t *status, const struct style *style, unsigned height,
               struct buf *out)
{
    struct canvas c = { .out = out, .style = *style };
    const json_t *atom = json_array_get(json_object_get(status, "atoms"), 0);
    size_t from = out->len;

    stages(&c, stage);
    canvas_text(&c, stage == DEMO_BURNING ? YELLOW : PLAIN, sentence);
    canvas_end(&c);
    canvas_end(&c);
    if (atom)
        view_atom(&c, atom);
    canvas_fit(out, from, height > 1 ? height - 1 : 1);
    canvas_text(&c, FAINT, keys);
    canvas_end(&c);
}

/* The field with the most nats that is below `bound`; NULL: none that matters. */
static const json_t *worst_below(const json_t *fields, double bound)
{
    const json_t *worst = NULL, *field;
    double most = CULPRIT_NATS;
    size_t i;

    json_array_foreach(fields, i, field)
    {
        double nats = view_number(field, "nats");
        if (nats >= most && nats < bound) {
            most = nats;
            worst = field;
        }
    }
    return worst;
}

static void culprit(const json_t *field, struct buf *out)
{
    const json_t *best = json_array_get(json_object_get(field, "expected"), 0);
    const json_t *range = json_array_get(json_object_get(field, "expected_ranges"), 0);
    const json_t *value = json_object_get(field, "value");
    const char *unit = view_text(field, "unit"), *word = view_text(field, "word");
    char text[64] = "missing", p[16];

    if (json_is_number(value))
        number_unit(json_number_value(value), unit, text, sizeof text);
    buf_putf(out, "  %-8.32s %s (%.32s), %.1f nats", view_text(field, "name"), text, word,
             view_number(field, "nats"));
    if (json_is_string(json_array_get(best, 0))) {
        number_share(json_number_value(json_array_get(best, 1)), p, sizeof p);
        buf_putf(out, "; expected %.32s", json_string_value(json_array_get(best, 0)));
        if (json_array_size(range) == 2) {
            number_range(json_number_value(json_array_get(range, 0)),
                         json_number_value(json_array_get(range, 1)), unit, text,
                         sizeof text);
            buf_putf(out, ", %s,", text);
        }
        buf_putf(out, " with a probability of %s", p);
    }
    buf_puts(out, "\n");
}

void view_culprits(const json_t *last, struct buf *out)
{
    const json_t *fields = json_object_get(last, "fields"), *field;
    double bound = 1e9;

    for (unsigned i = 0; i < CULPRITS && (field = worst_below(fields, bound)); i++) {
        culprit(field, out);
        bound = view_number(field, "nats");
    }
}

int view_is_burned(const char *field)
{
    static const char *const moved[] = { "cpu", "load", "memory", "pcpu", "pmem" };

    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++)
        if (strcmp(field, moved[i]) == 0)
            return 1;
    return 0;
}
