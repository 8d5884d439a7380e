/*
 * From columns to a schema.
 */
#include "detect/plan.h"

#include "base/value.h"
#include "detect/plan_time.h"
#include "detect/times.h"
#include "load/plugin.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_MOST 32u

/* What a column's values in the sample are. */
struct look {
    uint32_t filled;            /* not empty                        */
    uint32_t values, numbers;   /* neither missing nor infinite     */
    uint32_t missing;           /* rows without a number            */
    char *word[PLAN_WORDS + 1]; /* distinct, in order of appearance */
    uint32_t n_words;           /* PLAN_WORDS + 1: more             */
};

void plan_free(struct plan *p)
{
    for (uint32_t i = 0; i < KIRI_MAX_FIELDS; i++) {
        free(p->column[i]);
        free(p->name[i]);
        for (char **w = p->words[i]; w && *w; w++)
            free(*w);
        free(p->words[i]);
    }
    free(p->time);
    plugin_schema_free(p->given);
    buf_free(&p->remarks);
    *p = (struct plan){ 0 };
}

uint32_t plan_word(const struct cell *cell, char out[PLAN_WORD + 1])
{
    const char *text = cell->text ? cell->text : "";
    uint32_t len = cell->text ? cell->len : 0, n = 0;

    for (; len && isspace((unsigned char)*text); len--)
        text++;
    while (len && isspace((unsigned char)text[len - 1]))
        len--;
    for (; n < len && n < PLAN_WORD; n++) {
        unsigned char c = (unsigned char)text[n];
        out[n] = c < 0x20 || c == 0x7f ? '?' : text[n];
    }
    out[n] = '\0';
    return n;
}

/* ---- one column ------------------------------------------------------------------ */

static int look_at_word(struct look *l, const struct cell *cell)
{
    char word[PLAN_WORD + 1];

    if (l->n_words > PLAN_WORDS || !plan_word(cell, word))
        return 0;
    for (uint32_t i = 0; i < l->n_words; i++)
        if (strcmp(l->word[i], word) == 0)
            return 0;
    if (l->n_words < PLAN_WORDS && !(l->word[l->n_words] = strdup(word)))
        return -1;
    l->n_words++;
    return 0;
}

static int look_at(struct look *l, const struct sample *sample, uint32_t column)
{
    double x;

    *l = (struct look){ 0 };
    for (uint32_t i = 0; i < sample->n; i++) {
        const struct record *row = sample->row[i];
        const struct cell *cell = column < row->n ? &row->cell[column] : NULL;
        if (!cell || !cell->text || !cell->len) {
            l->missing++;
            continue;
        }
        int kind = times_number(cell->text, cell->len, &x);
        l->filled++;
        l->values += kind <= 0;
        l->numbers += kind == 0;
        l->missing += kind != 0;
        if (look_at_word(l, cell))
            return -1;
    }
    return 0;
}

static void forget(struct look *l)
{
    for (uint32_t i = 0; i < l->n_words && i < PLAN_WORDS; i++)
        free(l->word[i]);
    *l = (struct look){ 0 };
}

/* [a-z][a-z0-9_]*, unique in the plan. */
static char *field_name(const struct plan *p, uint32_t n, const char *column)
{
    char name[NAME_MOST + 16];
    size_t len = 0;

    if (!isalpha((unsigned char)*column) || (unsigned char)*column > 0x7e)
        name[len++] = 'c';
    for (const char *c = column; *c && len < NAME_MOST - 4; c++) {
        int plain = (unsigned char)*c < 0x7f && isalnum((unsigned char)*c);
        name[len++] = plain ? (char)tolower((unsigned char)*c) : '_';
    }
    name[len] = '\0';
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(p->name[i], name) == 0) {
            snprintf(name + len, sizeof name - len, "_%u", n);
            break;
        }
    }
    return strdup(name);
}

/* A choice has two words at least. */
static int take_words(struct plan *p, uint32_t i, struct look *l)
{
    p->words[i] = calloc(l->n_words + 2u, sizeof *p->words[i]);
    if (!p->words[i])
        return -1;
    memcpy(p->words[i], l->word, l->n_words * sizeof *l->word);
    p->field[i].choices = (const char *const *)p->words[i];
    uint32_t n = l->n_words;
    l->n_words = 0; /* they are the plan's now */
    if (n > 1)
        return 0;
    p->words[i][1] = strdup(strcmp(p->words[i][0], "other") != 0 ? "other" : "others");
    return p->words[i][1] ? 0 : -1;
}

static int is_number(const struct look *l)
{
    return l->numbers && l->numbers * 2 >= l->values;
}

static int is_choice(const struct look *l)
{
    return l->n_words && l->n_words <= PLAN_WORDS && l->n_words * 2 <= l->filled;
}

static int add_field(struct plan *p, const char *column, struct look *l,
                     const struct sample *sample)
{
    uint32_t i = p->made.n_fields;

    p->column[i] = strdup(column);
    p->name[i] = field_name(p, i, column);
    p->made.n_fields++;
    if (!p->column[i] || !p->name[i])
        return -1;
    p->field[i] = (struct kiri_field){ .name = p->name[i] };
    if (l->n_words == 1 && sample->n > 1)
        buf_putf(&p->remarks, "column %s is the same in each row of the warm-up\n",
                 p->name[i]);
    if (!is_number(l)) {
        p->field[i].kind = KIRI_CHOICE;
        return take_words(p, i, l);
    }
    p->field[i].kind = KIRI_NUMBER;
    p->field[i].scale = KIRI_LEARNED;
    if (!l->missing)
        p->field[i].flags = KIRI_ALWAYS;
    return 0;
}

/* ---- all ------------------------------------------------------------------------- */

static void leave_out(struct plan *p, const char *column, const char *why)
{
    char shown[64];

    buf_putf(&p->remarks, "column %s is left out: %s\n",
             value_show(column, shown, sizeof shown), why);
}

static int infer_column(struct plan *p, const char *column, uint32_t at,
                        const struct sample *sample)
{
    struct look l;
    int rc = look_at(&l, sample, at);

    if (rc == 0 && p->made.n_fields == KIRI_MAX_FIELDS)
        leave_out(p, column, "there are 64 columns before it");
    else if (rc == 0 && (is_number(&l) || is_choice(&l)))
        rc = add_field(p, column, &l, sample);
    else if (rc == 0)
        leave_out(p, column,
                  l.filled ? "it has neither numbers nor a few words that come again"
                           : "it has no value in the warm-up");
    forget(&l);
    return rc;
}

static int infer(struct plan *p, struct source *s, const struct sample *sample,
                 const char *without, struct kiri_error *err)
{
    p->made = (struct kiri_schema){ .size = sizeof p->made, .fields = p->field };
    for (uint32_t i = 0; i < source_columns(s); i++) {
        const char *column = source_column(s, i);
        if ((p->time && strcmp(column, p->time) == 0) ||
            (without && strcmp(column, without) == 0))
            continue;
        if (infer_column(p, column, i, sample))
            return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    }
    /* One number is always there; of several, one may be missing alone. */
    for (uint32_t i = 0; i < p->made.n_fields && p->made.n_fields > 1; i++)
        p->field[i].flags = 0;
    p->schema = &p->made;
    if (p->made.n_fields)
        return 0;
    return kiri_fail(err, KIRI_BAD_DATA,
                     "%s: no column has numbers or a few words that come again%s",
                     source_name(s),
                     p->time ? " (the times are not scored)" : ": is this its --format?");
}

/* A schema of the user's: each field is the column of its name, whatever the case. */
static int match(struct plan *p, struct source *s, struct kiri_error *err)
{
    for (uint32_t f = 0; f < p->given->n_fields; f++) {
        const struct kiri_field *field = &p->given->fields[f];
        if (field->kind == KIRI_HOUR || field->kind == KIRI_WEEKDAY)
            continue;
        for (uint32_t i = 0; i < source_columns(s) && !p->column[f]; i++)
            if (strcasecmp(source_column(s, i), field->name) == 0 &&
                !(p->column[f] = strdup(source_column(s, i))))
                return kiri_fail(err, KIRI_INTERNAL, "memory is short");
        if (!p->column[f])
            return kiri_fail(err, KIRI_BAD_DATA,
                             "%s has no column for the schema's field %s", source_name(s),
                             field->name);
    }
    p->schema = p->given;
    if (p->given->period_ms)
        p->period_ms = p->given->period_ms;
    return 0;
}

static int text_plan(struct plan *p, struct kiri_error *err)
{
    p->field[0] = (struct kiri_field){
        .name = "text", .kind = KIRI_TEXT, .flags = KIRI_ALWAYS, .max_len = KIRI_MAX_LEN
    };
    p->made =
        (struct kiri_schema){ .size = sizeof p->made, .n_fields = 1, .fields = p->field };
    p->schema = &p->made;
    p->column[0] = strdup("text");
    return p->column[0] ? 0 : kiri_fail(err, KIRI_INTERNAL, "memory is short");
}

int plan_make(struct plan *p, struct source *s, const struct sample *sample,
              struct plan_wish wish, struct kiri_error *err)
{
    char why[256];

    p->given = wish.schema;
    if (wish.format == SOURCE_LINES)
        return text_plan(p, err);
    if (plan_time(p, s, sample, wish.time, err) ||
        (p->given ? match(p, s, err) : infer(p, s, sample, wish.without, err)))
        return -1;
    if (kiri_schema_check(p->schema, why, sizeof why))
        return kiri_fail(err, KIRI_BAD_DATA, "%s: %s", source_name(s), why);
    return buf_failed(&p->remarks) ? kiri_fail(err, KIRI_INTERNAL, "memory is short") : 0;
}

static int bind(struct source *s, const char *column, int64_t *at, struct kiri_error *err)
{
    char shown[64];

    *at = column ? source_find(s, column) : -1;
    if (*at >= 0 || !column)
        return 0;
    return kiri_fail(err, KIRI_BAD_DATA, "%s has no column %s, from which it was learned",
                     source_name(s), value_show(column, shown, sizeof shown));
}

int plan_bind(const struct plan *p, struct source *s, struct binding *out,
              struct kiri_error *err)
{
    for (uint32_t i = 0; i < p->schema->n_fields; i++)
        if (bind(s, p->column[i], &out->at[i], err))
            return -1;
    return bind(s, p->time, &out->time, err);
}
