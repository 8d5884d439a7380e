/*
 * planted.c - an atom that does everything right but for one thing, which is chosen when
 * it is compiled: -DPLANTED=LEAK -DPLANTED_LEAK. `kiri check` must find it, by its
 * sentence, and nothing else (tests/load/abuse_test.c).
 */
#include <kiri/atom.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum fault {
    NOTHING,
    /* what ends a process, or stops it */
    SEGV,
    SPIN,
    EXIT_OPEN,
    CLOSE_NULL,
    SHORT_MEMORY,
    FOREIGN_STATE,
    LONG_PATH,
    UNKNOWN_EVENT,
    DOUBLE_FREE,
    /* what is left behind */
    LEAK,
    LEAK_OPEN,
    LEAK_SHORT,
    GROWTH,
    FD_LEAK,
    MAP_LEAK,
    THREAD,
    CHILD,
    GLOBALS,
    TABLE,
    THREAD_LOCAL,
    CONSTRUCTOR,
    /* what is said */
    NAN_ALWAYS,
    INFINITE,
    LIAR,
    STATUS,
    DANGLING,
    LOCAL_TEXT,
    LONG_TEXT,
    BEYOND,
    CHANGING,
    MORE,
    TIME,
    RANGE,
    TOKEN,
    VERB,
    WEIGHT,
    /* what is asked of the host */
    KV_FLOOD,
    KV_LARGE,
    CHATTER,
    UNDECLARED,
    OWN_THREAD,
    NEVER,
    /* what belongs to the process */
    TALKS,
    CHDIR,
    SIGNAL,
    LOCALE,
    FORK,
    EINTR_FAILS,
    FD_BUSY,
    NO_HELP,
    SCRIBBLE,
};

struct link {
    struct link *next;
    char bytes[56];
};

struct planted {
    const struct kiri_host *host;
    unsigned count;
    char path[64];
    char text[16];
    struct link *links;
    int ends[2];
};

static const struct kiri_field fields[] = {
    { .name = "count",
      .symbol = "N",
      .help = "Collects so far, of ten.",
      .kind = KIRI_NUMBER,
      .flags = KIRI_ALWAYS,
      .buckets = 10,
      .lo = 0,
      .hi = PLANTED == RANGE ? 1 : 10 },
    { .name = "mood",
      .help = "How it is.",
      .kind = KIRI_CHOICE,
      .flags = PLANTED == VERB ? KIRI_DECIDED : 0,
      .choices = (const char *const[]){ "calm", "wild", NULL } },
    { .name = "name", .help = "What it is.", .kind = KIRI_TEXT, .max_len = 16 },
};
static const struct kiri_schema schema = {
    .size = sizeof schema,
    .n_fields = 3,
    .fields = fields,
    .period_ms = PLANTED == FD_BUSY || PLANTED == NEVER ? 0 : 1000
};
static const struct kiri_schema shorter = {
    .size = sizeof shorter, .n_fields = 2, .fields = fields, .period_ms = 1000
};
static const struct kiri_option options[] = {
    { .name = "path",
      .type = KIRI_OPT_PATH,
      .fallback = "/dev/null",
      .help = PLANTED == NO_HELP ? NULL : "A file of which only the name matters." },
    { .name = NULL },
};

#if defined PLANTED_GLOBALS
static unsigned calls;
#define COUNT_CALLS() (calls++)
#elif defined PLANTED_TABLE
static volatile unsigned counts[20]; /* clang keeps one of them otherwise */
#define COUNT_CALLS() (counts[9]++)
#elif defined PLANTED_THREAD_LOCAL
static _Thread_local unsigned calls;
#define COUNT_CALLS() (calls++)
#else
#define COUNT_CALLS() ((void)0)
#endif

#ifdef PLANTED_CONSTRUCTOR
__attribute__((constructor)) static void begin(void)
{
    (void)!getpid();
}
#endif

/* A crash that no compiler can foresee, and no sanitizer: there is nothing at 16. */
static void crash(void)
{
    volatile uintptr_t nowhere = 16;

    *(volatile char *)nowhere = 1;
}

/* Is lost: the compiler must believe that somebody needs it. */
static void lose(void *volatile p)
{
    (void)p;
}

static void *wait_for_ever(void *ctx)
{
    const struct timespec hour = { .tv_sec = 3600 };

    nanosleep(&hour, NULL);
    return ctx;
}

static void *put_from_elsewhere(void *ctx)
{
    const struct planted *p = ctx;

    p->host->kv_put(p->host->ctx, "n", "1", 1);
    return NULL;
}

/* ---- open and close ------------------------------------------------------------- */

static void start_thread(void *(*run)(void *), void *ctx, int wait)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, ctx))
        return;
    if (wait)
        pthread_join(thread, NULL);
    else
        pthread_detach(thread);
}

static void open_faults(struct planted *p)
{
    unsigned saved = 0;
    void *volatile twice;

    switch (PLANTED) {
    case EXIT_OPEN: _exit(3);
    case LEAK_OPEN: lose(malloc(100)); break;
    case MAP_LEAK:
        lose(mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        break;
    case THREAD: start_thread(wait_for_ever, NULL, 0); break;
    case SIGNAL: signal(SIGUSR1, SIG_IGN); break;
    case UNDECLARED: p->host->option(p->host->ctx, "pth"); break;
    case FOREIGN_STATE:
        p->host->kv_get(p->host->ctx, "n", &saved, sizeof saved);
        if (saved > 1000) /* an index that is trusted */
            crash();
        break;
    case FD_BUSY:
        if (pipe2(p->ends, O_CLOEXEC | O_NONBLOCK) || write(p->ends[1], "x", 1) != 1)
            p->ends[0] = p->ends[1] = -1;
        break;
    case DOUBLE_FREE:
        twice = malloc(24);
        free(twice);
        free(twice);
        break;
    default: break;
    }
}

static int planted_open(const struct kiri_host *host, void **self)
{
    const char *path = host->option(host->ctx, "path");
    struct planted *p = calloc(1, sizeof *p);

    if (!p)
        return KIRI_ENOMEM;
    p->host = host;
    p->ends[0] = p->ends[1] = -1;
    if (PLANTED == LEAK_SHORT) {
        char *more = malloc(32);

        lose(more);
        if (!more)
            return KIRI_ENOMEM;
        free(more);
    }
    if (PLANTED == LONG_PATH)
        assert(strlen(path) < sizeof p->path);
    if (strlen(path) >= sizeof p->path) {
        host->log(host->ctx, KIRI_ERROR, "planted: path is longer than 63 bytes");
        free(p);
        return KIRI_ECONFIG;
    }
    strcpy(p->path, path);
    open_faults(p);
    *self = p;
    return KIRI_OK;
}

static void planted_close(void *self)
{
    struct planted *p = self;

    if (PLANTED == CLOSE_NULL && !p)
        abort();
    if (!p)
        return;
    while (p->links) {
        struct link *next = p->links->next;

        free(p->links);
        p->links = next;
    }
    if (p->ends[0] >= 0)
        close(p->ends[0]);
    if (p->ends[1] >= 0)
        close(p->ends[1]);
    free(p);
}

static const struct kiri_schema *planted_schema(void *self)
{
    const struct planted *p = self;

    return PLANTED == CHANGING && p->count > 15 ? &shorter : &schema;
}

/* ---- collect -------------------------------------------------------------------- */

static void grow(struct planted *p)
{
    struct link *link = malloc(sizeof *link);

    if (!link)
        return;
    link->next = p->links;
    p->links = link;
}

static void remember(struct planted *p)
{
    const struct kiri_host *host = p->host;
    char key[16] = "n", large[8] = "";
    uint32_t size = PLANTED == KV_LARGE ? 1u << 30 : sizeof p->count;

    if (PLANTED == KV_FLOOD)
        snprintf(key, sizeof key, "k%u", p->count);
    memcpy(large, &p->count, sizeof p->count);
    host->kv_put(host->ctx, key, large, size);
}

static void hand_out_freed(struct kiri_obs *out)
{
    char *text = malloc(8);

    if (!text)
        return;
    strcpy(text, "gone");
    out->v[2].text.ptr = text;
    out->v[2].text.len = 4;
    free(text);
}

static void hand_out_local(struct kiri_obs *out)
{
    char text[8] = "gone";
    const char *volatile hidden = text;

    out->v[2].text.ptr = hidden;
    out->v[2].text.len = 4;
}

static void fork_once(const struct planted *p)
{
    pid_t child = p->count == 1 ? fork() : -1;

    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid(child, NULL, 0);
}

/* Over what its judge writes down: whatever it has open that can be written to. */
static void scribble(void)
{
    char nonsense[65536];

    memset(nonsense, 0xff, sizeof nonsense);
    for (int fd = 3; fd < 16; fd++)
        (void)!pwrite(fd, nonsense, sizeof nonsense, 0);
}

/* It lives as long as we do not look. */
static void start_child(const struct planted *p)
{
    char name[] = "sleep", long_time[] = "30", *argv[] = { name, long_time, NULL };
    char *env[] = { NULL };
    pid_t child;

    if (p->count == 1)
        (void)!posix_spawn(&child, "/bin/sleep", NULL, NULL, argv, env);
}

/* What is wrong about the row. */
static void row_faults(struct planted *p, struct kiri_obs *out)
{
    switch (PLANTED) {
    case NAN_ALWAYS: out->v[0].num = NAN; break;
    case INFINITE: out->v[0].num = INFINITY; break;
    case LIAR: out->v[1].choice = 99; break;
    case DANGLING: hand_out_freed(out); break;
    case LOCAL_TEXT: hand_out_local(out); break;
    case LONG_TEXT: out->v[2].text.len = 1u << 30; break;
    case BEYOND: out->v[out->n].num = 1; break;
    case TIME: out->time_ms = 12; break;
    case RANGE: out->v[0].num = 2 + p->count % 10; break;
    default: break;
    }
}

/* What else it does. */
static void other_faults(struct planted *p)
{
    char *volatile unchecked;

    switch (PLANTED) {
    case SEGV: crash(); break;
    case SHORT_MEMORY:
        unchecked = malloc(10);
        if (!unchecked)
            crash(); /* as writing there would */
        free(unchecked);
        break;
    case LEAK: lose(malloc(48)); break;
    case GROWTH: grow(p); break;
    case FD_LEAK: (void)!open("/dev/null", O_RDONLY | O_CLOEXEC); break;
    case KV_FLOOD:
    case KV_LARGE:
    case FOREIGN_STATE: remember(p); break;
    case CHATTER:
        for (int i = 0; i < 100; i++)
            kiri_logf(p->host, KIRI_INFO, "planted: call %u, line %d", p->count, i);
        break;
    case OWN_THREAD: start_thread(put_from_elsewhere, p, 1); break;
    case TALKS: printf("hello\n"); break;
    case CHDIR: (void)!chdir("/"); break;
    case CHILD: start_child(p); break;
    case LOCALE: setlocale(LC_ALL, "C.UTF-8"); break;
    case FORK: fork_once(p); break;
    case SCRIBBLE: scribble(); break;
    default: break;
    }
}

static int planted_collect(void *self, struct kiri_obs *out)
{
    const struct timespec moment = { .tv_nsec = 300000 };
    struct planted *p = self;
    volatile int always = 1;

    p->count++;
    COUNT_CALLS();
    snprintf(p->text, sizeof p->text, "row %u", p->count % 1000);
    out->v[0].num = p->count % 10;
    out->v[1].choice = p->count % 7 == 0;
    out->v[2].text.ptr = p->text;
    out->v[2].text.len = (uint32_t)strlen(p->text);
    out->label = p->path;
    row_faults(p, out);
    other_faults(p);
    while (PLANTED == SPIN && p->count == 3 && always)
        ;
    if (PLANTED == EINTR_FAILS && nanosleep(&moment, NULL) && errno == EINTR)
        return KIRI_EIO;
    return PLANTED == STATUS    ? 99
           : PLANTED == MORE    ? KIRI_MORE
           : PLANTED == FD_BUSY ? KIRI_NONE
                                : KIRI_OK;
}

/* ---- what only some have -------------------------------------------------------- */

#ifdef PLANTED_UNKNOWN_EVENT
static int planted_hear(void *self, const struct kiri_event *e)
{
    (void)self;
    if (e->kind > KIRI_RETRAINED)
        crash();
    return KIRI_OK;
}
#endif

#ifdef PLANTED_TOKEN
static int planted_tokenize(void *self, const union kiri_value *in,
                            struct kiri_token *out, uint32_t cap)
{
    (void)self, (void)in;
    if (!cap)
        return KIRI_EBUG;
    out[0] = (struct kiri_token){ .id = 12, .field = 0 };
    return 1;
}

static uint32_t planted_vocab(void *self)
{
    (void)self;
    return 12;
}
#endif

#ifdef PLANTED_VERB
static int planted_decide(void *self, const struct kiri_choice *c, uint32_t n,
                          struct kiri_action *out)
{
    (void)self;
    out->verb = n == 1 && c[0].n == 2 ? 99 : KIRI_ALERT;
    out->reason = "It looks odd.";
    return KIRI_OK;
}
#endif

#ifdef PLANTED_WEIGHT
static int planted_lessons(void *self, struct kiri_lesson *out)
{
    (void)self;
    out->v[0].num = 3;
    out->weight = -1;
    return KIRI_OK;
}
#endif

#ifdef PLANTED_FD_BUSY
static int planted_fd(void *self)
{
    return ((struct planted *)self)->ends[0];
}
#endif

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,
    .name = "planted",
    .version = "1.0",
    .help = "Right but for one thing.",
    .options = options,
    .open = planted_open,
    .close = planted_close,
    .schema = planted_schema,
    .collect = planted_collect,
#ifdef PLANTED_UNKNOWN_EVENT
    .hear = planted_hear,
#endif
#ifdef PLANTED_TOKEN
    .tokenize = planted_tokenize,
    .vocab = planted_vocab,
#endif
#ifdef PLANTED_VERB
    .decide = planted_decide,
#endif
#ifdef PLANTED_WEIGHT
    .lessons = planted_lessons,
#endif
#ifdef PLANTED_FD_BUSY
    .fd = planted_fd,
#endif
};
