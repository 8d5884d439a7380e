/*
 * learn_memory_test.c - A9: memory runs out while an atom learns: its rows wait, it is
 * tried again some seconds later and not in a hurry, and nothing is lost.
 */
#include "base/log.h"
#include "faults/lone_flow.h"
#include "faults/nth_malloc.h"
#include "flow/instance.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WARMUP 50
#define TURNS  (10 * 1000 / LONE_TURN_MS) /* ten seconds */

static char dir[64], name[] = "tally", word[] = "word", value[] = "x";
static uv_loop_t loop;
static struct flow flow;
static struct conf_option option = { .name = word, .value = value };
static const struct conf_atom tally = { .name = name,
                                        .plugin = name,
                                        .every_ms = 60000,
                                        .warmup = WARMUP,
                                        .options = &option,
                                        .n_options = 1 };
static unsigned failures;

static void hear(void *ctx, enum log_level level, const char *line)
{
    (void)ctx, (void)level;
    failures += strstr(line, "learn") != NULL;
}

static void tick(struct instance *in)
{
    uv_timer_start(&in->timer, in->timer.timer_cb, 0, 0);
    lone_flow_turn(&flow);
    lone_flow_turn(&flow);
}

static struct instance *start(void)
{
    struct kiri_error err;
    struct plugin *p = plugin_open(KIRI_BUILD_DIR "/tests/load/probe-helper",
                                   KIRI_BUILD_DIR "/tests/faults/atoms/tally.so", &err);
    struct instance *in = p ? instance_start(&flow, &tally, p, NULL) : NULL;

    assert_non_null(in);
    for (int i = 0; i < TURNS && in->facts.rows < WARMUP - 1; i++)
        tick(in);
    assert_int_equal(in->facts.rows, WARMUP - 1);
    assert_int_equal(in->facts.gen, 0);
    return in;
}

static void stop(struct instance *in)
{
    instance_stop(in);
    for (int i = 0; i < TURNS && !instance_gone(in); i++)
        lone_flow_turn(&flow);
    assert_true(instance_gone(in));
    instance_free(in);
}

static void learning_is_tried_again_but_not_in_a_hurry(void **state)
{
    struct instance *in = start();
    (void)state;

    log_listen(hear, NULL);
    for (long n = 1; !failures; n++) { /* until it is the learning that fails */
        assert_int_equal(in->facts.gen, 0);
        nth_malloc_fail(n, 1);
        tick(in);
        for (int i = 0; i < TURNS; i++)
            lone_flow_turn(&flow);
        assert_true(nth_malloc_stop());
    }
    assert_int_equal(failures, 1);
    uint64_t rows = in->facts.rows + in->n_rows;
    tick(in);
    assert_int_equal(in->facts.gen, 1);
    assert_int_equal(in->n_rows, 0);
    assert_int_equal(in->facts.rows, rows + 1);
    log_listen(NULL, NULL);
    stop(in);
}

static int make_flow(void **state)
{
    (void)state;
    log_threshold(LOG_AT_ERROR);
    snprintf(dir, sizeof dir, "/tmp/kiri-learn-XXXXXX");
    assert_non_null(mkdtemp(dir));
    lone_flow_init(&flow, &loop, dir);
    return 0;
}

static int drop_flow(void **state)
{
    char command[128];
    (void)state;

    lone_flow_fini(&flow);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learning_is_tried_again_but_not_in_a_hurry),
    };

    json_set_alloc_funcs(nth_malloc_steady, nth_malloc_steady_free);
    return cmocka_run_group_tests(tests, make_flow, drop_flow);
}
