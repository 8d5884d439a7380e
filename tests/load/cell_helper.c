/*
 * cell_helper.c - the executable that the tests of cells give to plugin_open_isolated:
 * `probe` and `cell` as kiri has them. Under a name that ends with -LIE its cells are
 * honest until they are asked for a row, and then say LIE (cell_lies).
 */
#include "load/cell.h"

#include "load/cell_wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct kiri_field field = { .name = "x", .kind = KIRI_TEXT, .max_len = 4 };
static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 1, .fields = &field, .period_ms = 100
};
static struct cell_link link_;
static struct buf out;

static void say(void)
{
    if (cell_send(&link_, &out, INT64_MAX))
        exit(1);
}

static void opened(uint32_t has_fd)
{
    cell_begin(&out, CELL_OPENED);
    cell_u32(&out, KIRI_OK);
    cell_string(&out, NULL);
    cell_u32(&out, has_fd);
    cell_put_schema(&out, &schema);
    say();
}

static void row(const char *label, uint32_t text_len, const char *text)
{
    cell_begin(&out, CELL_ROW);
    cell_u32(&out, KIRI_OK);
    cell_i64(&out, 1);
    cell_string(&out, label);
    cell_u32(&out, text_len);
    cell_text(&out, text, strlen(text));
}

/* Its fd is readable, it says, and does not stop saying it. */
static void flood(void)
{
    opened(1);
    for (;;) {
        cell_begin(&out, CELL_READABLE);
        say();
    }
}

/* Frames as no cell of ours writes them. */
static void lie(const char *how)
{
    static const char long_text[5000] = { [0 ... 4998] = 'x' };
    uint32_t huge = 0x7fffffff;

    if (strcmp(how, "huge") == 0) {
        (void)cell_send_raw(&link_, (char *)&huge, sizeof huge, INT64_MAX);
    } else if (strcmp(how, "empty") == 0) {
        huge = 0;
        (void)cell_send_raw(&link_, (char *)&huge, sizeof huge, INT64_MAX);
    } else if (strcmp(how, "kind") == 0) {
        cell_begin(&out, 77);
        say();
    } else if (strcmp(how, "order") == 0) {
        opened(0);
    } else if (strcmp(how, "length") == 0) {
        row(NULL, 1u << 30, "x");
        say();
    } else if (strcmp(how, "text") == 0) {
        cell_begin(&out, CELL_ROW);
        cell_u32(&out, KIRI_OK);
        cell_i64(&out, 1);
        cell_string(&out, NULL);
        cell_string(&out, "longer than its field");
        say();
    } else if (strcmp(how, "label") == 0) {
        row(long_text, CELL_NO_TEXT, "");
        say();
    } else if (strcmp(how, "short") == 0) {
        cell_begin(&out, CELL_ROW);
        cell_u32(&out, KIRI_OK);
        say();
    } else if (strcmp(how, "more") == 0) {
        cell_begin(&out, CELL_ROW);
        cell_u32(&out, KIRI_NONE);
        cell_u32(&out, 1);
        say();
    } else if (strcmp(how, "key") == 0) {
        cell_begin(&out, CELL_KV_GET);
        cell_text(&out, long_text, 100);
        cell_u32(&out, 4096);
        say();
    } else if (strcmp(how, "cap") == 0) {
        cell_begin(&out, CELL_KV_GET);
        cell_u32(&out, 3);
        say();
    } else if (strcmp(how, "line") == 0) {
        cell_begin(&out, CELL_LOG);
        cell_u32(&out, 2);
        cell_u32(&out, 0);
        cell_text(&out, long_text, 4000);
        say();
    } else if (strcmp(how, "note") == 0) {
        cell_begin(&out, CELL_NOTE);
        cell_string(&out, "note");
        cell_text(&out, long_text, 4999);
        say();
    } else if (strcmp(how, "readable") == 0) {
        cell_begin(&out, CELL_READABLE);
        say();
    } else if (strcmp(how, "half") == 0) {
        huge = 100;
        (void)cell_send_raw(&link_, (char *)&huge, sizeof huge, INT64_MAX);
        (void)cell_send_raw(&link_, "half", 4, INT64_MAX);
    } else if (strcmp(how, "mute") != 0) {
        exit(2);
    }
    for (;;) /* the host must end it */
        pause();
}

static int live(const char *how)
{
    struct cell_frame f;

    if (cell_link_init(&link_, CELL_FD_SOCKET))
        return 1;
    cell_begin(&out, CELL_HELLO);
    cell_string(&out, NULL);
    cell_u32(&out, 0);
    say();
    while (cell_receive(&link_, INT64_MAX, &f) == CELL_GOT_FRAME)
        if (f.kind == CELL_OPEN && strcmp(how, "flood") == 0)
            flood();
        else if (f.kind == CELL_OPEN)
            opened(0);
        else
            lie(how);
    return 0;
}

int main(int argc, char **argv)
{
    char name[16] = ""; /* of the file that was started; argv[0] is for people */
    prctl(PR_GET_NAME, name);
    const char *dash = strrchr(name, '-');

    if (argc == 3 && strcmp(argv[1], "probe") == 0)
        return plugin_probe_child(argv[2], STDOUT_FILENO);
    if (argc != 2 || strcmp(argv[1], "cell") != 0)
        return KIRI_USAGE;
    return dash && strcmp(dash, "-helper") != 0
               ? live(dash + 1)
               : cell_child(CELL_FD_IMAGE, CELL_FD_SOCKET);
}
