#include "bench/session_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE " \t\r\n"

void lexicon_free(struct lexicon *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        free(l->word[i]);
    free(l->word);
    *l = (struct lexicon){ 0 };
}

void session_set_free(struct session_set *s)
{
    free(s->first);
    free(s->word);
    *s = (struct session_set){ 0 };
}

size_t session_set_length(const struct session_set *s, uint32_t i)
{
    return s->first[i + 1] - s->first[i] - 1;
}

/* 0, or -1: memory is short. */
static int enter(struct lexicon *l, const char *word)
{
    if (l->n == l->cap) {
        uint32_t cap = l->cap ? 2 * l->cap : 64;
        char **more = realloc(l->word, cap * sizeof *more);
        if (!more)
            return -1;
        l->word = more;
        l->cap = cap;
    }
    l->word[l->n] = strdup(word);
    return l->word[l->n++] ? 0 : -1;
}

/* Its number to *out. 0, or -1: there is no room for another. */
static int look_up(struct lexicon *l, const char *word, uint16_t *out)
{
    uint32_t i = 0;

    while (i < l->n && strcmp(l->word[i], word) != 0)
        i++;
    if (i == l->n && (l->n == SESSION_WORDS || enter(l, word)))
        return -1;
    *out = (uint16_t)(i + 1);
    return 0;
}

/* What fits, and what is there. */
struct room {
    size_t words, sessions, used;
};

static int put_word(struct session_set *s, struct room *room, uint16_t word)
{
    if (room->used == room->words) {
        size_t cap = room->words ? 2 * room->words : 4096;
        uint16_t *more = realloc(s->word, cap * sizeof *more);
        if (!more)
            return -1;
        s->word = more;
        room->words = cap;
    }
    s->word[room->used++] = word;
    return 0;
}

/* An edge, behind which the next session begins. */
static int put_edge(struct session_set *s, struct room *room, uint32_t next)
{
    if (next == room->sessions) {
        size_t cap = room->sessions ? 2 * room->sessions : 1024;
        size_t *more = realloc(s->first, cap * sizeof *more);
        if (!more)
            return -1;
        s->first = more;
        room->sessions = cap;
    }
    if (put_word(s, room, SESSION_EDGE))
        return -1;
    s->first[next] = room->used;
    return 0;
}

static int read_session(struct session_set *s, struct room *room, struct lexicon *l,
                        char *line)
{
    char *rest;
    uint16_t number;

    for (char *word = strtok_r(line, SPACE, &rest); word;
         word = strtok_r(NULL, SPACE, &rest))
        if (look_up(l, word, &number) || put_word(s, room, number))
            return -1;
    return put_edge(s, room, ++s->n);
}

int session_set_read(struct session_set *s, const char *path, struct lexicon *l,
                     struct kiri_error *err)
{
    FILE *f = fopen(path, "r");
    struct room room = { 0 };
    char *line = NULL;
    size_t cap = 0;

    *s = (struct session_set){ 0 };
    if (!f)
        return kiri_fail(err, KIRI_NO_INPUT, "%s: %s", path, strerror(errno));
    int rc = put_edge(s, &room, 0);
    while (rc == 0 && getline(&line, &cap, f) > 0)
        if (line[strspn(line, SPACE)])
            rc = read_session(s, &room, l, line);
    if (rc)
        kiri_fail(err, KIRI_BAD_DATA,
                  "%s: memory is short, or more than %u different words", path,
                  SESSION_WORDS);
    else if (!s->n)
        rc = kiri_fail(err, KIRI_BAD_DATA, "%s has no session", path);
    free(line);
    fclose(f);
    if (rc)
        session_set_free(s);
    return rc;
}
