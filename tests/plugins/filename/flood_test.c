/* flood_test.c - E5: more names at once than the kernel keeps events for. */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define QUEUE "/proc/sys/fs/inotify/max_queued_events"

static long queue_length(void)
{
    FILE *f = fopen(QUEUE, "re");
    long n = 0;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld", &n), 1);
    fclose(f);
    return n;
}

/* The kernel's limit for every queue made from now on; -1: we may not. */
static int set_queue_length(long n)
{
    FILE *f = fopen(QUEUE, "we");

    if (!f)
        return -1;
    fprintf(f, "%ld\n", n);
    return fclose(f);
}

static void make_files(struct place *p, unsigned from, unsigned to)
{
    char path[64];

    for (unsigned i = from; i < to; i++) {
        snprintf(path, sizeof path, "in/file-%06u.dat", i);
        place_file(p, path);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct told *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* Created = told, each once. */
static void all_were_told(struct place *p, unsigned n)
{
    char name[64];

    assert_int_equal(p->n, n);
    qsort(p->told, p->n, sizeof *p->told, by_name);
    for (unsigned i = 0; i < n; i++) {
        snprintf(name, sizeof name, "file-%06u.dat", i);
        assert_string_equal(p->told[i].name, name);
    }
}

static void collect_until(struct place *p, unsigned n)
{
    place_until(p, n);
    place_collect(p, "in"); /* and not one more */
}

/* E5: 20,000 files at once: observed = created; that the kernel dropped events is said.
 */
static void a_flood_is_told_to_the_last_name(void **state)
{
    struct place *p = *state;
    unsigned n = 20000;

    place_open(p);
    place_collect(p, "in");
    make_files(p, 0, n);
    collect_until(p, n);
    all_were_told(p, n);
    if (queue_length() >= (long)n)
        return; /* on this machine it is no flood */
    assert_true(p->t->notes >= 2);
    assert_string_equal(p->t->note, "complete");
    if (!strstr(p->t->body, "all folders were read again: "))
        fail_msg("%s", p->t->body);
}

/* E5: the same while it reads; in full with a queue of 16 where we may set it. */
static void a_flood_while_it_reads_is_told_too(void **state)
{
    struct place *p = *state;
    unsigned n = getenv("KIRI_FULL") ? 100000 : 2000, at = 0;
    long before = queue_length();
    int64_t deadline = place_now() + 60000;

    int set = getenv("KIRI_FULL") ? set_queue_length(16) : -1; /* it is everybody's */
    place_open(p);
    if (!set)
        set_queue_length(before);
    while (at < n) {
        make_files(p, at, at + 100);
        at += 100;
        for (int i = 0; i < 50; i++)
            place_step(p, deadline);
    }
    collect_until(p, n);
    all_were_told(p, n);
}

/* What was told before a restart, or by reading, is known however much it is. */
static void more_names_than_survive_a_restart_are_told_once(void **state)
{
    struct place *p = *state;
    unsigned n = 31000; /* 29,638 are kept */

    place_open(p);
    make_files(p, 0, n);
    collect_until(p, n);
    p->t->now_ms = ((int64_t)time(NULL) + 60) * 1000;
    place_collect(p, "in"); /* rests: all up to a minute from now is told */
    kiri_test_close(p->t);
    place_open(p);
    place_collect(p, "in");
    assert_true(p->n <= 3); /* the marks of this test, which are as new */
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(a_flood_is_told_to_the_last_name),
        PLACE_TEST(a_flood_while_it_reads_is_told_too),
        PLACE_TEST(more_names_than_survive_a_restart_are_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
