/* plugin_test.c - what is loaded, what is refused with which sentence, and what is left
 * over afterwards: nothing (RELIABILITY B6, B7). */
#include "room.h"

static struct plugin *must_open(const char *path)
{
    struct kiri_error err = { 0 };
    struct plugin *p = plugin_open(PROBE, path, &err);

    if (!p)
        fail_msg("%s", err.text);
    return p;
}

/* One collect of an instance of good.c, whose first value counts them. */
static double count_once(const struct plugin *p, void *self)
{
    union kiri_value v[8] = { { 0 } };
    struct kiri_obs obs = { .size = sizeof obs, .n = 3, .v = v };

    assert_int_equal(plugin_atom(p)->collect(self, &obs), KIRI_OK);
    return v[0].num;
}

static void *must_start(const struct plugin *p)
{
    static const struct kiri_host host = { .abi = KIRI_ABI, .size = sizeof host };
    void *self = NULL;

    assert_int_equal(plugin_atom(p)->open(&host, &self), KIRI_OK);
    return self;
}

static void a_good_atom_can_be_called(void **state)
{
    struct plugin *p = must_open(ATOM("good"));
    const struct kiri_option *o = plugin_options(p);
    void *self = must_start(p);
    (void)state;

    assert_string_equal(plugin_path(p), ATOM("good"));
    assert_string_equal(plugin_atom(p)->name, "good");
    assert_string_equal(o[0].name, "start");
    assert_string_equal(o[0].range, "0..50");
    assert_string_equal(o[1].fallback, "5s");
    assert_null(o[2].fallback);
    assert_null(o[3].name);
    assert_ptr_equal(plugin_atom(p)->options, o);
    assert_true(count_once(p, self) == 1);
    assert_true(count_once(p, self) == 2);
    plugin_atom(p)->close(self);
    plugin_unref(p);
    plugin_unref(NULL);
}

static void the_last_user_unmaps(void **state)
{
    char *before = mapped_files(), *after;
    unsigned files = open_files();
    struct plugin *p = must_open(ATOM("good"));
    void *self;
    (void)state;

    plugin_ref(p);
    plugin_unref(p);
    self = must_start(p);
    assert_true(count_once(p, self) == 1);
    plugin_atom(p)->close(self);
    plugin_unref(p);
    after = mapped_files();
    assert_string_equal(before, after);
    assert_int_equal(open_files(), files);
    no_children_left();
    free(before);
    free(after);
}

static void two_versions_live_side_by_side(void **state)
{
    struct plugin *first = must_open(ATOM("good")), *second = must_open(ATOM("good"));
    struct plugin *third;
    (void)state;

    assert_ptr_not_equal(plugin_atom(first)->collect, plugin_atom(second)->collect);
    plugin_unref(first);
    /* Its descriptor's number is free again: the name must not bring the old image back.
     */
    third = must_open(ATOM("good_wide"));
    assert_ptr_not_equal(plugin_atom(second)->collect, plugin_atom(third)->collect);
    assert_int_equal(plugin_atom(third)->option_size, sizeof(struct kiri_option) + 8);
    plugin_unref(second);
    plugin_unref(third);
}

/* Closed, it stays mapped under its name: the next plugin must not be taken for it. */
static void an_image_that_refuses_to_go_keeps_its_name(void **state)
{
    unsigned files = open_files();
    struct plugin *p = must_open(ATOM("good_resident"));
    (void)state;

    plugin_unref(p);
    assert_int_equal(open_files(), files + 1);
    p = must_open(ATOM("good_narrow"));
    assert_int_equal(plugin_atom(p)->field_size, 64);
    plugin_unref(p);
    assert_int_equal(open_files(), files + 1);
}

static const struct {
    const char *file, *says;
} hostile[] = {
    { "old_abi", "it speaks ABI 0, this host speaks 1: rebuild it against this SDK" },
    { "future_abi", "it speaks ABI 2, this host speaks 1: rebuild it against this SDK" },
    { "no_symbol", "it has no symbol `kiri_atom`: it is a library, but not an atom" },
    { "null_callbacks", "it has no collect(), which every atom needs" },
    { "lone_tokenize", "it has tokenize() without vocab(): they go together" },
    { "size_zero", "its vtable says that it has 0 bytes, which cannot be: start it with "
                   "KIRI_ATOM_INIT" },
    { "size_huge", "its vtable says that it has 4294967295 bytes, which cannot be" },
    { "size_lie", "its vtable says that it has 4096 bytes, which cannot be" },
    { "odd_field_size", "its field_size is 84, which cannot be: start its vtable with "
                        "KIRI_ATOM_INIT" },
    { "bad_name", "its name is not valid: a-z, 0-9 and -, beginning with a letter" },
    { "bad_option", "the default of its option `count` is wrong: 65 is not in 1..64" },
    { "endless_options", "it has more than 64 options, or its table has no end" },
    { "crash_constructor", "it crashed when it was opened (SIGSEGV)" },
    { "crash_destructor", "it crashed when it was opened (SIGSEGV)" },
    { "exit_constructor", "it ended the process when it was opened (exit code 3)" },
};

static void hostile_atoms_are_refused_and_leave_nothing(void **state)
{
    char *before = mapped_files();
    unsigned files = open_files();
    (void)state;

    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct kiri_error err = { 0 };
        char path[256], expected[512], *after;

        snprintf(path, sizeof path, "%s/%s.so", KIRI_BUILD_DIR "/tests/faults/atoms",
                 hostile[i].file);
        snprintf(expected, sizeof expected, "%s: %s", path, hostile[i].says);
        assert_null(plugin_open(PROBE, path, &err));
        if (err.code != KIRI_BAD_DATA ||
            strncmp(err.text, expected, strlen(expected)) != 0)
            fail_msg("%s: %d %s", hostile[i].file, (int)err.code, err.text);
        after = mapped_files();
        assert_string_equal(before, after);
        assert_int_equal(open_files(), files);
        no_children_left();
        free(after);
    }
    free(before);
}

static void what_is_no_plugin_is_refused_by_its_file(void **state)
{
    static const struct {
        const char *path, *says;
        enum kiri_code code;
    } cases[] = {
        { "/nowhere/x.so", "it cannot be opened: No such file or directory",
          KIRI_NO_INPUT },
        { "/tmp", "it is a directory, not a shared object", KIRI_BAD_DATA },
        { "/dev/null", "it is not a regular file, not a shared object", KIRI_BAD_DATA },
        { "/proc/self/cmdline", "it is not a shared object (no ELF header)",
          KIRI_BAD_DATA },
        { PROBE, NULL, KIRI_BAD_DATA }, /* an executable is no atom */
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_error err = { 0 };

        assert_null(plugin_open(PROBE, cases[i].path, &err));
        if (err.code != cases[i].code ||
            (cases[i].says && !strstr(err.text, cases[i].says)))
            fail_msg("%s: %d %s", cases[i].path, (int)err.code, err.text);
    }
    no_children_left();
}

static void a_cut_file_never_reaches_the_linker(void **state)
{
    size_t len;
    char *good = bytes_of(ATOM("good"), &len);
    (void)state;

    for (size_t n = 1; n < 8; n++) {
        struct kiri_error err = { 0 };

        write_room(good, len * n / 8);
        assert_null(plugin_open(PROBE, room_file, &err));
        assert_non_null(strstr(err.text, "it is cut short"));
        assert_int_equal(err.code, KIRI_BAD_DATA);
    }
    free(good);
}

static void what_others_may_write_is_refused(void **state)
{
    struct kiri_error err = { 0 };
    struct plugin *p;
    size_t len;
    char *good = bytes_of(ATOM("good"), &len);
    (void)state;

    write_room(good, len);
    free(good);
    assert_int_equal(chmod(room_file, 0602), 0);
    assert_null(plugin_open(PROBE, room_file, &err));
    assert_non_null(strstr(err.text, "anybody may write to it (mode 0602): chmod o-w"));
    assert_int_equal(chmod(room_file, 0600), 0);
    assert_int_equal(chmod(room_dir, 0703), 0);
    assert_null(plugin_open(PROBE, room_file, &err));
    assert_non_null(
        strstr(err.text, "anybody may replace it, for its directory has mode 0703"));
    assert_int_equal(chmod(room_dir, 01703), 0); /* sticky: nobody may replace it */
    p = must_open(room_file);
    plugin_unref(p);
    assert_int_equal(chmod(room_dir, 0700), 0);
}

/* B7: we only ever map our own copy. */
static void the_file_may_change_while_it_is_loaded(void **state)
{
    size_t len;
    char *good = bytes_of(ATOM("good"), &len);
    struct plugin *p;
    void *self;
    (void)state;

    write_room(good, len);
    p = must_open(room_file);
    self = must_start(p);
    for (int i = 1; i <= 1000; i++) {
        switch (i % 4) {
        case 0: write_room("garbage", 7); break;
        case 1: assert_int_equal(truncate(room_file, 0), 0); break;
        case 2: unlink(room_file); break;
        default: write_room(good, len); break;
        }
        assert_true(count_once(p, self) == i);
    }
    plugin_atom(p)->close(self);
    plugin_unref(p);
    free(good);
}

static unsigned dropped;

static void drop(void *ctx)
{
    dropped += ctx == &dropped;
}

static void a_plugin_of_our_own_is_dropped_by_its_last_user(void **state)
{
    struct plugin *image = must_open(ATOM("good"));
    struct kiri_atom vtable = *plugin_atom(image), broken = vtable;
    struct kiri_error err = { 0 };
    struct plugin *p;
    struct stat file;
    (void)state;

    p = plugin_wrap(&vtable, plugin_options(image), "a cell", drop, &dropped, &err);
    assert_non_null(p);
    assert_string_equal(plugin_path(p), "a cell");
    assert_ptr_equal(plugin_context(p), &dropped);
    assert_string_equal(plugin_options(p)[0].name, "start");
    assert_ptr_equal(plugin_atom(p)->collect, vtable.collect);
    assert_false(plugin_changed(p)); /* of no file */
    assert_int_equal(stat(ATOM("tally"), &file), 0);
    plugin_is_of(p, &file);
    assert_true(plugin_changed(p));
    plugin_ref(p);
    plugin_unref(p);
    assert_int_equal(dropped, 0);
    plugin_unref(p);
    assert_int_equal(dropped, 1);
    broken.collect = NULL; /* a vtable of ours is looked at, too */
    assert_null(plugin_wrap(&broken, NULL, "a cell", drop, &dropped, &err));
    assert_string_equal(err.text, "a cell: it has no collect(), which every atom needs");
    assert_int_equal(dropped, 2);
    assert_null(plugin_context(image));
    plugin_unref(image);
}

static void without_a_helper_nothing_is_opened(void **state)
{
    struct kiri_error err = { 0 };
    unsigned files = open_files();
    (void)state;

    assert_null(plugin_open("/nowhere/kiri", ATOM("good"), &err));
    assert_int_equal(err.code, KIRI_INTERNAL);
    assert_non_null(
        strstr(err.text, "no probe can be started (/nowhere/kiri): No such file"));
    assert_int_equal(open_files(), files);
}

static void a_name_is_looked_for_in_its_directories(void **state)
{
    char nowhere[] = "/nowhere", atoms[] = KIRI_BUILD_DIR "/tests/faults/atoms";
    char *dirs[] = { nowhere, atoms, NULL };
    struct kiri_error err = { 0 };
    char *file = plugin_find("good", dirs, &err);
    (void)state;

    assert_string_equal(file, ATOM("good"));
    free(file);
    file = plugin_find(ATOM("good"), NULL, &err);
    assert_string_equal(file, ATOM("good"));
    free(file);

    assert_null(plugin_find("absent", dirs, &err));
    assert_int_equal(err.code, KIRI_NO_INPUT);
    assert_non_null(
        strstr(err.text, "there is no absent.so in /nowhere, " KIRI_BUILD_DIR));
    assert_null(plugin_find("absent", NULL, &err));
    assert_non_null(strstr(err.text, "lib/kiri/atoms"));
    assert_null(plugin_find("./absent.so", NULL, &err));
    assert_int_equal(err.code, KIRI_NO_INPUT);
    assert_null(plugin_find("Good", dirs, &err));
    assert_int_equal(err.code, KIRI_USAGE);
    assert_null(plugin_find("good.so", dirs, &err));
    assert_int_equal(err.code, KIRI_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_atom_can_be_called),
        cmocka_unit_test(the_last_user_unmaps),
        cmocka_unit_test(two_versions_live_side_by_side),
        cmocka_unit_test(an_image_that_refuses_to_go_keeps_its_name),
        cmocka_unit_test(hostile_atoms_are_refused_and_leave_nothing),
        cmocka_unit_test(what_is_no_plugin_is_refused_by_its_file),
        cmocka_unit_test(a_cut_file_never_reaches_the_linker),
        cmocka_unit_test(what_others_may_write_is_refused),
        cmocka_unit_test(the_file_may_change_while_it_is_loaded),
        cmocka_unit_test(a_plugin_of_our_own_is_dropped_by_its_last_user),
        cmocka_unit_test(without_a_helper_nothing_is_opened),
        cmocka_unit_test(a_name_is_looked_for_in_its_directories),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
