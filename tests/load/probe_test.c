/* probe_test.c - what a child says about a plugin, and children that say it badly. */
#include "room.h"

#include "load/image.h"
#include "load/probe.h"

static void a_probe_tells_what_an_atom_is(void **state)
{
    struct kiri_error err = { 0 };
    struct plugin_probe p;
    char *before = mapped_files(), *after;
    (void)state;

    if (plugin_probe(PROBE, ATOM("good"), &p, &err))
        fail_msg("%s", err.text);
    assert_string_equal(p.name, "good");
    assert_string_equal(p.version, "1.0");
    assert_string_equal(p.help, "Counts.");
    assert_string_equal(p.options[0].name, "start");
    assert_int_equal(p.options[0].type, KIRI_OPT_INTEGER);
    assert_string_equal(p.options[0].fallback, "0");
    assert_string_equal(p.options[0].range, "0..50");
    assert_string_equal(p.options[0].help, "Where it begins to count.");
    assert_null(p.options[1].help);
    assert_null(p.options[2].fallback);
    assert_null(p.options[3].name);
    plugin_probe_free(&p);
    after = mapped_files();
    assert_string_equal(before, after);
    no_children_left();
    free(before);
    free(after);
}

static void a_probe_that_fails_names_the_file(void **state)
{
    struct kiri_error err = { 0 };
    struct plugin_probe p;
    (void)state;

    assert_int_equal(plugin_probe(PROBE, ATOM("old_abi"), &p, &err), -1);
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_string_equal(err.text,
                        ATOM("old_abi") ": it speaks ABI 0, this host speaks 1: "
                                        "rebuild it against this SDK");
    assert_null(p.options);
    assert_int_equal(plugin_probe(PROBE, "/nowhere", &p, &err), -1);
    assert_int_equal(err.code, KIRI_NO_INPUT);
}

static void what_a_plugin_writes_is_not_its_probe(void **state)
{
    struct kiri_error err = { 0 };
    struct plugin_probe p;
    (void)state;

    if (plugin_probe(PROBE, ATOM("chatter_constructor"), &p, &err))
        fail_msg("%s", err.text);
    assert_string_equal(p.name, "chatter");
    plugin_probe_free(&p);
}

static int probe(const char *exe, const char *atom, int deadline_ms,
                 struct kiri_error *err)
{
    struct plugin_probe p;
    int image = image_open(atom, err), rc;

    assert_true(image >= 0);
    rc = probe_image(exe, image, deadline_ms, &p, err);
    close(image);
    if (rc == 0)
        plugin_probe_free(&p);
    no_children_left();
    return rc;
}

static void one_that_never_ends_is_killed(void **state)
{
    struct kiri_error err = { 0 };
    unsigned files = open_files();
    (void)state;

    assert_int_equal(probe(PROBE, ATOM("spin_constructor"), 300, &err), -1);
    assert_string_equal(err.text, "it did not finish opening within 0.3 s");
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_int_equal(open_files(), files);
}

/* A shell script in the place of the executable: what a broken child may do. */
static int script(const char *text, struct kiri_error *err)
{
    char body[512];

    snprintf(body, sizeof body, "#!/bin/sh\n%s\n", text);
    write_room(body, strlen(body));
    assert_int_equal(chmod(room_file, 0700), 0);
    return probe(room_file, ATOM("good"), 5000, err);
}

static void bad_answers_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "echo hello", "its probe's answer cannot be read" },
        { "echo '[]'", "its probe's answer cannot be read" },
        { "echo '{}'", "its probe's answer has no table of options" },
        { "echo '{\"name\":\"x\",\"options\":{}}'", "no table of options" },
        { "echo '{\"name\":\"../x\",\"options\":[]}'", "its name is not valid" },
        { "echo '{\"name\":7,\"options\":[]}'", "its name is not valid" },
        { "echo '{\"options\":[]}'", "its name is not valid" },
        { "echo '{\"name\":\"x\",\"version\":\"a\\\\nb\",\"options\":[]}'",
          "version or help" },
        { "echo '{\"name\":\"x\",\"options\":[{\"name\":\"a\",\"type\":99}]}'",
          "its option `a` has type 99, which is not known" },
        { "echo '{\"name\":\"x\",\"options\":[{\"name\":\"every\",\"type\":0}]}'",
          "its option `every` has the name of one of KIRI's own keys" },
        { "echo '{\"name\":\"x\",\"options\":[{\"name\":\"a\"},{\"name\":\"a\"}]}'",
          "its option `a` is declared twice" },
        { "echo "
          "'{\"name\":\"x\",\"options\":[{\"name\":\"a\",\"type\":2,\"range\":\"9..1\"}]}"
          "'",
          "the range of its option `a` does not fit its type" },
        { "echo '{\"error\":\"a\\\\u001b[31mb\"}'", "a\\x1b[31mb" },
        { "exit 7", "it ended the process when it was opened (exit code 7)" },
        { "kill -BUS $$", "it crashed when it was opened (SIGBUS)" },
        { "exec cat /dev/zero", "its probe answered more than 256 KiB" },
        { "yes '[' | head -c 200000", "its probe's answer cannot be read" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_error err = { 0 };

        if (script(cases[i].text, &err) == 0 || !strstr(err.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.text);
        assert_int_equal(err.code, KIRI_BAD_DATA);
    }
}

static void the_child_gets_nothing_of_ours(void **state)
{
    struct kiri_error err = { 0 };
    int secret = open("/dev/null", O_RDONLY); /* without close-on-exec, on purpose */
    (void)state;

    assert_int_equal(setenv("KIRI_SECRET", "x", 1), 0);
    /* It says what it sees as its error: descriptors over 3 and the environment. */
    assert_int_equal(
        script("[ -z \"$KIRI_SECRET\" ] || s=env\n"
               "for f in 4 5 6 7 8 9; do [ -e /proc/$$/fd/$f ] && s=\"$s $f\"; done\n"
               "[ -e /proc/$$/fd/3 ] || s=\"$s no image\"\n"
               "echo \"{\\\"error\\\":\\\"saw:$s\\\"}\"",
               &err),
        -1);
    assert_string_equal(err.text, "saw:");
    close(secret);
}

static void a_grandchild_does_not_hold_us(void **state)
{
    struct kiri_error err = { 0 };
    (void)state;

    /* The child ends at once; what it left behind keeps the pipe open. */
    assert_int_equal(script("sleep 60 &\nexit 5", &err), -1);
    assert_non_null(strstr(err.text, "exit code 5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_probe_tells_what_an_atom_is),
        cmocka_unit_test(a_probe_that_fails_names_the_file),
        cmocka_unit_test(what_a_plugin_writes_is_not_its_probe),
        cmocka_unit_test(one_that_never_ends_is_killed),
        cmocka_unit_test(bad_answers_are_refused),
        cmocka_unit_test(the_child_gets_nothing_of_ours),
        cmocka_unit_test(a_grandchild_does_not_hold_us),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
