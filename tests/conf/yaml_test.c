/* yaml_test.c - what is YAML here, what is not, and where. */
#include "room.h"

#include "conf/yaml.h"

#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOWER 5
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOWER 5
#endif
#endif
#ifndef SLOWER
#define SLOWER 1
#endif

static struct yaml *parse(const char *text, struct conf_errors *e)
{
    return yaml_parse(text, strlen(text), "f", NULL, e);
}

static void a_file_becomes_a_tree_with_places(void **state)
{
    struct conf_errors e = { 0 };
    struct yaml *y = parse("# a comment\n"
                           "name: work\n"
                           "list: [one, \"two\", {three: 3}]\n"
                           "empty:\n"
                           "deep:\n"
                           "  - a\n"
                           "  - b: |\n"
                           "      text\n",
                           &e);
    const struct yaml_node *root, *n;
    (void)state;

    assert_non_null(y);
    assert_int_equal(e.n, 0);
    root = yaml_root(y);
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->n, 4);
    n = yaml_get(root, "name");
    assert_string_equal(n->text, "work");
    assert_true(n->plain && n->line == 2 && n->col == 7 && n->key_line == 2 &&
                n->key_col == 1);
    n = yaml_get(root, "list");
    assert_true(n->kind == YAML_LIST && n->n == 3 && n->line == 3 && n->col == 7);
    n = n->child->next;
    assert_string_equal(n->text, "two");
    assert_true(!n->plain && n->col == 13);
    n = yaml_get(n->next, "three");
    assert_true(n->line == 3 && n->col == 28 && n->key_col == 21);
    n = yaml_get(root, "empty");
    assert_string_equal(n->text, "");
    n = yaml_get(root, "deep");
    assert_true(n->kind == YAML_LIST && n->line == 6 && n->col == 3);
    assert_string_equal(yaml_get(n->child->next, "b")->text, "text\n");
    assert_null(yaml_get(root, "absent"));
    yaml_free(y);
}

static void marks_of_byte_order_and_line_ends_do_no_harm(void **state)
{
    struct conf_errors e = { 0 };
    struct yaml *y = parse("\xef\xbb\xbf"
                           "---\r\na: \xc3\xa9, b: c\r\n...\r\n# end\r\n",
                           &e);
    (void)state;

    assert_null(y); /* two colons in one line: said where, in characters */
    assert_true(says(&e, "f", "2:8: a `:` is not possible here"));
    conf_errors_free(&e);
    y = parse("\xef\xbb\xbf"
              "---\r\na: \xc3\xa9\r\n...\r\n# end\r\n",
              &e);
    assert_non_null(y);
    assert_string_equal(yaml_get(yaml_root(y), "a")->text, "\xc3\xa9");
    assert_int_equal(yaml_get(yaml_root(y), "a")->line, 2);
    assert_int_equal(yaml_get(yaml_root(y), "a")->col, 4);
    yaml_free(y);
}

/* Every text is refused; some part of what is said, with its place. */
static const struct {
    const char *text, *part;
} broken[] = {
    { "", "1:1: the file is empty" },
    { "# nothing\n\n", "1:1: the file is empty" },
    { "---\n---\n", "2:1: a second document begins here" },
    { "a: 1\n---\nb: 2\n", "2:1: a second document begins here" },
    { "a: 1\n...\n---\nb: 2\n", "3:1: a second document" },
    { "a: 1\n...\nb: 2\n", "3:1: nothing may follow" },
    { "{a: 1} b\n", "1:8: nothing may follow" },
    { "a: 1\n...\n%TAG ! x\n", "3:1: a second document" },
    { "%YAML 1.1\n---\na: 1\n", "1:1: directives (%YAML, %TAG) are not accepted" },
    { "# c\n\n%TAG ! tag:x,2000:\n---\na: 1\n", "3:1: directives" },
    { "a: &x 1\n", "1:4: anchors are not accepted: remove `&x`" },
    { "a: &x 1\nb: *x\n",
      "2:4: aliases are not accepted: write out what `*x` stands for" },
    { "a: &a [*a]\n", "1:8: aliases are not accepted" },
    { "&root\na: 1\n", "1:1: anchors are not accepted" },
    { "<<: *x\na: 1\n", "1:5: aliases are not accepted" },
    { "*x : 1\n", "1:1: aliases are not accepted" },
    { "a: !!int 1\n", "1:4: tags are not accepted: remove `tag:yaml.org,2002:int`" },
    { "a: !x [1]\n", "1:4: tags are not accepted: remove `!x`" },
    { "a: !!python/object:os.system {}\n", "1:4: tags are not accepted" },
    { "a: !e!x 1\n", "1:4: tags are not accepted: remove what begins with `!`" },
    { "a: 1\na: 2\n", "2:1: `a` stands here a second time, first in line 1" },
    { "{a: 1, b: {c: 1, c: 2, c: 3}}\n", "1:24: `c` stands here a second time" },
    { "\"a\": 1\na: 2\n", "2:1: `a` stands here a second time" },
    { "? [a, b]\n: 1\n", "1:3: a key must be one word, not a list" },
    { "{{a: b}: 1}\n", "1:2: a key must be one word, not a mapping" },
    { "a: \"x\\0y\"\n", "1:4: a text with a NUL byte" },
    { "a: [1, 2\n", "2:1: a `,` or `]` is missing" },
    { "a: {b: 1\nc: 2}\n", "2:2: a `,` or `}` is missing" },
    { "a: 1\n  b: 2\n", "2:4: a `:` is not possible here" },
    { "a:\n\tb: 1\n", "2:1: a value cannot begin with this character" },
    { "a: @x\n", "1:4: a value cannot begin with this character" },
    { "a: \"x\n", "1:4: this quoted text has no end" },
    { "a:\n  b: 1\n c: 2\n", "3:2: a key was expected here" },
    { "a: [1,, 2]\n", "1:7: a value was expected here" },
    { "a:\n- 1\nb: 1\n- 2\n", "4:1: a key was expected here" },
    { "a: 1\nb\nc: 2\n", "2:1: after this key, `:` is missing" },
    { "a: \xff\n", "1:4: this is not UTF-8 text: invalid leading UTF-8 octet" },
    { "a: \xc3\xa9\xc3\xa9 \xc3(\n", "1:8: this is not UTF-8 text" },
    { "\xff\xfe"
      "a\0",
      "1:1: this is not UTF-8 text" },
    { "a: \x01\n", "1:4: this is not UTF-8 text: control characters are not allowed" },
};

static void broken_yaml_is_refused_where_it_breaks(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(broken); i++) {
        struct conf_errors e = { 0 };
        struct yaml *y = parse(broken[i].text, &e);

        if (e.n == 0 || !says(&e, "f", broken[i].part))
            fail_msg("%s\nexpected: %s\ngot: %s", broken[i].text, broken[i].part,
                     buf_text(&e.text));
        yaml_free(y);
        conf_errors_free(&e);
    }
}

static void what_is_refused_leaves_the_rest_readable(void **state)
{
    struct conf_errors e = { 0 };
    struct yaml *y = parse("a: &x 1\nb: *x\n[c]: 1\na: 2\nd: !t 4\n", &e);
    const struct yaml_node *root;
    (void)state;

    assert_non_null(y);
    assert_int_equal(e.n, 5);
    assert_int_equal(e.code, KIRI_BAD_CONFIG);
    root = yaml_root(y);
    assert_int_equal(root->n, 3);
    assert_string_equal(yaml_get(root, "a")->text, "1");
    assert_true(yaml_get(root, "b")->refused);
    assert_string_equal(yaml_get(root, "d")->text, "4");
    yaml_free(y);
    conf_errors_free(&e);
}

static void a_nul_byte_in_the_file_is_no_end(void **state)
{
    static const char text[] = "a: 1\n\0b: 2\n";
    struct conf_errors e = { 0 };
    (void)state;

    assert_null(yaml_parse(text, sizeof text - 1, "f", NULL, &e));
    assert_true(says(&e, "f", "2:1: this is not UTF-8 text"));
    conf_errors_free(&e);
}

static void fifty_errors_are_kept_and_the_rest_counted(void **state)
{
    struct conf_errors e = { 0 };
    const char *at;
    unsigned lines = 0;
    (void)state;

    for (unsigned i = 1; i <= 50; i++)
        conf_error(&e, "f", i, 1, "wrong");
    assert_null(strstr(buf_text(&e.text), "more"));
    for (unsigned i = 51; i <= 1000; i++)
        conf_error(&e, "f", i, 1, "wrong");
    assert_int_equal(e.n, 1000);
    for (at = buf_text(&e.text); (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 51);
    assert_non_null(strstr(e.text.data, "f:50:1: wrong\nand 950 more\n"));
    assert_null(strstr(e.text.data, "f:51:1"));
    conf_errors_free(&e);
}

/* ---- bombs ----------------------------------------------------------------------- */

/* head, then n times part, then tail */
static char *repeat(const char *head, const char *part, size_t n, const char *tail,
                    size_t *len)
{
    struct buf b = { 0 };

    buf_puts(&b, head);
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, part);
    buf_puts(&b, tail);
    return buf_take(&b, len);
}

static long resident_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long total, resident = 0;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &total, &resident), 2);
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static const struct {
    const char *head, *part;
    size_t n;
    const char *tail, *says;
} bombs[] = {
    { "", "[", 100000, "", "1:17: lists and mappings are nested more than 16 deep" },
    { "", "[", 16, "", "2:1: a value was expected here" },
    { "", "{a: ", 50000, "", ": lists and mappings are nested more than 16 deep" },
    { "", "- ", 100000, "", "1:33: lists and mappings are nested more than 16 deep" },
    { "", "? ", 100000, "", ": lists and mappings are nested more than 16 deep" },
    { "a: ", "[", 100000, "", ": lists and mappings are nested more than 16 deep" },
    { "a: [", "x,", 60000, "]", "1:79999: more than 40000 values" },
    { "", "- x\n", 60000, "", "40000:3: more than 40000 values" },
    { "", "a: 1\n", 30000, "", "20000:4: more than 40000 values" },
    { "", "a: 1\n", 4990, "", "2:1: `a` stands here a second time" },
    { "a: &a [x,x,x]\nb: [", "*a,", 9000, "]", "2:5: aliases are not accepted" },
    { "a: [", "&a x,", 9000, "]", "1:5: anchors are not accepted" },
    { "a: [", "!a x,", 9000, "]", "1:5: tags are not accepted" },
    { "", "%TAG !a! x\n", 20000, "---\na: 1\n", "1:1: directives" },
    { "a: 1\n...\n", "%TAG !a! x\n", 20000, "---\n", "3:1: a second document" },
    { "", "---\n", 60000, "", "2:1: a second document" },
    { "a: \"", "\\x41", 60000, "\"", NULL },
    { "a: ", "#\n", 100000, "", NULL },
    { "a: ", "'", 200001, "\n", ":" },
    { "", "\n", 200000, "a: 1\n", NULL },
    { "a", " ", 200000, ": 1\n", ":" },
    { "", "a", 200000, ": 1\n", ":" },
    { "", "a b ", 60000, ": 1\n", ":" },
    { "a: ", ": ", 100000, "", ":" },
    { "a: |\n", "  x\n", 60000, "", NULL },
    { "# ", "xxxxxxxx", 40000, "\na: 1\n", "1:1: the file is larger than 256 KiB" },
    { "a: 1\n", "\xff", 200000, "", "2:1: this is not UTF-8" },
};

static void bombs_are_refused_while_they_are_read(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(bombs); i++) {
        struct conf_errors e = { 0 };
        size_t len;
        char *text =
            repeat(bombs[i].head, bombs[i].part, bombs[i].n, bombs[i].tail, &len);
        long before = resident_kib();
        double started = cpu_ms(), took;
        struct yaml *y = yaml_parse(text, len, "f", NULL, &e);

        took = cpu_ms() - started;
        if (bombs[i].says ? !says(&e, "f", bombs[i].says) : e.n > 0 || !y)
            fail_msg("bomb %zu: %.300s", i, buf_text(&e.text));
        if (took > 50 * SLOWER)
            fail_msg("bomb %zu took %.1f ms", i, took);
        if (SLOWER == 1 && resident_kib() - before > 8 * 1024)
            fail_msg("bomb %zu took %ld KiB", i, resident_kib() - before);
        yaml_free(y);
        conf_errors_free(&e);
        free(text);
    }
}

static void thousands_of_keys_are_told_apart_quickly(void **state)
{
    struct conf_errors e = { 0 };
    struct buf b = { 0 };
    double started;
    struct yaml *y;
    (void)state;

    for (int i = 0; i < 4990; i++)
        buf_putf(&b, "key%d: 1\n", i);
    started = cpu_ms();
    y = yaml_parse(b.data, b.len, "f", NULL, &e);
    assert_true(cpu_ms() - started < 50 * SLOWER);
    assert_non_null(y);
    assert_int_equal(e.n, 0);
    assert_int_equal(yaml_root(y)->n, 4990);
    yaml_free(y);
    buf_free(&b);
}

/* Not a fuzzer's work, but a start: no prefix of a good file, and no flipped byte of it,
 * does more than parse or complain. */
static void damaged_files_parse_or_complain(void **state)
{
    static const char good[] =
        "m: w\nbus: { listen: [ipc:///run/kiri] }\natoms:\n"
        "  pulse: { plugin: \"pulse\", every: 5s }\n  x:\n    - 'a'\n";
    char text[sizeof good];
    (void)state;

    for (size_t i = 0; i < 2 * sizeof good; i++) {
        size_t len = i < sizeof good ? i : sizeof good - 1;

        for (int c = 1; c < (i < sizeof good ? 2 : 256); c += 3) {
            struct conf_errors e = { 0 };
            struct yaml *y;

            memcpy(text, good, sizeof good);
            if (i >= sizeof good)
                text[i - sizeof good] = (char)c;
            y = yaml_parse(text, len, "f", NULL, &e);
            assert_true(y || e.n > 0);
            yaml_free(y);
            conf_errors_free(&e);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_a_tree_with_places),
        cmocka_unit_test(marks_of_byte_order_and_line_ends_do_no_harm),
        cmocka_unit_test(broken_yaml_is_refused_where_it_breaks),
        cmocka_unit_test(what_is_refused_leaves_the_rest_readable),
        cmocka_unit_test(a_nul_byte_in_the_file_is_no_end),
        cmocka_unit_test(fifty_errors_are_kept_and_the_rest_counted),
        cmocka_unit_test(bombs_are_refused_while_they_are_read),
        cmocka_unit_test(thousands_of_keys_are_told_apart_quickly),
        cmocka_unit_test(damaged_files_parse_or_complain),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
