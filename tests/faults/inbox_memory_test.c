/*
 * inbox_memory_test.c - A9: memory runs out at each request of a message to the inbox: it
 * is answered once, its row is stored once or not at all, as the answer says, and the
 * next message is taken.
 */
#include "faults/lone_flow.h"
#include "faults/nth_malloc.h"
#include "inbox/inbox.h"
#include "load/remote.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SOIL "\"schema\":{\"fields\":[{\"name\":\"soil\",\"lo\":0,\"hi\":100}]}"
#define RAIN                                                                             \
    "\"schema\":{\"fields\":[{\"name\":\"soil\",\"lo\":0,\"hi\":100},"                   \
    "{\"name\":\"rain\",\"lo\":0,\"hi\":9}]}"
#define SOIL_IS  "obs/soil {" SOIL "}"
#define PATIENCE 200 /* turns */

static char dir[] = "/tmp/kiri-inbox-memory-XXXXXX";
static uv_loop_t loop;
static struct flow flow;
static struct instance *in;
static struct control control = { .flow = &flow, .instance = &in, .n_instances = 1 };
static struct inbox inbox;

static int make(void **state)
{
    static const struct conf_atom as = { .name = "soil",
                                         .plugin = "remote",
                                         .every_ms = 1000 };
    struct kiri_error err;

    (void)state;
    assert_non_null(mkdtemp(dir));
    lone_flow_init(&flow, &loop, dir);
    in = instance_start(&flow, &as, remote_plugin(&err), NULL);
    assert_non_null(in);
    inbox_open(&inbox, &control);
    lone_flow_turn(&flow);
    return 0;
}

static int drop(void **state)
{
    char command[128];

    (void)state;
    inbox_close(&inbox);
    instance_stop(in);
    for (int i = 0; i < PATIENCE && !instance_gone(in); i++)
        lone_flow_turn(&flow);
    instance_free(in);
    lone_flow_fini(&flow);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

/* Is it taken? */
static int send_message(const char *text)
{
    static struct bus_request r;

    r = (struct bus_request){ .text = text };
    inbox_take(&inbox, &r);
    for (int i = 0; i < PATIENCE && !r.answers; i++) {
        lone_flow_turn(&flow);
        inbox_turn(&inbox);
    }
    nth_malloc_stop();
    assert_int_equal(r.answers, 1);
    assert_null(inbox.waiting);
    return memmem(r.answer, r.len, "\"ok\":true", 9) != NULL;
}

static void rest(void)
{
    for (int i = 0; i < PATIENCE && in->health != INSTANCE_WELL; i++) {
        if (!in->opened)
            collect_open(in); /* as its timer would, which runs on real time */
        lone_flow_turn(&flow);
    }
    for (int i = 0; i < INBOX_CHANGE_MS / LONE_TURN_MS; i++)
        lone_flow_turn(&flow); /* until the schema may change again */
}

/* How many were refused. */
static long sweep(const char *before, const char *text, int fine, unsigned rows,
                  long stride)
{
    long refused = 0;

    for (int lasting = 0; lasting < 2; lasting++)
        for (long n = 1;; n += stride) {
            rest();
            assert_int_equal(send_message(before), 1);
            rest();
            uint64_t had = in->collected;
            nth_malloc_fail(n, lasting);
            int ok = send_message(text), failed = nth_malloc_stop();
            if (in->collected - had != (ok ? rows : 0))
                fail_msg("%s, request %ld: answered %d, %d rows", text, n, ok,
                         (int)(in->collected - had));
            refused += !ok;
            answers_fini(&inbox.answers);
            if (!failed) {
                assert_int_equal(ok, fine);
                break;
            }
        }
    return refused;
}

static void each_message_is_answered_once_and_truly(void **state)
{
    static const struct {
        const char *before, *text;
        int fine;
        unsigned rows;
        long stride; /* what opens the atom anew reads all its rows each time */
    } messages[] = {
        { SOIL_IS, "obs/soil {\"id\":\"1\",\"values\":{\"soil\":41}}", 1, 1, 1 },
        { SOIL_IS, "obs/soil {\"values\":{\"siol\":1}}", 0, 0, 1 },
        { SOIL_IS, "obs/siol {\"values\":{\"soil\":1}}", 0, 0, 1 },
        { SOIL_IS, "dance", 0, 0, 1 },
        { SOIL_IS, "obs/soil {" RAIN "}", 1, 0, 13 },
        { SOIL_IS, "obs/soil {" RAIN ",\"values\":{\"rain\":1}}", 1, 1, 61 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        long refused = sweep(messages[i].before, messages[i].text, messages[i].fine,
                             messages[i].rows, messages[i].stride);
        printf("%s: %ld refused\n", messages[i].text, refused);
        assert_true(refused > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_answered_once_and_truly),
    };

    json_set_alloc_funcs(nth_malloc_steady, nth_malloc_steady_free);
    return cmocka_run_group_tests(tests, make, drop);
}
