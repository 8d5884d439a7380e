/*
 * conf/tree.h - a tree while it grows, for yaml.c, which reads what it grows from. A
 * stack of open lists and mappings instead of recursion; its limits are those of yaml.h.
 */
#ifndef KIRI_CONF_TREE_H
#define KIRI_CONF_TREE_H

#include "conf/arena.h"
#include "conf/yaml.h"

#include <yaml.h>

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

struct tree {
    struct yaml *y;
    const char *file;
    struct conf_errors *errors;
    struct level level[YAML_MOST_DEPTH];
    unsigned depth;
    unsigned nodes, most_nodes;
    int stop; /* enough is wrong: read no further */
};

/* What is wrong, and where. */
void tree_complain(struct tree *t, const yaml_mark_t *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tree_out_of_memory(struct tree *t); /* said, and stop is set */

/* A node without a place. NULL: one too many, one too deep, or no memory; that is said,
 * and stop is set. */
struct yaml_node *tree_node(struct tree *t, enum yaml_kind kind, const yaml_mark_t *at);
/* Gives it its place: the next in the innermost list or mapping that is open. */
void tree_place(struct tree *t, struct yaml_node *n);
/* The same for a list or mapping, which has what comes next until it is closed. */
void tree_open(struct tree *t, struct yaml_node *n);
void tree_close(struct tree *t);

#endif
