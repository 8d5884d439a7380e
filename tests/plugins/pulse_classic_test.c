/* pulse_classic_test.c - pulse.so speaking the published 43 words. */
#include "machine.h"

#include <stdio.h>
#include <string.h>

static void expect_words(struct machine *m, const char *sentence)
{
    const struct kiri_schema *s = pulse->schema(m->self);
    struct kiri_token t[16];
    char said[200] = "";

    int n = kiri_tokenize(s, m->v, t, COUNT(t), NULL);
    assert_int_equal(n, s->n_fields);
    for (int i = 0; i < n; i++) {
        char word[KIRI_WORD_CAP];
        kiri_word(s, t[i].id, word, sizeof word);
        if (i > 0)
            strcat(said, " ");
        strcat(said, word);
    }
    assert_string_equal(said, sentence);
}

static void classic_tells_a_row_in_six_words(void **state)
{
    struct machine *m = *state;

    kiri_test_option(&m->host, "language", "classic");
    kiri_test_option(&m->host, "sysfs", FIXTURES "/sys");
    assert_int_equal(collect(m, 0), KIRI_NONE); /* CPU needs two readings */
    show(m, "after");
    assert_int_equal(collect(m, 5000), KIRI_OK);
    EXPECT(m, { "cpu", 35 }, { "memory", 75 }, { "swap", 25 }, { "load", 2 },
           { "net", 1 });
    m->v[2].num = 45; /* the disk of whoever runs this */
    expect_words(m, "C3 M7 D4 S1 L0 N1");
    assert_int_equal(m->host.lines, 0);
}

static void classic_says_that_no_swap_is_none_used(void **state)
{
    struct machine *m = *state;

    kiri_test_option(&m->host, "language", "classic");
    collect(m, 0);
    show(m, "after");
    put(m->proc, "meminfo",
        "MemTotal: 1000 kB\nMemAvailable: 900 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    assert_int_equal(collect(m, 5000), KIRI_OK);
    EXPECT(m, { "swap", 0 }, { "memory", 10 });
}

static void classic_tells_no_row_that_it_cannot_tell_whole(void **state)
{
    static const char *const needed[] = { "stat", "meminfo", "loadavg", "net/dev" };
    struct machine *m = *state;

    kiri_test_option(&m->host, "language", "classic");
    collect(m, 0);
    for (size_t i = 0; i < COUNT(needed); i++) {
        char path[200];
        show(m, "after");
        drop(m->proc, needed[i]);
        m->host.lines = 0;
        assert_int_equal(collect(m, 5000), KIRI_EIO);
        assert_int_equal(m->host.lines, 1);
        snprintf(path, sizeof path, "cannot read %s/%s,", m->proc, needed[i]);
        assert_non_null(strstr(m->host.line, path));
    }
}

static void classic_counts_on_when_a_counter_went_backwards(void **state)
{
    struct machine *m = *state;

    kiri_test_option(&m->host, "language", "classic");
    show(m, "after");
    collect(m, 0);
    show(m, "before");
    assert_int_equal(collect(m, 5000), KIRI_NONE);
    show(m, "after");
    assert_int_equal(collect(m, 5000), KIRI_OK);
    EXPECT(m, { "cpu", 35 });
}

static void the_network_is_up_when_an_interface_is(void **state)
{
#define HEAD "Inter-| Receive | Transmit\n face |bytes | bytes\n"
#define LO   "    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0\n"
    static const struct {
        const char *dev;
        int up;
    } cases[] = {
        { HEAD LO, 0 },
        { HEAD LO "  eth0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", 1 }, /* operstate up */
        { HEAD LO " wlan0: 5 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0\n", 0 }, /* down, whatever */
        { HEAD LO "  tun0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", 0 }, /* unknown, silent */
        { HEAD LO "  tun0: 0 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0\n",
          1 }, /* unknown, but used */
        { HEAD LO "  usb0: 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", 1 }, /* not in sysfs */
        { HEAD LO "  usb0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", 0 },
    };
#undef HEAD
#undef LO
    struct machine *m = *state;

    kiri_test_option(&m->host, "language", "classic");
    kiri_test_option(&m->host, "sysfs", FIXTURES "/sys");
    for (size_t i = 0; i < COUNT(cases); i++) {
        show(m, "before");
        collect(m, 5000);
        show(m, "after");
        put(m->proc, "net/dev", cases[i].dev);
        assert_int_equal(collect(m, 5000), KIRI_OK);
        EXPECT(m, { "net", cases[i].up });
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_MACHINE(classic_tells_a_row_in_six_words),
        ON_A_MACHINE(classic_says_that_no_swap_is_none_used),
        ON_A_MACHINE(classic_tells_no_row_that_it_cannot_tell_whole),
        ON_A_MACHINE(classic_counts_on_when_a_counter_went_backwards),
        ON_A_MACHINE(the_network_is_up_when_an_interface_is),
    };

    return machine_load_pulse() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
