/*
 * control_memory_test.c - A9: memory runs out at the Nth request of answering a command:
 * there is one answer all the same, a JSON object, and it does not lie.
 */
#include "control/control.h"
#include "faults/lone_flow.h"
#include "faults/nth_malloc.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MESSAGES 20u

static char dir[64], file[] = "m.yaml", molecule[] = "memory";
static uv_loop_t loop;
static struct flow flow;
static const struct conf conf = { .file = file, .molecule = molecule, .state = dir };

static void on_stop(void *ctx)
{
    (void)ctx;
}

static void on_reload(void *ctx, struct asked *a, const char *atom)
{
    static const char *const lines[] = { "atom pulse: added" };

    (void)ctx, (void)atom;
    asked_fine(a, lines, 1);
}

static void on_status(void *ctx, struct jsonw *j)
{
    (void)ctx, (void)j;
}

static struct control control = {
    .flow = &flow,
    .conf = &conf,
    .host = "h",
    .boot = "lone",
    .bus_url = "ipc:///b",
    .control_url = "ipc:///c",
    .act = { .stop = on_stop, .reload = on_reload, .status = on_status },
};

static int make_flow(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/kiri-control-XXXXXX");
    assert_non_null(mkdtemp(dir));
    lone_flow_init(&flow, &loop, dir);
    for (uint64_t i = 1; i <= MESSAGES; i++)
        store_put_message(flow.store, i, clock_now(&clock_system), "score/pulse {}", 14,
                          0);
    assert_int_equal(store_flush(flow.store, 2000), 0);
    return control_open(&control);
}

static int drop_flow(void **state)
{
    char command[128];
    (void)state;

    assert_int_equal(control_stop(&control, 0), 0);
    control_close(&control);
    lone_flow_fini(&flow);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

/* A page of fewer than n messages must not look as if it were whole. */
static void is_no_lie(const struct bus_request *r, size_t n)
{
    json_t *root = json_loadb(r->answer, r->len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *messages = json_object_get(root, "messages");
    const char *error = json_string_value(json_object_get(root, "error"));

    assert_true(json_is_object(root));
    if (json_is_true(json_object_get(root, "ok")))
        assert_int_equal(json_array_size(messages), n);
    else
        assert_true(error && *error && json_object_get(root, "code"));
    json_decref(root);
}

/* "ok"? */
static int ask(const char *text, size_t messages)
{
    static struct bus_request r;

    r = (struct bus_request){ .text = text };
    control_take(&control, &r);
    control_turn(&control);
    for (int i = 0; i < 10 && !r.answers; i++)
        lone_flow_turn(&flow);
    nth_malloc_stop();
    assert_int_equal(r.answers, 1);
    assert_int_equal(control.answers.n_running, 0);
    is_no_lie(&r, messages);
    answers_fini(&control.answers);
    return strstr(r.answer, "\"ok\":true") != NULL;
}

/* Not nth_malloc_sweep: the store's own thread asks for memory, too, so that blocks in
 * use say nothing; what is left behind AddressSanitizer sees. Returns how many were
 * refused.
 */
static long sweep(const char *text, int fine, size_t messages)
{
    long refused = 0;

    assert_int_equal(ask(text, messages), fine);
    for (int lasting = 0; lasting < 2; lasting++)
        for (long n = 1;; n++) {
            nth_malloc_fail(n, lasting);
            int ok = ask(text, messages);
            if (!nth_malloc_stop())
                break;
            refused += !ok;
        }
    assert_int_equal(ask(text, messages), fine);
    return refused;
}

static void each_request_is_answered_once(void **state)
{
    static const struct {
        const char *text;
        int fine;
        size_t messages;
    } requests[] = {
        { "{\"id\":\"1\",\"cmd\":\"status\"}", 1, 0 },
        { "{\"id\":\"1\",\"cmd\":\"snapshot\",\"topics\":[\"molecule \"]}", 1, 1 },
        { "{\"id\":\"1\",\"cmd\":\"since\",\"boot\":\"\",\"seq\":0,\"topics\":[\"score\"]"
          "}",
          1, MESSAGES },
        { "{\"id\":\"1\",\"cmd\":\"since\",\"boot\":\"other\",\"seq\":7}", 0, 0 },
        { "{\"id\":\"1\",\"cmd\":\"save\"}", 1, 0 },
        { "{\"id\":\"1\",\"cmd\":\"flush\"}", 1, 0 },
        { "{\"id\":\"1\",\"cmd\":\"reload\"}", 1, 0 },
        { "{\"id\":\"1\",\"cmd\":\"stop\"}", 1, 0 },
        { "{\"id\":\"1\",\"cmd\":\"dance\"}", 0, 0 },
        { "dance", 0, 0 },
    };
    (void)state;

    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        long refused = sweep(requests[i].text, requests[i].fine, requests[i].messages);

        printf("%s: %ld refused\n", requests[i].text, refused);
        assert_true(refused > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_answered_once),
    };

    json_set_alloc_funcs(nth_malloc_steady, nth_malloc_steady_free);
    return cmocka_run_group_tests(tests, make_flow, drop_flow);
}
