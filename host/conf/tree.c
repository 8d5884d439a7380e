/*
 * tree.c - nodes get their places; twins are found when a mapping is whole. What is wrong
 * is noted and the tree grows on, except where a limit is passed.
 */
#include "conf/tree.h"

#include "base/value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 72u

void tree_complain(struct tree *t, const yaml_mark_t *at, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    conf_errorv(t->errors, t->file, (uint32_t)at->line + 1, (uint32_t)at->column + 1, fmt,
                ap);
    va_end(ap);
}

void tree_out_of_memory(struct tree *t)
{
    conf_error(t->errors, t->file, 0, 0, "not enough memory to read it");
    t->errors->code = KIRI_INTERNAL;
    t->stop = 1;
}

struct yaml_node *tree_node(struct tree *t, enum yaml_kind kind, const yaml_mark_t *at)
{
    if (kind != YAML_TEXT && t->depth == YAML_MOST_DEPTH) {
        tree_complain(t, at, "lists and mappings are nested more than %u deep",
                      YAML_MOST_DEPTH);
        t->stop = 1;
        return NULL;
    }
    if (t->nodes == t->most_nodes) {
        tree_complain(
            t, at,
            "more than %u values, lists and mappings%s: a molecule may have no more",
            YAML_MOST_NODES, t->most_nodes < YAML_MOST_NODES ? " in all its files" : "");
        t->stop = 1;
        return NULL;
    }
    t->nodes++;
    struct yaml_node *n = arena_get(&t->y->arena, sizeof *n);
    if (!n) {
        tree_out_of_memory(t);
        return NULL;
    }
    n->kind = kind;
    n->line = (uint32_t)at->line + 1;
    n->col = (uint32_t)at->column + 1;
    n->text = "";
    return n;
}

/* A mapping's next key, or the end of what a bad key brought with it. */
static void place_key(struct tree *t, struct level *l, struct yaml_node *n)
{
    l->value_next = 1;
    l->key = n->kind == YAML_TEXT && !n->refused ? n : NULL;
    if (n->kind != YAML_TEXT)
        conf_error(t->errors, t->file, n->line, n->col,
                   "a key must be one word, not a %s: quote it if it is text",
                   n->kind == YAML_LIST ? "list" : "mapping");
}

void tree_place(struct tree *t, struct yaml_node *n)
{
    struct level *l = t->depth ? &t->level[t->depth - 1] : NULL;

    if (!l) {
        t->y->root = n;
        return;
    }
    if (l->node->kind == YAML_MAP && !l->value_next) {
        place_key(t, l, n);
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

void tree_open(struct tree *t, struct yaml_node *n)
{
    assert(t->depth < YAML_MOST_DEPTH); /* tree_node has seen to it */
    tree_place(t, n);
    t->level[t->depth++] = (struct level){ .node = n, .end = &n->child };
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
static void find_twins(struct tree *t, struct yaml_node *map)
{
    struct yaml_node **sorted;
    const struct yaml_node *first;
    char shown[SHOWN];
    uint32_t n = map->n, i = 0;

    if (n < 2)
        return;
    sorted = calloc(n, sizeof *sorted);
    if (!sorted) {
        tree_out_of_memory(t);
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
        conf_error(t->errors, t->file, sorted[i]->key_line, sorted[i]->key_col,
                   "`%s` stands here a second time, first in line %u: remove one",
                   value_show(first->key, shown, sizeof shown), first->key_line);
        sorted[i]->key = NULL;
    }
    free(sorted);
    drop_twins(map);
}

void tree_close(struct tree *t)
{
    struct yaml_node *n = t->level[--t->depth].node;

    assert(n); /* never on the stack without its node */
    if (n->kind == YAML_MAP)
        find_twins(t, n);
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
