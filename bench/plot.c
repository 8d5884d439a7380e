/*
 * The marks of a group are spread along the diagonal, so that none hides another: how far
 * each is from the line, which is what counts, stays true.
 */
#include "bench/plot.h"

#include <math.h>
#include <stdio.h>

#define WIDTH  800
#define HEIGHT 620
#define LEFT   76.0
#define TOP    76.0
#define SIDE   476.0 /* of the square in which the marks are */
#define LEAST  1.5   /* alarms, on both axes */
#define MOST   2000.0
#define SPREAD 0.2 /* decades to either side */
#define LOOKS  10u
#define RADIUS 5.0

static const char style[] =
    "<style>\n"
    "text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, "
    "sans-serif; fill: #24292f; }\n"
    ".title { font-size: 17px; font-weight: 600; }\n"
    ".small { fill: #57606a; font-size: 12px; }\n"
    ".pooled-text { font-weight: 600; stroke: #ffffff; stroke-width: 4; "
    "paint-order: stroke; }\n"
    ".paper { fill: #ffffff; }\n"
    ".frame { fill: none; stroke: #8c959f; }\n"
    ".grid { stroke: #d0d7de; stroke-width: 1; fill: none; }\n"
    ".band { fill: #2da44e; fill-opacity: .13; }\n"
    ".four { stroke: #8c959f; stroke-dasharray: 2 5; fill: none; }\n"
    ".ideal { stroke: #2da44e; stroke-width: 1.5; fill: none; }\n"
    ".pooled { stroke: #24292f; stroke-width: 1.5; fill: none; }\n"
    ".ring { stroke: #24292f; stroke-width: 2; fill: none; }\n"
    ".s0 { fill: #0969da; } .s1 { fill: #cf222e; } .s2 { fill: #bf8700; }\n"
    ".s3 { fill: #8250df; } .s4 { fill: #1b7c83; } .s5 { fill: #bc4c00; }\n"
    ".s6 { fill: #d6409f; } .s7 { fill: #4d7c0f; } .s8 { fill: #6e7781; }\n"
    ".s9 { fill: #7a4a21; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "text { fill: #e6edf3; }\n"
    ".small { fill: #9198a1; }\n"
    ".paper { fill: #0d1117; }\n"
    ".grid { stroke: #30363d; }\n"
    ".band { fill: #3fb950; fill-opacity: .18; }\n"
    ".ideal { stroke: #3fb950; }\n"
    ".pooled { stroke: #f0f6fc; }\n"
    ".pooled-text { stroke: #0d1117; }\n"
    ".ring { stroke: #f0f6fc; }\n"
    ".s0 { fill: #58a6ff; } .s1 { fill: #ff7b72; } .s2 { fill: #e3b341; }\n"
    ".s3 { fill: #bc8cff; } .s4 { fill: #39c5cf; } .s5 { fill: #ffa657; }\n"
    ".s6 { fill: #ff80c8; } .s7 { fill: #a3d65c; } .s8 { fill: #b1bac4; }\n"
    ".s9 { fill: #d2a679; }\n"
    "}\n"
    "</style>\n";

/* Parts of the square's side, 0..1. */
static double share(double alarms)
{
    double x = log10(alarms < LEAST ? LEAST : alarms > MOST ? MOST : alarms);

    return (x - log10(LEAST)) / (log10(MOST) - log10(LEAST));
}

static double across(double alarms)
{
    return LEFT + SIDE * share(alarms);
}

static double down(double alarms)
{
    return TOP + SIDE * (1 - share(alarms));
}

static void line(FILE *f, const char *class, double x0, double y0, double x1, double y1)
{
    fprintf(f, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            class, x0, y0, x1, y1);
}

static void text(FILE *f, const char *class, const char *anchor, double x, double y,
                 const char *words)
{
    fprintf(f, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
            class, anchor, x, y, words);
}

/* The line seen = factor * promised, as far as it is inside. */
static void factor_line(FILE *f, const char *class, double factor)
{
    double from = factor < 1 ? LEAST / factor : LEAST;
    double to = factor < 1 ? MOST : MOST / factor;

    line(f, class, across(from), down(from * factor), across(to), down(to * factor));
}

static void draw_band(FILE *f)
{
    fprintf(f,
            "<path class=\"band\" d=\"M%.1f %.1f L%.1f %.1f L%.1f %.1f L%.1f %.1f "
            "L%.1f %.1f L%.1f %.1f Z\"/>\n",
            across(LEAST), down(LEAST), across(LEAST), down(2 * LEAST), across(MOST / 2),
            down(MOST), across(MOST), down(MOST), across(MOST), down(MOST / 2),
            across(2 * LEAST), down(LEAST));
    factor_line(f, "ideal", 1);
    factor_line(f, "four", 4);
    factor_line(f, "four", .25);
}

static void draw_axes(FILE *f, const struct plot *p)
{
    static const char *const ticks[] = { "2",   "5",   "10",  "20",   "50",
                                         "100", "200", "500", "1000", "2000" };
    static const double at[] = { 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000 };

    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        line(f, "grid", LEFT, down(at[i]), LEFT + SIDE, down(at[i]));
        line(f, "grid", across(at[i]), TOP, across(at[i]), TOP + SIDE);
        text(f, "small", "end", LEFT - 8, down(at[i]) + 4, ticks[i]);
        text(f, "small", "middle", across(at[i]), TOP + SIDE + 18, ticks[i]);
    }
    fprintf(f,
            "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
            "height=\"%.1f\"/>\n",
            LEFT, TOP, SIDE, SIDE);
    for (size_t k = 0; k < p->n_groups; k++)
        text(f, "", "middle", across(p->pooled[k].promised), TOP - 8, p->group[k]);
    text(f, "", "middle", LEFT + SIDE / 2, TOP + SIDE + 42, "alarms promised");
    fprintf(f,
            "<text text-anchor=\"middle\" transform=\"translate(22 %.1f) "
            "rotate(-90)\">alarms seen</text>\n",
            TOP + SIDE / 2);
}

/* Five shapes in ten colours: colour is never all that tells two apart side by side. */
static void shape(FILE *f, size_t look, double x, double y)
{
    const double r = RADIUS;

    fprintf(f, "<g class=\"s%zu\" transform=\"translate(%.1f %.1f)\">", look % LOOKS, x,
            y);
    switch (look % 5) {
    case 0: fprintf(f, "<circle r=\"%g\"/>", r); break;
    case 1:
        fprintf(f, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>", -.9 * r,
                -.9 * r, 1.8 * r, 1.8 * r);
        break;
    case 2:
        fprintf(f, "<path d=\"M0 %g L%g 0 L0 %g L%g 0 Z\"/>", -1.25 * r, 1.25 * r,
                1.25 * r, -1.25 * r);
        break;
    case 3:
        fprintf(f, "<path d=\"M0 %g L%g %g L%g %g Z\"/>", -1.2 * r, 1.15 * r, r,
                -1.15 * r, r);
        break;
    default:
        fprintf(f, "<path d=\"M0 %g L%g %g L%g %g Z\"/>", 1.2 * r, 1.15 * r, -r,
                -1.15 * r, -r);
    }
    fputs("</g>\n", f);
}

static void draw_marks(FILE *f, const struct plot *p)
{
    for (size_t k = 0; k < p->n_groups; k++)
        for (size_t i = 0; i < p->n_series; i++) {
            const struct plot_mark *m = &p->mark[k * p->n_series + i];
            double place =
                p->n_series > 1 ? 2.0 * (double)i / ((double)p->n_series - 1) - 1 : 0;
            double along = pow(10, SPREAD * place);
            shape(f, i, across(m->promised * along), down(m->seen * along));
        }
}

static void draw_pooled(FILE *f, const struct plot *p)
{
    char words[64];

    fputs("<path class=\"pooled\" d=\"", f);
    for (size_t k = 0; k < p->n_groups; k++)
        fprintf(f, "%c%.1f %.1f ", k ? 'L' : 'M', across(p->pooled[k].promised),
                down(p->pooled[k].seen));
    fputs("\"/>\n", f);
    for (size_t k = 0; k < p->n_groups; k++) {
        const struct plot_mark *m = &p->pooled[k];
        double x = across(m->promised), y = down(m->seen);
        fprintf(f, "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"8\"/>\n", x, y);
        snprintf(words, sizeof words, "×%.2f", m->seen / m->promised);
        text(f, "pooled-text", "start", x + 22, y + 42, words);
    }
}

static void draw_legend(FILE *f, const struct plot *p)
{
    const double x = LEFT + SIDE + 34;
    double y = TOP + 10;

    for (size_t i = 0; i < p->n_series; i++, y += 24) {
        shape(f, i, x, y);
        text(f, "", "start", x + 16, y + 4, p->series[i]);
    }
    y += 10;
    line(f, "pooled", x - 12, y, x + 12, y);
    fprintf(f, "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"8\"/>\n", x, y);
    text(f, "", "start", x + 22, y + 4, "all together");
    y += 26;
    line(f, "ideal", x - 12, y, x + 12, y);
    text(f, "", "start", x + 22, y + 4, "as promised");
    y += 26;
    fprintf(f,
            "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"24\" height=\"14\"/>\n",
            x - 12, y - 7);
    text(f, "", "start", x + 22, y + 4, "half to twice of it");
    y += 26;
    line(f, "four", x - 12, y, x + 12, y);
    text(f, "", "start", x + 22, y + 4, "a quarter, four times");
}

static void draw(FILE *f, const struct plot *p)
{
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "width=\"%d\" height=\"%d\" role=\"img\">\n"
            "<title>False alarms seen against promised</title>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    fputs(style, f);
    fprintf(f, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", WIDTH, HEIGHT);
    text(f, "title", "start", LEFT, 28, "False alarms: seen against promised");
    text(f, "small", "start", LEFT, 47, p->subtitle);
    draw_axes(f, p);
    draw_band(f);
    draw_pooled(f, p);
    draw_marks(f, p);
    draw_legend(f, p);
    fputs("</svg>\n", f);
}

int plot_write(const char *path, const struct plot *p)
{
    FILE *f = fopen(path, "w");

    if (!f)
        return -1;
    draw(f, p);
    int failed = ferror(f);
    return fclose(f) || failed ? -1 : 0;
}
