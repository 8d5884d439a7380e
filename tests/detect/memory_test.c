/*
 * memory_test.c - A9: memory runs out anywhere between a file and its scores: a sentence
 * is given, and nothing is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/detect.h"
#include "faults/nth_malloc.h"
#include "paper.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

struct task {
    struct detect_options options;
    int refused_silently;
};

static int attempt(void *ctx)
{
    struct task *task = ctx;
    struct detect_report report = { .rows = 0 };
    struct kiri_error err = { 0 };
    struct output *out = output_open("/dev/null", 1, &err);
    int rc = out ? detect_run(&task->options, out, &report, &err) : -1;

    nth_malloc_stop();
    task->refused_silently |= rc && !err.text[0];
    output_drop(out);
    detect_report_free(&report);
    return rc ? -1 : 0;
}

static void a_file_that_memory_is_short_for_is_a_sentence(void **state)
{
    static const struct {
        enum source_format format;
        const char *text;
    } cases[] = {
        { SOURCE_CSV, "ts,v,s\n100,1,on\n160,2,off\n220,,on\n280,4,off\n\n300,5\n" },
        { SOURCE_JSONL, "{\"ts\":1,\"v\":2}\n{\"ts\":2,\"v\":{\"a\":3}}\nno\n" },
        { SOURCE_LINES, "one\ntwo\n" },
    };

    (void)state;
    json_set_alloc_funcs(nth_malloc_steady, nth_malloc_steady_free);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[PAPER_PATH];
        int fd = paper_text(cases[i].text, path);
        struct task task = {
            .options = { .input = path, .format = cases[i].format, .warmup = 100 }
        };
        long refused, tried;
        assert_int_equal(nth_malloc_sweep(attempt, &task, 1, &refused, &tried), 0);
        assert_true(refused > 20);
        assert_false(task.refused_silently);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_memory_is_short_for_is_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
