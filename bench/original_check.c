#include "bench/original_check.h"

#include <math.h>

/* Each field in the order of its language. */
const struct original_check original_pulse = {
    .normal = { 52, 55, 40, 12, 3.5, 1 },
    .strange = { 95, 90, 40, 80, 18, 1 },
    .together = { { 5, 62, 40, 14, 4.2, 1 }, { 52, 24, 40, 12, 3.5, 1 } },
    .has_together = 1,
};
const struct original_check original_drift = {
    .normal = { 1, 2, 0, 10, 1 },
    .strange = { 8, 0, 5, 15, 4 },
};

static void put(const struct kiri_schema *s, const double *x, const size_t *column,
                union kiri_value v[ORIGINAL_FIELDS])
{
    for (uint32_t i = 0; i < s->n_fields; i++) {
        double value = x[column ? column[i] : i];
        if (s->fields[i].kind == KIRI_NUMBER)
            v[i].num = value;
        else
            v[i].choice = (int32_t)value;
    }
}

void original_row(const struct original_life *life, size_t r,
                  union kiri_value v[ORIGINAL_FIELDS])
{
    put(life->schema, life->table.x + r * life->table.columns, life->column, v);
}

int original_life_read(struct original_life *life, const struct kiri_schema *schema,
                       const char *path, struct kiri_error *err)
{
    *life = (struct original_life){ .schema = schema };
    if (table_read(&life->table, path, err))
        return -1;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        life->column[i] = table_column(&life->table, schema->fields[i].symbol);
        if (life->column[i] == life->table.columns)
            return kiri_fail(err, KIRI_BAD_DATA, "%s: there is no column %s", path,
                             schema->fields[i].symbol);
    }
    return 0;
}

void original_life_free(struct original_life *life)
{
    table_free(&life->table);
}

/* Mean nats of one observation's scored tokens. */
static double surprise(const struct kiri_schema *s, const struct original_reader *reader,
                       const union kiri_value *v)
{
    struct kiri_token token[ORIGINAL_FIELDS];
    double nats[ORIGINAL_FIELDS], sum = 0, scored = 0;
    int n = kiri_tokenize(s, v, token, ORIGINAL_FIELDS, NULL);

    reader->read(reader->self, token, n, nats);
    for (int i = 0; i < n; i++) {
        int context = s->fields[token[i].field].flags & KIRI_CONTEXT;
        sum += context ? 0 : nats[i];
        scored += !context;
    }
    return sum / scored;
}

static double surprise_of(const struct original_life *life,
                          const struct original_reader *reader, const double *x)
{
    union kiri_value v[ORIGINAL_FIELDS] = { 0 };

    put(life->schema, x, NULL, v);
    return surprise(life->schema, reader, v);
}

void original_ask(const struct original_check *c, const struct original_life *life,
                  const struct original_reader *reader, struct original_outcome *out)
{
    double nats[2] = { 0 };

    out->normal = surprise_of(life, reader, c->normal);
    out->strange = surprise_of(life, reader, c->strange);
    out->ratio = out->strange / out->normal;
    for (int k = 0; k < 2 && c->has_together; k++)
        nats[k] = surprise_of(life, reader, c->together[k]);
    for (size_t r = 0; r < life->table.rows && c->has_together; r++) {
        union kiri_value v[ORIGINAL_FIELDS] = { 0 };
        original_row(life, r, v);
        double x = surprise(life->schema, reader, v);
        for (int k = 0; k < 2; k++)
            out->together[k] += (x < nats[k]) / (double)life->table.rows;
    }
}
