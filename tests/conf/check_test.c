/*
 * check_test.c KIRI - D1, D2: `kiri check` refuses every broken molecule with its place,
 * in 8 MB and 50 ms; bombs too. D5: it writes nothing and makes nothing.
 *
 * Time is only said (CPU, worst), and judged with KIRI_FULL=1: other work on a machine is
 * no fault of ours.
 */
#include "broken.h"
#include "room.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MOST_MS  50
#define MOST_KIB 8192

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

extern char **environ;
static char *kiri;

struct cost {
    double ms; /* CPU of the whole process */
    long kib;  /* its largest resident size */
};

/* Runs `kiri check m.yaml`: its exit code, what it said on stderr and what it took. */
static int check(char *said, size_t cap, struct cost *cost)
{
    char out[96];
    char *argv[] = { kiri, "check", room_file, NULL };
    posix_spawn_file_actions_t files;
    struct rusage use;
    int status;
    pid_t pid;
    FILE *f;

    snprintf(out, sizeof out, "%s/said", room_dir);
    assert_int_equal(posix_spawn_file_actions_init(&files), 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&pid, kiri, &files, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    while (wait4(pid, &status, 0, &use) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status));
    f = fopen(out, "r");
    assert_non_null(f);
    said[fread(said, 1, cap - 1, f)] = '\0';
    fclose(f);
    unlink(out);
    cost->ms = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
               (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
    cost->kib = use.ru_maxrss;
    return WEXITSTATUS(status);
}

static void judge(const char *what, size_t n, const struct cost *worst)
{
    printf("%zu %s: at most %.1f ms and %ld KiB\n", n, what, worst->ms, worst->kib);
#ifndef SANITIZED
    assert_true(worst->kib <= MOST_KIB);
    if (getenv("KIRI_FULL"))
        assert_true(worst->ms <= MOST_MS);
#endif
}

static void add(struct cost *worst, const struct cost *cost)
{
    worst->ms = cost->ms > worst->ms ? cost->ms : worst->ms;
    worst->kib = cost->kib > worst->kib ? cost->kib : worst->kib;
}

/* Every line of it is file:line:col: a sentence. */
static int has_places(const char *said)
{
    size_t file = strlen(room_file);

    while (*said) {
        unsigned line, col;
        int end = 0;

        if (strncmp(said, room_file, file) != 0 ||
            sscanf(said + file, ":%u:%u: %n", &line, &col, &end) != 2 || end == 0)
            return 0;
        said += strcspn(said, "\n");
        said += *said == '\n';
    }
    return 1;
}

static void broken_molecules_are_refused_with_their_place(void **state)
{
    struct broken broken[BROKEN_MOST];
    char *block, said[16384];
    size_t n = broken_read(broken, &block);
    struct cost worst = { 0 };
    (void)state;

    assert_true(n >= 80);
    for (size_t i = 0; i < n; i++) {
        struct cost cost;
        int code;

        room_write(broken[i].text);
        code = check(said, sizeof said, &cost);
        if (code != KIRI_BAD_CONFIG || !*said || !has_places(said))
            fail_msg("%s\nexit %d: %s", broken[i].text, code, said);
        add(&worst, &cost);
    }
    judge("broken molecules", n, &worst);
    free(block);
}

static const struct {
    const char *head, *part;
    size_t n;
    const char *tail;
} bombs[] = {
    { "", "[", 100000, "" },
    { "", "{a: ", 50000, "" },
    { "", "- ", 100000, "" },
    { "", "? ", 100000, "" },
    { "atoms: ", "[", 100000, "" },
    { "atoms: [", "x,", 20000, "]" },
    { "", "- x\n", 20000, "" },
    { "", "a: 1\n", 20000, "" },
    { "", "a: 1\n", 4990, "" },
    { "a: &a [x,x,x]\nb: [", "*a,", 9000, "]" },
    { "a: [", "&a x,", 9000, "]" },
    { "a: [", "!a x,", 9000, "]" },
    { "", "%TAG !a! x\n", 20000, "---\na: 1\n" },
    { "a: 1\n...\n", "%TAG !a! x\n", 20000, "---\n" },
    { "", "---\n", 60000, "" },
    { "a: \"", "\\x41", 60000, "\"" },
    { "a: ", "#\n", 100000, "" },
    { "a: ", "'", 200001, "\n" },
    { "", "\n", 200000, "a: 1\n" },
    { "a", " ", 200000, ": 1\n" },
    { "", "a", 200000, ": 1\n" },
    { "", "a b ", 60000, ": 1\n" },
    { "a: ", ": ", 100000, "" },
    { "a: |\n", "  x\n", 60000, "" },
    { "# ", "xxxxxxxx", 40000, "\na: 1\n" },
    { "a: 1\n", "\xff", 200000, "" },
    { "include: [", "m.yaml, ", 9000, "]" },
    { "include: [", "/dev/zero, ", 62, "]" },
    { "plugins: [", "\"${env:HOME}\", ", 9000, "]" },
    { "plugins: [\"", "${env:HOME}", 20000, "\"]" },
    { "plugins: [\"", "${", 100000, "\"]" },
    { "plugins: [\"", "$", 250000, "\"]" },
    { "bus: { listen: [", "ipc:///a, ", 9000, "] }" },
    { "bus: { listen: [", "{ url: tcp, cert: a, key: b, token: c }, ", 15, "] }" },
    { "atoms: { a: { ", "x: [1, 2, 3], ", 1500, "} }" },
    { "atoms: { ", "\"\\0\": {}, ", 3000, "}" },
    { "atoms: { ", "!: ", 80000, "}" },
    { "retention: { ", "journal: 1h, ", 4000, "}" },
    { "\xef\xbb\xbf", "\xef\xbb\xbf", 80000, "a: 1" },
    { "\xff\xfe", "a\1", 100000, "" },
};

static void bombs_are_refused_by_the_whole_program(void **state)
{
    struct cost worst = { 0 };
    char said[16384];
    (void)state;

    assert_true(COUNT(bombs) >= 40);
    for (size_t i = 0; i < COUNT(bombs); i++) {
        struct buf b = { 0 };
        struct cost cost;
        int code;

        buf_puts(&b, bombs[i].head);
        for (size_t k = 0; k < bombs[i].n; k++)
            buf_puts(&b, bombs[i].part);
        buf_puts(&b, bombs[i].tail);
        room_write(buf_text(&b));
        code = check(said, sizeof said, &cost);
        if (code != KIRI_BAD_CONFIG || !*said)
            fail_msg("bomb %zu: exit %d: %.300s", i, code, said);
        add(&worst, &cost);
        buf_free(&b);
    }
    room_write("a: 1\n");
    assert_int_equal(truncate(room_file, (off_t)1 << 30), 0); /* 1 GiB of nothing */
    assert_int_equal(check(said, sizeof said, &worst), KIRI_BAD_CONFIG);
    judge("bombs", COUNT(bombs) + 1, &worst);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_molecules_are_refused_with_their_place),
        cmocka_unit_test(bombs_are_refused_by_the_whole_program),
    };

    if (argc != 2)
        return 64;
    kiri = argv[1];
    return cmocka_run_group_tests(tests, room_make, room_drop);
}
