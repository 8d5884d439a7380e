/*
 * memory_test.c - memory runs out at the first request, the second, and so on until a
 * file is read: each time it is refused with a reason, and nothing is leaked (the
 * sanitizer looks). The linker leads our own requests here; libyaml's go their usual way.
 */
#include "room.h"

static long left = -1; /* requests until one fails; -1: never */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

static int fails(void)
{
    return left > 0 && --left == 0;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : __real_strdup(s);
}

static const char text[] = "molecule: workstation\n"
                           "state: ~/kiri\n"
                           "bus: { listen: [ipc:///run/kiri/bus, tcp://127.0.0.1:1] }\n"
                           "plugins: [/usr/lib/kiri/atoms, mine]\n"
                           "atoms:\n"
                           "  pulse: { plugin: ./pulse.so, every: 5s, procfs: /proc }\n";

static void a_file_is_read_or_refused_whole(void **state)
{
    int refused = 0;
    (void)state;

    room_write(text);
    for (long n = 1;; n++) {
        struct conf_errors e = { 0 };
        struct conf *c;

        left = n;
        c = conf_read(room_file, &e);
        if (left > 0) { /* nothing failed any more */
            left = -1;
            assert_non_null(c);
            assert_int_equal(e.n, 0);
            conf_free(c);
            break;
        }
        left = -1;
        assert_null(c);
        assert_true(e.n > 0);
        refused++;
        conf_errors_free(&e);
    }
    assert_true(refused > 10);
}

static void errors_are_counted_when_they_cannot_be_kept(void **state)
{
    struct conf_errors e = { 0 };
    (void)state;

    left = 1;
    for (unsigned i = 1; i < 100; i++)
        conf_error(&e, "f", i, 1, "wrong");
    left = -1;
    assert_int_equal(e.n, 99);
    assert_string_equal(buf_text(&e.text), "");
    conf_errors_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_or_refused_whole),
        cmocka_unit_test(errors_are_counted_when_they_cannot_be_kept),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
