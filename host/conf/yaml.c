/*
 * yaml.c - one loop over libyaml's events; a stack of open lists and mappings instead of
 * recursion. A limit that is passed ends the reading; everything else is noted and read
 * on.
 */
#include "conf/yaml.h"

#include "base/value.h"
#include "conf/arena.h"
#include "conf/place.h"
#include "conf/remedy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define SHOWN 72u

struct yaml {
    struct arena arena;
    struct yaml_node *root;
};

/* One list or mapping that is still open. */
struct level {
    struct yaml_node *node;
    struct yaml_node **end; /* where its next child goes */
    struct yaml_node *key;  /* MAP: the key whose value comes next                 */
    int value_next;         /* MAP: a value comes next; without a key it is dropped */
};

struct reading {
    struct yaml *y;
    const char *bytes; /* without a byte order mark */
    size_t len;
    const char *file;
    struct conf_errors *errors;
    struct level level[YAML_MOST_DEPTH];
    unsigned depth;
    unsigned nodes, most_nodes;
    int stop; /* enough is wrong: read no further */
};

static void complain(struct reading *r, const yaml_mark_t *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void complain(struct reading *r, const yaml_mark_t *at, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    conf_errorv(r->errors, r->file, (uint32_t)at->line + 1, (uint32_t)at->column + 1, fmt,
                ap);
    va_end(ap);
}

static void out_of_memory(struct reading *r)
{
    conf_error(r->errors, r->file, 0, 0, "not enough memory to read it");
    r->errors->code = KIRI_INTERNAL;
    r->stop = 1;
}

static struct yaml_node *new_node(struct reading *r, enum yaml_kind kind,
                                  const yaml_mark_t *at)
{
    if (r->nodes == r->most_nodes) {
        complain(r, at,
                 "more than %u values, lists and mappings%s: a molecule may have no more",
                 YAML_MOST_NODES,
                 r->most_nodes < YAML_MOST_NODES ? " in all its files" : "");
        r->stop = 1;
        return NULL;
    }
    r->nodes++;
    struct yaml_node *n = arena_get(&r->y->arena, sizeof *n);
    if (!n) {
        out_of_memory(r);
        return NULL;
    }
    n->kind = kind;
    n->line = (uint32_t)at->line + 1;
    n->col = (uint32_t)at->column + 1;
    n->text = "";
    return n;
}

/* A mapping's next key, or the end of what a bad key brought with it. */
static void place_key(struct reading *r, struct level *l, struct yaml_node *n)
{
    l->value_next = 1;
    l->key = n->kind == YAML_TEXT && !n->refused ? n : NULL;
    if (n->kind != YAML_TEXT)
        conf_error(r->errors, r->file, n->line, n->col,
                   "a key must be one word, not a %s: quote it if it is text",
                   n->kind == YAML_LIST ? "list" : "mapping");
}

/* Gives the node its place in the tree; its children may still be to come. */
static void place(struct reading *r, struct yaml_node *n)
{
    struct level *l = r->depth ? &r->level[r->depth - 1] : NULL;

    if (!l) {
        r->y->root = n;
        return;
    }
    if (l->node->kind == YAML_MAP && !l->value_next) {
        place_key(r, l, n);
        return;
    }
    if (l->node->kind == YAML_MAP) {
        l->value_next = 0;
        if (!l->key)
            return;
        n->key = l->key->text;
        n->key_line = l->key->line;
        n->key_col = l->key->col;
        n->key_plain = l->key->plain;
    }
    *l->end = n;
    l->end = &n->next;
    l->node->n++;
}

static void refuse_extras(struct reading *r, const yaml_event_t *ev,
                          const yaml_char_t *anchor, const yaml_char_t *tag)
{
    char shown[SHOWN];

    if (anchor)
        complain(r, &ev->start_mark, "anchors are not accepted: remove `&%s`",
                 value_show((const char *)anchor, shown, sizeof shown));
    if (tag)
        complain(r, &ev->start_mark, "tags are not accepted: remove `%s`",
                 value_show((const char *)tag, shown, sizeof shown));
}

static void take_text(struct reading *r, const yaml_event_t *ev)
{
    const char *text = (const char *)ev->data.scalar.value;
    size_t len = ev->data.scalar.length;
    struct yaml_node *n = new_node(r, YAML_TEXT, &ev->start_mark);

    if (!n)
        return;
    refuse_extras(r, ev, ev->data.scalar.anchor, ev->data.scalar.tag);
    if (memchr(text, '\0', len))
        complain(r, &ev->start_mark,
                 "a text with a NUL byte is not accepted: remove \\0");
    n->text = arena_text(&r->y->arena, text, len);
    n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!n->text)
        out_of_memory(r);
    else
        place(r, n);
}

static void take_alias(struct reading *r, const yaml_event_t *ev)
{
    char shown[SHOWN];
    struct yaml_node *n = new_node(r, YAML_TEXT, &ev->start_mark);

    if (!n)
        return;
    complain(r, &ev->start_mark,
             "aliases are not accepted: write out what `*%s` stands for",
             value_show((const char *)ev->data.alias.anchor, shown, sizeof shown));
    n->refused = 1;
    place(r, n);
}

static void open_level(struct reading *r, const yaml_event_t *ev, enum yaml_kind kind)
{
    struct yaml_node *n;

    if (r->depth == YAML_MOST_DEPTH) {
        complain(r, &ev->start_mark, "lists and mappings are nested more than %u deep",
                 YAML_MOST_DEPTH);
        r->stop = 1;
        return;
    }
    n = new_node(r, kind, &ev->start_mark);
    if (!n)
        return;
    if (kind == YAML_LIST)
        refuse_extras(r, ev, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
    else
        refuse_extras(r, ev, ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
    place(r, n);
    r->level[r->depth++] = (struct level){ .node = n, .end = &n->child };
}

/* By key, equal ones as they stand in the file. */
static int by_key(const void *a, const void *b)
{
    const struct yaml_node *const *x = a, *const *y = b;
    int c = strcmp((*x)->key, (*y)->key);

    if (c)
        return c;
    if ((*x)->key_line != (*y)->key_line)
        return (*x)->key_line < (*y)->key_line ? -1 : 1;
    return (*x)->key_col < (*y)->key_col ? -1 : 1;
}

/* Takes out the children that lost their key. */
static void drop_twins(struct yaml_node *map)
{
    struct yaml_node **at = &map->child;

    while (*at)
        if ((*at)->key) {
            at = &(*at)->next;
        } else {
            *at = (*at)->next;
            map->n--;
        }
}

/* Sorting finds twins in n log n: a mapping may have thousands of keys. */
static void find_twins(struct reading *r, struct yaml_node *map)
{
    struct yaml_node **sorted;
    const struct yaml_node *first;
    char shown[SHOWN];
    uint32_t n = map->n, i = 0;

    if (n < 2)
        return;
    sorted = calloc(n, sizeof *sorted);
    if (!sorted) {
        out_of_memory(r);
        return;
    }
    for (struct yaml_node *c = map->child; c; c = c->next)
        sorted[i++] = c;
    qsort(sorted, n, sizeof *sorted, by_key);
    first = sorted[0];
    for (i = 1; i < n; i++) {
        if (strcmp(sorted[i]->key, first->key) != 0) {
            first = sorted[i];
            continue;
        }
        conf_error(r->errors, r->file, sorted[i]->key_line, sorted[i]->key_col,
                   "`%s` stands here a second time, first in line %u: remove one",
                   value_show(first->key, shown, sizeof shown), first->key_line);
        sorted[i]->key = NULL;
    }
    free(sorted);
    drop_twins(map);
}

static void close_level(struct reading *r)
{
    struct yaml_node *n = r->level[--r->depth].node;

    assert(n); /* never on the stack without its node */
    if (n->kind == YAML_MAP)
        find_twins(r, n);
}

/* Directives are looked for here, because libyaml takes quadratic time for many of them.
 */
static void refuse_directives(struct reading *r)
{
    size_t at = place_skip_idle(r->bytes, r->len, 0);

    if (at < r->len && r->bytes[at] == '%') {
        yaml_mark_t mark = place_of_byte(r->bytes, r->len, at);

        complain(r, &mark,
                 "directives (%%YAML, %%TAG) are not accepted: remove this line");
        r->stop = 1;
    }
}

/* After the document's end there is nothing. libyaml is not asked: see refuse_directives.
 */
static void refuse_rest(struct reading *r, const yaml_mark_t *end)
{
    size_t at = place_skip_idle(r->bytes, r->len, place_to_byte(r->bytes, r->len, end));

    while (r->len - at >= 3 && memcmp(r->bytes + at, "...", 3) == 0)
        at = place_skip_idle(r->bytes, r->len, at + 3);
    r->stop = 1;
    if (at >= r->len)
        return;
    yaml_mark_t mark = place_of_byte(r->bytes, r->len, at);
    if (r->bytes[at] == '-' || r->bytes[at] == '%')
        complain(r, &mark, "a second document begins here: one file is one document");
    else
        complain(r, &mark, "nothing may follow the end of the document");
}

static void take(struct reading *r, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT: take_text(r, ev); break;
    case YAML_ALIAS_EVENT: take_alias(r, ev); break;
    case YAML_SEQUENCE_START_EVENT: open_level(r, ev, YAML_LIST); break;
    case YAML_MAPPING_START_EVENT: open_level(r, ev, YAML_MAP); break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: close_level(r); break;
    case YAML_DOCUMENT_END_EVENT: refuse_rest(r, &ev->end_mark); break;
    case YAML_STREAM_END_EVENT: r->stop = 1; break;
    default: break;
    }
}

static void syntax_error(struct reading *r, const yaml_parser_t *p)
{
    yaml_mark_t mark = p->problem_mark;
    const char *remedy;

    if (p->error == YAML_MEMORY_ERROR) {
        out_of_memory(r);
        return;
    }
    if (p->error == YAML_READER_ERROR) {
        mark = place_of_byte(r->bytes, r->len, p->problem_offset);
        complain(r, &mark, "this is not UTF-8 text: %s", p->problem);
        return;
    }
    remedy = remedy_for(p, &mark);
    if (remedy)
        complain(r, &mark, "%s", remedy);
    else
        complain(r, &mark, "not valid YAML: %s%s%s",
                 p->problem ? p->problem : "unreadable", p->context ? " " : "",
                 p->context ? p->context : "");
}

/* Returns 0 when the file was read to its end. */
static int read_events(struct reading *r)
{
    yaml_parser_t parser;
    int whole = 1;

    if (!yaml_parser_initialize(&parser)) {
        out_of_memory(r);
        return -1;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)r->bytes, r->len);
    while (!r->stop) {
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
    return whole && r->y->root && r->depth == 0 ? 0 : -1;
}

struct yaml *yaml_parse(const char *bytes, size_t len, const char *file,
                        struct yaml_left *left, struct conf_errors *e)
{
    struct yaml_left all = { YAML_MOST_BYTES, YAML_MOST_NODES };
    struct reading r = { .bytes = bytes, .len = len, .file = file, .errors = e };
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
    r.most_nodes = left->nodes;
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        r.bytes += 3;
        r.len -= 3;
    }
    refuse_directives(&r);
    if (r.stop)
        return NULL;
    r.y = calloc(1, sizeof *r.y);
    if (!r.y) {
        out_of_memory(&r);
        return NULL;
    }
    int whole = read_events(&r) == 0;
    left->nodes -= r.nodes;
    if (whole)
        return r.y;
    if (e->n == before)
        conf_error(e, file, 1, 1, "the file is empty");
    yaml_free(r.y);
    return NULL;
}

const struct yaml_node *yaml_root(const struct yaml *y)
{
    return y->root;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map->kind != YAML_MAP)
        return NULL;
    for (const struct yaml_node *c = map->child; c; c = c->next)
        if (strcmp(c->key, key) == 0)
            return c;
    return NULL;
}

void yaml_each_text(struct yaml *y, void (*each)(void *ctx, struct yaml_node *text),
                    void *ctx)
{
    struct yaml_node *at[YAML_MOST_DEPTH + 1] = { y->root };
    unsigned depth = 0;

    for (;;) {
        struct yaml_node *n = at[depth];

        if (!n && depth == 0)
            return;
        if (!n) {
            depth--;
            at[depth] = at[depth]->next;
            continue;
        }
        if (n->kind == YAML_TEXT && !n->refused)
            each(ctx, n);
        if (n->child)
            at[++depth] = n->child;
        else
            at[depth] = n->next;
    }
}

void yaml_free(struct yaml *y)
{
    if (!y)
        return;
    arena_free(&y->arena);
    free(y);
}
