/* tests/flow/shelf_test.c mirrors host/flow/shelf.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/keep.h"
#include "flow/shelf.h"
#include "world.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    char dir[64];
    int shelf;
};

static int open_place(void **state)
{
    static struct place p;

    snprintf(p.dir, sizeof p.dir, "/tmp/kiri-shelf-XXXXXX");
    if (!mkdtemp(p.dir))
        return -1;
    p.shelf = shelf_open(p.dir, NULL);
    *state = &p;
    return p.shelf < 0 ? -1 : 0;
}

static int close_place(void **state)
{
    struct place *p = *state;
    char command[128];

    close(p->shelf);
    snprintf(command, sizeof command, "rm -rf %s", p->dir);
    return system(command);
}

/* Saves a stream trained to generation `gens`. */
static void save(const struct place *p, int gens)
{
    struct world w = world_new(1);
    struct stream *s = world_stream(150, 3);
    struct verdict v;
    size_t len;

    for (int i = 0; i < 150 + 128 * (gens - 1) + 20; i++)
        world_step(s, &w, &v);
    void *bytes = keep_save(s, "pulse", &len);
    assert_int_equal(shelf_save(p->shelf, "pulse", bytes, len, NULL), 0);
    free(bytes);
    stream_free(s);
}

static void damage(const struct place *p, const char *name)
{
    int fd = openat(p->shelf, name, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "\xff\xff", 2, 4000), 2);
    close(fd);
}

static int count(const struct place *p, const char *part)
{
    char path[96];
    int n = 0;

    snprintf(path, sizeof path, "%s/models", p->dir);
    DIR *d = opendir(path);
    for (struct dirent *e; (e = readdir(d));)
        n += strstr(e->d_name, part) != NULL;
    closedir(d);
    return n;
}

static uint64_t load(const struct place *p, enum shelf_found expected, char *said,
                     size_t cap)
{
    struct stream *s = world_stream(150, 3);
    struct stream_facts facts;

    assert_int_equal(shelf_load(p->shelf, "pulse", s, said, cap), expected);
    stream_facts(s, &facts);
    stream_free(s);
    return facts.gen;
}

static void an_empty_shelf_says_nothing(void **state)
{
    char said[256];

    assert_int_equal(load(*state, SHELF_EMPTY, said, sizeof said), 0);
    assert_string_equal(said, "");
}

static void the_newest_model_is_loaded(void **state)
{
    char said[256];

    save(*state, 1);
    save(*state, 3);
    assert_int_equal(load(*state, SHELF_LOADED, said, sizeof said), 3);
    assert_string_equal(said, "");
}

static void a_damaged_model_is_set_aside_and_the_one_before_used(void **state)
{
    char said[512];

    save(*state, 1);
    save(*state, 3);
    damage(*state, "pulse.safetensors");
    assert_int_equal(load(*state, SHELF_LOADED_PREV, said, sizeof said), 1);
    assert_non_null(strstr(said, "pulse.safetensors: "));
    assert_non_null(strstr(said, ".prev"));
    assert_int_equal(count(*state, ".bad-"), 1);
}

static void two_damaged_models_are_set_aside_and_it_learns_anew(void **state)
{
    char said[512];

    save(*state, 1);
    save(*state, 3);
    damage(*state, "pulse.safetensors");
    damage(*state, "pulse.safetensors.prev");
    assert_int_equal(load(*state, SHELF_RELEARN, said, sizeof said), 0);
    assert_non_null(strstr(said, "Learning anew"));
    assert_int_equal(count(*state, ".bad-"), 2);
}

static void a_model_of_another_language_is_kept_but_not_used(void **state)
{
    static const struct kiri_field other[] = {
        { .name = "z", .kind = KIRI_NUMBER, .buckets = 4, .lo = 0, .hi = 1 },
    };
    static const struct kiri_schema schema = { .size = sizeof schema,
                                               .n_fields = 1,
                                               .fields = other };
    struct stream *s =
        stream_new(&schema, &(struct stream_options){ .seed = 1 }, NULL, 0);
    const struct place *p = *state;
    char said[512];

    save(p, 1);
    assert_int_equal(shelf_load(p->shelf, "pulse", s, said, sizeof said), SHELF_RELEARN);
    assert_non_null(strstr(said, "another language"));
    assert_int_equal(count(p, ".old-"), 1);
    stream_free(s);
}

static void the_generation_before_lies_beside_the_newest_until_it_is_dropped(void **state)
{
    const struct place *p = *state;
    struct stream *s = world_stream(150, 3);
    struct kiri_error err;
    struct stream_facts facts;
    char said[256];
    size_t len;
    struct world w = world_new(1);
    struct stream *first = world_stream(150, 3);
    struct verdict v;

    assert_int_equal(shelf_load_previous(p->shelf, "pulse", s, &err), -1);
    assert_int_equal(err.code, KIRI_NO_INPUT);
    for (int i = 0; i < 160; i++)
        world_step(first, &w, &v);
    void *bytes = keep_save(first, "pulse", &len);
    assert_int_equal(shelf_save_previous(p->shelf, "pulse", bytes, len, NULL), 0);
    save(p, 3);
    assert_int_equal(load(p, SHELF_LOADED, said, sizeof said), 3);
    assert_int_equal(shelf_load_previous(p->shelf, "pulse", s, &err), 0);
    stream_facts(s, &facts);
    assert_int_equal(facts.gen, 1);
    shelf_drop_previous(p->shelf, "pulse");
    assert_int_equal(count(p, "previous"), 0);
    assert_int_equal(load(p, SHELF_LOADED, said, sizeof said), 3);
    free(bytes);
    stream_free(s);
    stream_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_shelf_says_nothing, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(the_newest_model_is_loaded, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(
            a_damaged_model_is_set_aside_and_the_one_before_used, open_place,
            close_place),
        cmocka_unit_test_setup_teardown(
            two_damaged_models_are_set_aside_and_it_learns_anew, open_place, close_place),
        cmocka_unit_test_setup_teardown(a_model_of_another_language_is_kept_but_not_used,
                                        open_place, close_place),
        cmocka_unit_test_setup_teardown(
            the_generation_before_lies_beside_the_newest_until_it_is_dropped, open_place,
            close_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
