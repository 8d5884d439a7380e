#include "bench/chart.h"

#include <math.h>
#include <stdio.h>

#define ACROSS 3u
#define CELL_W 300.0
#define CELL_H 270.0
#define LEFT   52.0 /* of a cell, before the square in which lines are drawn */
#define TOP    40.0
#define SIDE_W 226.0
#define SIDE_H 168.0
#define HEAD   64.0
#define FOOT   14.0

static const char style[] =
    "<style>\n"
    "text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, "
    "sans-serif; fill: #24292f; }\n"
    ".title { font-size: 17px; font-weight: 600; }\n"
    ".head { font-weight: 600; }\n"
    ".small { fill: #57606a; font-size: 11px; }\n"
    ".paper { fill: #ffffff; }\n"
    ".frame { fill: none; stroke: #8c959f; }\n"
    ".grid { stroke: #d0d7de; stroke-width: 1; fill: none; }\n"
    ".l0 { stroke: #0969da; } .l1 { stroke: #bc4c00; }\n"
    ".m0 { fill: #0969da; } .m1 { fill: #bc4c00; }\n"
    "path { fill: none; stroke-width: 2; }\n"
    ".dashed { stroke-width: 1.5; stroke-dasharray: 4 4; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "text { fill: #e6edf3; }\n"
    ".small { fill: #9198a1; }\n"
    ".paper { fill: #0d1117; }\n"
    ".grid { stroke: #30363d; }\n"
    ".l0 { stroke: #58a6ff; } .l1 { stroke: #ffa657; }\n"
    ".m0 { fill: #58a6ff; } .m1 { fill: #ffa657; }\n"
    "}\n"
    "</style>\n";

/* A chart in its place. */
struct place {
    const struct chart *c;
    double x, y;        /* of the square's upper left corner */
    double least, most; /* of the y axis */
};

static struct place place_of(const struct chart *c, size_t i)
{
    const size_t row = i / ACROSS, column = i % ACROSS;
    struct place p = { c, LEFT + CELL_W * (double)column,
                       HEAD + TOP + CELL_H * (double)row, INFINITY, 0 };

    for (size_t k = 0; k < CHART_LINES; k++)
        for (size_t j = 0; c->y[k] && j < c->n; j++) {
            p.least = fmin(p.least, c->y[k][j]);
            p.most = fmax(p.most, c->y[k][j]);
        }
    p.least *= .8;
    p.most *= 1.25;
    return p;
}

static double across(const struct place *p, double x)
{
    const double from = log(p->c->x[0]), to = log(p->c->x[p->c->n - 1]);

    return p->x + 12 + (SIDE_W - 24) * (log(x) - from) / (to - from);
}

static double down(const struct place *p, double y)
{
    return p->y + SIDE_H * (1 - log(y / p->least) / log(p->most / p->least));
}

static void text(FILE *f, const char *class, const char *anchor, double x, double y,
                 const char *words)
{
    fprintf(f, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
            class, anchor, x, y, words);
}

static void line(FILE *f, const char *class, double x0, double y0, double x1, double y1)
{
    fprintf(f, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            class, x0, y0, x1, y1);
}

static void draw_tick(FILE *f, const struct place *p, double value)
{
    char words[32];

    if (value < p->least || value > p->most)
        return;
    snprintf(words, sizeof words, "%g", value);
    line(f, "grid", p->x, down(p, value), p->x + SIDE_W, down(p, value));
    text(f, "small", "end", p->x - 6, down(p, value) + 4, words);
}

static void draw_axes(FILE *f, const struct place *p)
{
    const int wide = p->most / p->least > 300; /* decades only, or 1, 2, 5 */
    char words[32];

    for (int power = -4; power <= 6; power++) {
        const double decade = pow(10, power);
        draw_tick(f, p, decade);
        if (wide)
            continue;
        draw_tick(f, p, 2 * decade);
        draw_tick(f, p, 5 * decade);
    }
    for (size_t i = 0; i < p->c->n; i++) {
        const double x = across(p, p->c->x[i]);
        snprintf(words, sizeof words, "%g", p->c->x[i]);
        line(f, "grid", x, p->y, x, p->y + SIDE_H);
        text(f, "small", "middle", x, p->y + SIDE_H + 15, words);
    }
    fprintf(f,
            "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
            "height=\"%.1f\"/>\n",
            p->x, p->y, SIDE_W, SIDE_H);
    text(f, "head", "start", p->x, p->y - 22, p->c->title);
    text(f, "small", "start", p->x, p->y - 7, p->c->unit);
}

/* A circle or a square: colour is not all that tells two lines apart. */
static void draw_mark(FILE *f, size_t k, double x, double y)
{
    if (k % 2 == 0)
        fprintf(f, "<circle class=\"m0\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", x, y);
    else
        fprintf(f,
                "<rect class=\"m1\" x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\"/>\n",
                x - 3.5, y - 3.5);
}

static void draw_line(FILE *f, const struct place *p, size_t k)
{
    const double *y = p->c->y[k];

    fprintf(f, "<path class=\"l%zu%s\" d=\"", k % 2, k < 2 ? "" : " dashed");
    for (size_t i = 0; i < p->c->n; i++)
        fprintf(f, "%c%.1f %.1f ", i ? 'L' : 'M', across(p, p->c->x[i]), down(p, y[i]));
    fputs("\"/>\n", f);
    for (size_t i = 0; k < 2 && i < p->c->n; i++)
        draw_mark(f, k, across(p, p->c->x[i]), down(p, y[i]));
}

/* Below the chart, one entry of each line that has a name. */
static void draw_legend(FILE *f, const struct place *p)
{
    double x = p->x;

    for (size_t k = 0; k < CHART_LINES; k++) {
        const double y = p->y + SIDE_H + 36;
        if (!p->c->y[k] || !p->c->name[k])
            continue;
        fprintf(f, "<path class=\"l%zu%s\" d=\"M%.1f %.1f h22\"/>\n", k % 2,
                k < 2 ? "" : " dashed", x, y - 4);
        if (k < 2)
            draw_mark(f, k, x + 11, y - 4);
        text(f, "small", "start", x + 27, y, p->c->name[k]);
        x += 76;
    }
}

static void draw(FILE *f, const char *title, const char *subtitle, const struct chart *c,
                 size_t n)
{
    const size_t rows = (n + ACROSS - 1) / ACROSS;
    const double width = CELL_W * ACROSS + 6;
    const double height = HEAD + CELL_H * (double)rows + FOOT;

    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
            "width=\"%.0f\" height=\"%.0f\" role=\"img\">\n<title>%s</title>\n",
            width, height, width, height, title);
    fputs(style, f);
    fprintf(f, "<rect class=\"paper\" width=\"%.0f\" height=\"%.0f\"/>\n", width, height);
    text(f, "title", "start", LEFT, 28, title);
    text(f, "small", "start", LEFT, 48, subtitle);
    for (size_t i = 0; i < n; i++) {
        const struct place p = place_of(&c[i], i);
        draw_axes(f, &p);
        for (size_t k = CHART_LINES; k-- > 0;)
            if (c[i].y[k])
                draw_line(f, &p, k);
        draw_legend(f, &p);
    }
    fputs("</svg>\n", f);
}

int chart_write(const char *path, const char *title, const char *subtitle,
                const struct chart *c, size_t n)
{
    FILE *f = fopen(path, "w");

    if (!f)
        return -1;
    draw(f, title, subtitle, c, n);
    const int failed = ferror(f);
    return fclose(f) || failed ? -1 : 0;
}
