/*
 * abuse_test.c - `kiri check FILE.so` finds each planted fault by its sentence, and
 * nothing that is not there. usage: abuse_test KIRI GROUP
 */
#include "room.h"

#include "load/abuse/abuse.h"

/* A sanitizer has mappings, globals and constructors of its own: these are not judged. */
#if defined(__has_feature)
#define PLAIN !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PLAIN 0
#else
#define PLAIN 1
#endif

static const char *kiri, *group;

/* What is planted (tests/faults/atoms/planted.c), and what must be said about it. `more`:
 * what else may be found, a consequence of it. */
static const struct planted {
    const char *group, *name, *kind, *says, *more;
} planted[] = {
    { "ends", "SEGV", "crash",
      "collect() crashes (SIGSEGV): run it under a debugger, or build it with "
      "-fsanitize=address",
      NULL },
    { "ends", "SPIN", "hang",
      "collect() does not return within 2 s: return KIRI_NONE and give the host a period "
      "or an fd",
      NULL },
    { "ends", "EXIT_OPEN", "exit",
      "open() ends the process (exit code 3): return a negative status instead", NULL },
    { "ends", "CLOSE_NULL", "crash",
      "close() crashes (SIGABRT) when it is given NULL: accept NULL", NULL },
    { "ends", "SHORT_MEMORY", "crash",
      "collect() crashes (SIGSEGV) when request 1 of collect() for memory fails: look at "
      "what malloc()",
      NULL },
    { "ends", "FOREIGN_STATE", "crash",
      "open() crashes (SIGSEGV) when another version has left its small state: trust "
      "neither length nor content",
      NULL },
    { "ends", "LONG_PATH", "crash",
      "open() crashes (SIGABRT) when its option `path` is 4,000 bytes long, having said "
      "\"",
      NULL },
    { "ends", "UNKNOWN_EVENT", "crash", "hear() crashes (SIGSEGV): ", NULL },
    { "ends", "DOUBLE_FREE", "double-free",
      "open() frees a block a second time: set the pointer to NULL", "" },
    { "left", "LEAK", "leak", "collect() loses ", NULL },
    { "left", "LEAK_OPEN", "leak", "bytes are lost with each open() and close(): free",
      NULL },
    { "left", "LEAK_SHORT", "leak-short",
      "open() loses memory when request 2 of open() for memory fails: give back", NULL },
    { "left", "GROWTH", "growth", "more bytes at each call: bound what it remembers",
      NULL },
    { "left", "FD_LEAK", "fd-leak", "collect() opens what nobody closes: close them",
      "" },
    { "left", "THREAD", "thread",
      "1 of its threads lives after close(): join them in close()", NULL },
    { "left", "CHILD", "child", "it leaves a child process behind after close()", NULL },
    { "left", "GLOBALS", "globals",
      "collect() changes global memory (`calls`): put it into "
      "the instance",
      "" },
#if PLAIN
    { "left", "MAP_LEAK", "mapping", "64 KiB more stay mapped with each life: munmap()",
      NULL },
    { "left", "TABLE", "globals",
      "bytes of global memory that can change (counts): make them const", "" },
    { "left", "THREAD_LOCAL", "globals",
      "it has 4 bytes of thread-local variables: put them into the instance", NULL },
    { "left", "CONSTRUCTOR", "constructor",
      "it has constructors or destructors of its own: they run before the host", NULL },
#endif
    { "said", "NAN_ALWAYS", "missing",
      "count: collect() leaves it missing, although it is ALWAYS there: return", NULL },
    { "said", "INFINITE", "infinite",
      "count: collect() gives inf: what is not known is NaN", NULL },
    { "said", "LIAR", "index", "mood: collect() gives choice 99, but it has 0..1: -1 is",
      NULL },
    { "said", "STATUS", "status",
      "collect() returns 99, which the contract does not know: return KIRI_OK", NULL },
    { "said", "DANGLING", "dangling",
      "name: its text of 4 bytes points to memory that it has freed: what is", NULL },
    { "said", "LOCAL_TEXT", "dangling",
      "name: its text of 4 bytes points to a local variable of its own, which is gone",
      NULL },
    { "said", "LONG_TEXT", "dangling",
      "name: its text of 1073741824 bytes points to memory that cannot be read: what is",
      "" },
    { "said", "BEYOND", "beyond",
      "collect() writes beyond the 3 values of its schema: out->n says", NULL },
    { "said", "CHANGING", "schema-changes",
      "schema() gives another answer than before: it must be the same", NULL },
    { "said", "MORE", "more",
      "rows of one turn: return KIRI_MORE only while another row is ready", NULL },
    { "said", "TIME", "time",
      "collect() says that its row is of 12 ms after 1970: it is UTC", NULL },
    { "said", "RANGE", "range", "values are outside of 0..1: widen the range", NULL },
    { "said", "TOKEN", "token-id", "tokenize() gives the id 12 of a vocabulary of 12",
      NULL },
    { "said", "VERB", "verb", "decide() wishes for verb 99: use one of enum kiri_verb",
      NULL },
    { "said", "WEIGHT", "weight",
      "lessons() gives a weight that is negative or not finite: 1 is usual", NULL },
    { "asked", "KV_FLOOD", "kv-keys",
      "it wants to keep more than 64 keys: the host keeps 64 of an instance", NULL },
    { "asked", "KV_LARGE", "kv-value",
      "it wants to keep 1073741824 bytes under the key `n`: 4,096 bytes are possible",
      NULL },
    { "asked", "CHATTER", "chatter",
      "collects: say what changes, once; a host shows 10 lines a second", NULL },
    { "asked", "UNDECLARED", "undeclared",
      "it asks for the option `pth`, which it does not declare (did you mean `path`?)",
      NULL },
    { "asked", "OWN_THREAD", "foreign-call",
      "it calls kv_put() from a thread of its own: only log", NULL },
    { "asked", "NEVER", "never",
      "it has neither a period nor an fd: nobody would ever ask it: set period_ms",
      NULL },
    { "asked", "NO_HELP", "help", "its option `path` has no help: one sentence", NULL },
    { "process", "TALKS", "writes", "collect() writes 6 bytes to stdout: use host->log",
      NULL },
    { "process", "SCRIBBLE", "scribble",
      "it writes over memory or into a descriptor that is not its own: build it", NULL },
    { "process", "CHDIR", "chdir",
      "collect() changes the working directory of the process: use paths", NULL },
    { "process", "SIGNAL", "signal",
      "open() changes what SIGUSR1 does to the process: signals are the host's", NULL },
    { "process", "LOCALE", "locale", "collect() changes the locale of the process: use",
      NULL },
    { "process", "FORK", "fork", "collect() calls fork(): use posix_spawn()", NULL },
    { "process", "EINTR_FAILS", "eintr",
      "times while signals interrupt it: try again when errno is EINTR", NULL },
    { "process", "FD_BUSY", "fd-busy",
      "fd() stays readable although collect() says KIRI_NONE: a host would ask", NULL },
};

static struct abuse_report report;

static void check(const char *file, const char *const *options)
{
    struct kiri_error err;

    if (abuse_file(kiri, file, options, NULL, NULL, &report, &err))
        fail_msg("%s", err.text);
}

static void show(const char *what)
{
    print_error("%s: %u findings\n", what, report.n_findings);
    for (uint32_t i = 0; i < report.n_findings; i++)
        print_error("  %s %s %s: %s\n", report.finding[i].trial, report.finding[i].kind,
                    report.finding[i].about, report.finding[i].text);
}

static void each_planted_fault_is_found_by_its_sentence(void **state)
{
    static const char *const none[] = { NULL };
    int wrong = 0, tried = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(planted); i++) {
        const struct planted *p = &planted[i];
        char file[256];
        int found = 0;

        if (strcmp(p->group, group) != 0)
            continue;
        tried++;
        snprintf(file, sizeof file, "%s/planted_%s.so",
                 KIRI_BUILD_DIR "/tests/faults/atoms", p->name);
        check(file, none);
        for (uint32_t k = 0; k < report.n_findings; k++)
            found |= strcmp(report.finding[k].kind, p->kind) == 0 &&
                     strstr(report.finding[k].text, p->says);
        if (found && (report.n_findings == 1 || p->more))
            continue;
        wrong++;
        show(p->name);
    }
    assert_true(tried > 0);
    assert_int_equal(wrong, 0);
    no_children_left();
}

static void what_is_right_is_found_right(void **state)
{
    static const char *const none[] = { NULL };
    (void)state;

    check(KIRI_BUILD_DIR "/tests/faults/atoms/planted_NOTHING.so", none);
    if (report.n_findings || report.n_notes)
        show("NOTHING");
    assert_int_equal(report.n_findings, 0);
    assert_int_equal(report.n_trials, 12);
    assert_string_equal(report.name, "planted");
    assert_true(report.calls > 2000 && report.rows > 2000);
}

/* B6: refused before anything of it is called, in one sentence. */
static void what_is_no_atom_is_a_finding(void **state)
{
    static const char *const none[] = { NULL };
    static const char *const names[] = {
        "old_abi",          "future_abi",        "no_symbol",        "null_callbacks",
        "size_zero",        "size_huge",         "size_lie",         "odd_field_size",
        "bad_name",         "bad_option",        "endless_options",  "lone_tokenize",
        "exit_constructor", "crash_constructor", "crash_destructor",
    };
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        char file[256];

        snprintf(file, sizeof file, "%s/%s.so", KIRI_BUILD_DIR "/tests/faults/atoms",
                 names[i]);
        check(file, none);
        if (report.n_findings != 1 || strcmp(report.finding[0].kind, "load") != 0 ||
            report.n_trials != 0)
            fail_msg("%s: %u findings, %u trials", names[i], report.n_findings,
                     report.n_trials);
    }

    check(ATOM("old_abi"), none);
    assert_int_equal(report.n_findings, 1);
    assert_string_equal(report.finding[0].kind, "load");
    assert_string_equal(
        report.finding[0].text,
        "it speaks ABI 0, this host speaks 1: rebuild it against this SDK");
    check(ATOM("bad_schema"), none);
    assert_non_null(strstr(report.finding[report.n_findings - 1].text,
                           "its schema is not valid: cpu: lo must be < hi"));
}

static void what_cannot_be_tried_is_refused(void **state)
{
    static const struct {
        const char *file, *options[3], *says;
        enum kiri_code code;
    } cases[] = {
        { "/nowhere/x.so", { NULL }, "it cannot be opened: No such", KIRI_NO_INPUT },
        { ATOM("planted_NOTHING"),
          { "paht=/x" },
          "it has no option `paht`, did you mean `path`?",
          KIRI_USAGE },
        { ATOM("planted_NOTHING"),
          { "path" },
          "--set takes OPTION=VALUE, not 'path'",
          KIRI_USAGE },
        { ATOM("planted_NOTHING"),
          { "path=/a", "path=/b" },
          "its option `path` is given twice",
          KIRI_USAGE },
        { ATOM("good"),
          { NULL },
          "it needs its option `needed`, a text: say --set needed=VALUE",
          KIRI_USAGE },
        { ATOM("good"),
          { "needed=x", "start=51" },
          "its option `start`: 51 is not in 0..50",
          KIRI_USAGE },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_error err = { 0 };

        assert_int_equal(abuse_file(kiri, cases[i].file, cases[i].options, NULL, NULL,
                                    &report, &err),
                         -1);
        if (err.code != cases[i].code || !strstr(err.text, cases[i].says) ||
            strncmp(err.text, cases[i].file, strlen(cases[i].file)) != 0)
            fail_msg("%s: %d %s", cases[i].file, (int)err.code, err.text);
    }
    no_children_left();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest faults[] = {
        cmocka_unit_test(each_planted_fault_is_found_by_its_sentence),
    };
    const struct CMUnitTest rest[] = {
        cmocka_unit_test(what_is_right_is_found_right),
        cmocka_unit_test(what_is_no_atom_is_a_finding),
        cmocka_unit_test(what_cannot_be_tried_is_refused),
    };

    if (argc != 3)
        return KIRI_USAGE;
    kiri = argv[1];
    group = argv[2];
    return strcmp(group, "rest") == 0
               ? cmocka_run_group_tests(rest, NULL, NULL)
               : cmocka_run_group_tests_name(group, faults, NULL, NULL);
}
