/*
 * memory_test.c - A9: memory runs out at the first request, the second, and so on until a
 * molecule of two files is read: each time it is refused with a reason, and nothing is
 * left behind; the one that was read before is what it was.
 */
#include "faults/nth_malloc.h"
#include "room.h"

static const char text[] = "molecule: workstation\n"
                           "state: ~/kiri\n"
                           "bus: { listen: [ipc:///run/kiri/bus, tcp://127.0.0.1:1] }\n"
                           "plugins: [/usr/lib/kiri/atoms, mine]\n"
                           "include: [more.yaml]\n"
                           "retention: { size: 1GB }\n"
                           "atoms:\n"
                           "  pulse: { plugin: ./pulse.so, every: 5s, procfs: /proc }\n";

static int read_it(void *ctx)
{
    struct conf_errors e = { 0 };
    struct conf *c = conf_read(room_file, &e);
    int failed = nth_malloc_stop();

    (void)ctx;
    assert_true(c ? e.n == 0 : e.n > 0);
    assert_true(c || failed);
    conf_free(c);
    conf_errors_free(&e);
    return c ? 0 : -1;
}

static void a_file_is_read_or_refused_whole(void **state)
{
    struct conf_errors e = { 0 };
    long refused, tried;
    char more[96];
    struct conf *old;
    FILE *f;
    (void)state;

    snprintf(more, sizeof more, "%s/more.yaml", room_dir);
    f = fopen(more, "w");
    assert_non_null(f);
    assert_true(fputs("atoms: { names: { watch: \"${env:HOME}\" } }\n", f) >= 0);
    fclose(f);
    room_write(text);
    old = conf_read(room_file, &e);
    assert_non_null(old);
    assert_int_equal(nth_malloc_sweep(read_it, NULL, 1, &refused, &tried), 0);
    assert_true(refused > 20);
    assert_int_equal(old->n_atoms, 2);
    assert_string_equal(old->atoms[1].name, "names");
    conf_free(old);
    unlink(more);
}

static int read_a_broken_one(void *ctx)
{
    struct conf_errors e = { 0 };
    struct conf *c = conf_read(room_file, &e);

    (void)ctx;
    nth_malloc_stop();
    assert_null(c);
    assert_true(e.n > 0);
    conf_errors_free(&e);
    return 0;
}

static void a_broken_file_leaves_nothing_behind_either(void **state)
{
    long refused, tried;
    (void)state;

    room_write("sate: [1, 2]\nbus: { listen: [{ url: 5 }], x: *a }\natoms: { No: {} }\n");
    assert_int_equal(nth_malloc_sweep(read_a_broken_one, NULL, 1, &refused, &tried), 0);
    assert_true(tried > 10);
}

static void errors_are_counted_when_they_cannot_be_kept(void **state)
{
    struct conf_errors e = { 0 };
    (void)state;

    nth_malloc_fail(1, 1);
    for (unsigned i = 1; i < 100; i++)
        conf_error(&e, "f", i, 1, "wrong");
    nth_malloc_stop();
    assert_int_equal(e.n, 99);
    assert_string_equal(buf_text(&e.text), "");
    conf_errors_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_or_refused_whole),
        cmocka_unit_test(a_broken_file_leaves_nothing_behind_either),
        cmocka_unit_test(errors_are_counted_when_they_cannot_be_kept),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
