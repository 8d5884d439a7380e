#include "bench/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CANNOT_WRITE 74

void figures_add(struct figures *f, const char *name, double value, const char *unit,
                 enum goal goal, double bound)
{
    if (f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 32;
        struct figure *all = realloc(f->all, cap * sizeof *all);
        if (!all) {
            f->failed = 1;
            return;
        }
        f->all = all;
        f->cap = cap;
    }
    struct figure *to = &f->all[f->n++];
    *to = (struct figure){ .value = value, .unit = unit, .goal = goal, .bound = bound };
    snprintf(to->name, sizeof to->name, "%s", name);
}

void figures_free(struct figures *f)
{
    free(f->all);
    *f = (struct figures){ 0 };
}

int figure_holds(const struct figure *f)
{
    switch (f->goal) {
    case GOAL_AT_LEAST: return f->value >= f->bound;
    case GOAL_AT_MOST: return f->value <= f->bound;
    case GOAL_WITHIN: return f->value <= f->bound && f->value >= 1 / f->bound;
    case GOAL_NONE: break;
    }
    return 1;
}

/* Four digits that count, and no exponent where people write none. */
static const char *number(double x, char out[32])
{
    snprintf(out, 32, fabs(x) >= 1000 ? "%.0f" : "%.4g", x);
    return out;
}

static const char *goal_of(const struct figure *f, char out[48])
{
    static const char *const sign[] = {
        [GOAL_AT_LEAST] = "≥ ", [GOAL_AT_MOST] = "≤ ", [GOAL_WITHIN] = "within ×"
    };
    char bound[32];

    out[0] = 0;
    if (f->goal != GOAL_NONE)
        snprintf(out, 48, "%s%s", sign[f->goal], number(f->bound, bound));
    return out;
}

static const char *verdict(const struct figure *f)
{
    return f->goal == GOAL_NONE ? "" : figure_holds(f) ? "holds" : "missed";
}

static void print_text(const struct figure *f, FILE *out)
{
    char value[32], goal[48];

    fprintf(out, "%-32s %10s %-8s", f->name, number(f->value, value), f->unit);
    if (f->goal != GOAL_NONE)
        fprintf(out, " %s: %s", goal_of(f, goal), verdict(f));
    fputc('\n', out);
}

static void print_markdown(const struct figure *f, FILE *out)
{
    char value[32], goal[48];

    fprintf(out, "| `%s` | %s | %s | %s | %s |\n", f->name, number(f->value, value),
            f->unit, goal_of(f, goal), verdict(f));
}

static void print_number(double x, FILE *out)
{
    if (isfinite(x))
        fprintf(out, "%.6g", x);
    else
        fputs("null", out);
}

static void print_json(const struct figure *f, FILE *out)
{
    fprintf(out, "{\"name\":\"%s\",\"value\":", f->name);
    print_number(f->value, out);
    fprintf(out, ",\"unit\":\"%s\",\"goal\":", f->unit);
    print_number(f->goal == GOAL_NONE ? NAN : f->bound, out);
    fprintf(out, ",\"holds\":%s}", figure_holds(f) ? "true" : "false");
}

int figures_print(const struct figures *f, enum figures_form form, FILE *out)
{
    if (form == FIGURES_JSON)
        fputs("[", out);
    if (form == FIGURES_MARKDOWN)
        fputs("| figure | value | unit | goal | |\n|---|--:|---|---|---|\n", out);
    for (size_t i = 0; i < f->n; i++) {
        if (form == FIGURES_JSON) {
            fputs(i ? ",\n " : "", out);
            print_json(&f->all[i], out);
        } else if (form == FIGURES_MARKDOWN)
            print_markdown(&f->all[i], out);
        else
            print_text(&f->all[i], out);
    }
    if (form == FIGURES_JSON)
        fputs("]\n", out);
    return fflush(out) || ferror(out) || f->failed ? CANNOT_WRITE : 0;
}
