/*
 * yaml.c - one loop over libyaml's events, from which a tree grows. A limit that is
 * passed ends the reading; everything else is noted and read on.
 */
#include "conf/yaml.h"

#include "base/value.h"
#include "conf/place.h"
#include "conf/remedy.h"
#include "conf/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define SHOWN 72u

struct reading {
    struct tree tree;  /* what has been read */
    const char *bytes; /* without a byte order mark */
    size_t len;
};

static void refuse_extras(struct reading *r, const yaml_event_t *ev,
                          const yaml_char_t *anchor, const yaml_char_t *tag)
{
    char shown[SHOWN];

    if (anchor)
        tree_complain(&r->tree, &ev->start_mark, "anchors are not accepted: remove `&%s`",
                      value_show((const char *)anchor, shown, sizeof shown));
    if (tag)
        tree_complain(&r->tree, &ev->start_mark, "tags are not accepted: remove `%s`",
                      value_show((const char *)tag, shown, sizeof shown));
}

static void take_text(struct reading *r, const yaml_event_t *ev)
{
    const char *text = (const char *)ev->data.scalar.value;
    size_t len = ev->data.scalar.length;
    struct yaml_node *n = tree_node(&r->tree, YAML_TEXT, &ev->start_mark);

    if (!n)
        return;
    refuse_extras(r, ev, ev->data.scalar.anchor, ev->data.scalar.tag);
    if (memchr(text, '\0', len))
        tree_complain(&r->tree, &ev->start_mark,
                      "a text with a NUL byte is not accepted: remove \\0");
    n->text = arena_text(&r->tree.y->arena, text, len);
    n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!n->text)
        tree_out_of_memory(&r->tree);
    else
        tree_place(&r->tree, n);
}

static void take_alias(struct reading *r, const yaml_event_t *ev)
{
    char shown[SHOWN];
    struct yaml_node *n = tree_node(&r->tree, YAML_TEXT, &ev->start_mark);

    if (!n)
        return;
    tree_complain(&r->tree, &ev->start_mark,
                  "aliases are not accepted: write out what `*%s` stands for",
                  value_show((const char *)ev->data.alias.anchor, shown, sizeof shown));
    n->refused = 1;
    tree_place(&r->tree, n);
}

static void open_level(struct reading *r, const yaml_event_t *ev, enum yaml_kind kind)
{
    struct yaml_node *n = tree_node(&r->tree, kind, &ev->start_mark);

    if (!n)
        return;
    if (kind == YAML_LIST)
        refuse_extras(r, ev, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
    else
        refuse_extras(r, ev, ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
    tree_open(&r->tree, n);
}

/* Directives are looked for here, because libyaml takes quadratic time for many of them.
 */
static void refuse_directives(struct reading *r)
{
    size_t at = place_skip_idle(r->bytes, r->len, 0);

    if (at < r->len && r->bytes[at] == '%') {
        yaml_mark_t mark = place_of_byte(r->bytes, r->len, at);

        tree_complain(&r->tree, &mark,
                      "directives (%%YAML, %%TAG) are not accepted: remove this line");
        r->tree.stop = 1;
    }
}

/* After the document's end there is nothing. libyaml is not asked: see refuse_directives.
 */
static void refuse_rest(struct reading *r, const yaml_mark_t *end)
{
    size_t at = place_skip_idle(r->bytes, r->len, place_to_byte(r->bytes, r->len, end));

    while (r->len - at >= 3 && memcmp(r->bytes + at, "...", 3) == 0)
        at = place_skip_idle(r->bytes, r->len, at + 3);
    r->tree.stop = 1;
    if (at >= r->len)
        return;
    yaml_mark_t mark = place_of_byte(r->bytes, r->len, at);
    if (r->bytes[at] == '-' || r->bytes[at] == '%')
        tree_complain(&r->tree, &mark,
                      "a second document begins here: one file is one document");
    else
        tree_complain(&r->tree, &mark, "nothing may follow the end of the document");
}

static void take(struct reading *r, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT: take_text(r, ev); break;
    case YAML_ALIAS_EVENT: take_alias(r, ev); break;
    case YAML_SEQUENCE_START_EVENT: open_level(r, ev, YAML_LIST); break;
    case YAML_MAPPING_START_EVENT: open_level(r, ev, YAML_MAP); break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: tree_close(&r->tree); break;
    case YAML_DOCUMENT_END_EVENT: refuse_rest(r, &ev->end_mark); break;
    case YAML_STREAM_END_EVENT: r->tree.stop = 1; break;
    default: break;
    }
}

static void syntax_error(struct reading *r, const yaml_parser_t *p)
{
    yaml_mark_t mark = p->problem_mark;
    const char *remedy;

    if (p->error == YAML_MEMORY_ERROR) {
        tree_out_of_memory(&r->tree);
        return;
    }
    if (p->error == YAML_READER_ERROR) {
        mark = place_of_byte(r->bytes, r->len, p->problem_offset);
        tree_complain(&r->tree, &mark, "this is not UTF-8 text: %s", p->problem);
        return;
    }
    remedy = remedy_for(p, &mark);
    if (remedy)
        tree_complain(&r->tree, &mark, "%s", remedy);
    else
        tree_complain(&r->tree, &mark, "not valid YAML: %s%s%s",
                      p->problem ? p->problem : "unreadable", p->context ? " " : "",
                      p->context ? p->context : "");
}

/* Returns 0 when the file was read to its end. */
static int read_events(struct reading *r)
{
    yaml_parser_t parser;
    int whole = 1;

    if (!yaml_parser_initialize(&parser)) {
        tree_out_of_memory(&r->tree);
        return -1;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)r->bytes, r->len);
    while (!r->tree.stop) {
        yaml_event_t ev;

        if (!yaml_parser_parse(&parser, &ev)) {
            syntax_error(r, &parser);
            whole = 0;
            break;
        }
        take(r, &ev);
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&parser);
    return whole && r->tree.y->root && r->tree.depth == 0 ? 0 : -1;
}

struct yaml *yaml_parse(const char *bytes, size_t len, const char *file,
                        struct yaml_left *left, struct conf_errors *e)
{
    struct yaml_left all = { YAML_MOST_BYTES, YAML_MOST_NODES };
    struct reading r = { .tree = { .file = file, .errors = e },
                         .bytes = bytes,
                         .len = len };
    unsigned before = e->n;

    left = left ? left : &all;
    if (len > left->bytes) {
        conf_error(e, file, 1, 1,
                   "the file is larger than %u KiB, the most that is read%s",
                   YAML_MOST_BYTES / 1024,
                   left->bytes < YAML_MOST_BYTES ? " of all files together" : "");
        return NULL;
    }
    left->bytes -= len;
    r.tree.most_nodes = left->nodes;
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        r.bytes += 3;
        r.len -= 3;
    }
    refuse_directives(&r);
    if (r.tree.stop)
        return NULL;
    r.tree.y = calloc(1, sizeof *r.tree.y);
    if (!r.tree.y) {
        tree_out_of_memory(&r.tree);
        return NULL;
    }
    int whole = read_events(&r) == 0;
    left->nodes -= r.tree.nodes;
    if (whole)
        return r.tree.y;
    if (e->n == before)
        conf_error(e, file, 1, 1, "the file is empty");
    yaml_free(r.tree.y);
    return NULL;
}
