/*
 * memory_test.c - A9: memory runs out anywhere between labelled files and their figures:
 * a sentence is given, and nothing is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../detect/paper.h"
#include "eval/eval.h"
#include "eval/print.h"
#include "eval/report.h"
#include "eval/trial.h"
#include "faults/nth_malloc.h"

#include <jansson.h>
#include <unistd.h>

struct task {
    struct eval_options options;
    int refused_silently;
};

/* One stream, and its page. */
static int attempt(void *ctx)
{
    struct task *task = ctx;
    struct trial_watch watch = { 0 };
    struct kiri_error err = { 0 };
    struct trial trial = { 0 };
    struct eval e = { .trial = &trial };
    struct buf out = { 0 };
    int rc = corpus_open(&e.corpus, &task->options.corpus, &e.remarks, &err);

    if (rc == 0)
        rc = trial_run(&task->options, &e.corpus.stream[0], &watch, &trial, &err);
    if (rc == 0) {
        const struct judged *j = &trial.judged;
        const struct measured *m = &trial.measured;
        rc = measure_all(&j, &m, 1, &e.all);
        if (rc == 0) {
            print_text(&e, &task->options, &out);
            report_write(&e, &task->options, "0", REPORT_BYTES, &out);
            rc = buf_failed(&out) || buf_failed(&e.remarks) ? -1 : 0;
        }
        if (rc)
            kiri_fail(&err, KIRI_INTERNAL, "memory is short");
    }
    nth_malloc_stop();
    task->refused_silently |= rc && !err.text[0];
    trial_free(&trial);
    corpus_free(&e.corpus);
    buf_free(&e.remarks);
    buf_free(&out);
    return rc ? -1 : 0;
}

static void labels_that_memory_is_short_for_are_a_sentence(void **state)
{
    char rows[PAPER_PATH], scores[PAPER_PATH], windows[PAPER_PATH];
    int fds[] = {
        paper_text("ts,v,w,label\n60,1,5,0\n120,2,,1\n180,3,7,1\n240,4,8,0\n300,4,8,0\n",
                   rows),
        paper_text("score,alarm,state,blame,tail\n.1,0,normal,,1\n.5,1,alarm,v,.01\n"
                   ".4,0,alarm,,.2\n.3,0,normal,,1\n.3,1,alarm,w,.1\n",
                   scores),
        paper_text("[[120, 180]]", windows),
    };
    struct task task = { .options = { .corpus = { .path = rows, .scores = scores },
                                      .buffer = 3 } };
    long refused, tried;

    (void)state;
    json_set_alloc_funcs(nth_malloc_steady, nth_malloc_steady_free);
    for (int windowed = 0; windowed < 2; windowed++) {
        task.options.corpus.windows = windowed ? windows : NULL;
        assert_int_equal(nth_malloc_sweep(attempt, &task, 1, &refused, &tried), 0);
        assert_true(refused > 30);
        assert_false(task.refused_silently);
    }
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close(fds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_that_memory_is_short_for_are_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
