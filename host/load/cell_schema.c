/* cell_schema.c - what an atom is and what it sees, as members of a frame. */
#include "load/cell_wire.h"

#include <stdlib.h>
#include <string.h>

#define NO_CHOICES UINT32_MAX

/* ---- a schema ---------------------------------------------------------------------- */

/* Other kinds' choices are not looked at by anybody. */
static const char *const *choices_of(const struct kiri_field *f)
{
    return f->kind == KIRI_CHOICE ? f->choices : NULL;
}

static void put_field(struct buf *out, const struct kiri_field *f)
{
    const char *const *choices = choices_of(f);
    uint32_t n = 0;

    cell_string(out, f->name);
    cell_string(out, f->symbol);
    cell_string(out, f->unit);
    cell_string(out, f->help);
    cell_u32(out, f->kind);
    cell_u32(out, f->flags);
    cell_u32(out, f->scale);
    cell_u32(out, f->buckets);
    cell_num(out, f->lo);
    cell_num(out, f->hi);
    cell_u32(out, f->max_len);
    while (choices && choices[n])
        n++;
    cell_u32(out, choices ? n : NO_CHOICES);
    for (uint32_t i = 0; choices && i < n; i++)
        cell_string(out, choices[i]);
}

void cell_put_schema(struct buf *out, const struct kiri_schema *s)
{
    cell_u32(out, s->n_fields);
    cell_u32(out, s->period_ms);
    cell_u32(out, s->context);
    cell_u32(out, s->aggregate);
    for (uint32_t i = 0; i < s->n_fields; i++)
        put_field(out, &s->fields[i]);
}

/* Where the next text and the next list of choices go. */
struct room {
    char *texts;
    const char **lists;
};

/* A frame has four bytes more for each text than the text: room for its NUL. */
static const char *take_text(struct cell_frame *f, struct room *room)
{
    uint32_t len;
    const char *from = cell_take_text(f, &len);
    char *text = room->texts;

    if (!from)
        return NULL;
    if (memchr(from, '\0', len)) {
        f->bad = 1;
        return NULL;
    }
    memcpy(text, from, len);
    text[len] = '\0';
    room->texts += len + 1;
    return text;
}

static void take_choices(struct cell_frame *f, struct kiri_field *field,
                         struct room *room)
{
    uint32_t n = cell_take_u32(f);

    if (f->bad || n == NO_CHOICES)
        return;
    if (n > f->left / sizeof(uint32_t)) {
        f->bad = 1;
        return;
    }
    field->choices = room->lists;
    for (uint32_t i = 0; i < n && !f->bad; i++)
        *room->lists++ = take_text(f, room);
    *room->lists++ = NULL;
}

static void take_field(struct cell_frame *f, struct kiri_field *field, struct room *room)
{
    field->name = take_text(f, room);
    field->symbol = take_text(f, room);
    field->unit = take_text(f, room);
    field->help = take_text(f, room);
    field->kind = cell_take_u32(f);
    field->flags = cell_take_u32(f);
    field->scale = cell_take_u32(f);
    field->buckets = cell_take_u32(f);
    field->lo = cell_take_num(f);
    field->hi = cell_take_num(f);
    field->max_len = cell_take_u32(f);
    take_choices(f, field, room);
}

/* schema | fields | lists of choices | texts */
struct kiri_schema *cell_take_schema(struct cell_frame *f)
{
    struct block {
        struct kiri_schema schema;
        struct kiri_field fields[];
    } * b;
    uint32_t n = cell_take_u32(f);
    size_t lists = f->left / sizeof(uint32_t) + KIRI_MAX_FIELDS;

    if (f->bad || n < 1 || n > KIRI_MAX_FIELDS)
        return NULL;
    b = calloc(1, sizeof *b + n * sizeof *b->fields + lists * sizeof(char *) + f->left);
    if (!b)
        return NULL;
    struct room room = { .lists = (const char **)&b->fields[n] };
    room.texts = (char *)(room.lists + lists);
    b->schema = (struct kiri_schema){ .size = sizeof b->schema,
                                      .n_fields = n,
                                      .fields = b->fields,
                                      .period_ms = cell_take_u32(f),
                                      .context = cell_take_u32(f),
                                      .aggregate = cell_take_u32(f) };
    for (uint32_t i = 0; i < n && !f->bad; i++)
        take_field(f, &b->fields[i], &room);
    if (!cell_all_read(f)) {
        free(b);
        return NULL;
    }
    return &b->schema;
}

/* ---- a row ------------------------------------------------------------------------- */

static void put_value(struct buf *out, const struct kiri_field *f,
                      const union kiri_value *v)
{
    switch (f->kind) {
    case KIRI_NUMBER: cell_num(out, v->num); break;
    case KIRI_TEXT:
        cell_text(out, v->text.ptr,
                  v->text.len > f->max_len + 1 ? f->max_len + 1 : v->text.len);
        break;
    case KIRI_WORDS: break; /* no stream of this version takes such a schema */
    default: cell_u32(out, (uint32_t)v->choice); break;
    }
}

void cell_put_row(struct buf *out, const struct kiri_schema *s,
                  const struct kiri_obs *obs)
{
    cell_i64(out, obs->time_ms);
    cell_text(out, obs->label, obs->label ? strnlen(obs->label, CELL_MOST_LABEL - 1) : 0);
    for (uint32_t i = 0; i < s->n_fields; i++)
        put_value(out, &s->fields[i], &obs->v[i]);
}

static void take_value(struct cell_frame *f, const struct kiri_field *field,
                       union kiri_value *v)
{
    switch (field->kind) {
    case KIRI_NUMBER: v->num = cell_take_num(f); break;
    case KIRI_TEXT:
        v->text.ptr = cell_take_text(f, &v->text.len);
        if (v->text.len > field->max_len + 1)
            f->bad = 1;
        break;
    case KIRI_WORDS: break;
    default: v->choice = cell_take_i32(f); break;
    }
}

int cell_take_row(struct cell_frame *f, const struct kiri_schema *s, char *label,
                  struct kiri_obs *obs)
{
    obs->time_ms = cell_take_i64(f);
    obs->label = cell_take_string(f, label, CELL_MOST_LABEL);
    for (uint32_t i = 0; i < s->n_fields; i++)
        take_value(f, &s->fields[i], &obs->v[i]);
    return cell_all_read(f) ? 0 : -1;
}
