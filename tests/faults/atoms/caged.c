/*
 * caged.c - an atom that does, in one of its callbacks, what only a cell survives, chosen
 * by its options; and one that tells what a cell gives it.
 *
 *   mode   what it does, once `after` rows were collected in this life (`where: open` and
 *          `close`: at once)
 *   where  in which callback
 *   fifo   where lines come from: one row each; without it, a period
 *
 * The number of its lives is in its small state. Each row says which life it is, which
 * call, and what the atom was given as its option `word`; the label of the first row of a
 * life, what it found in its process.
 */
#include <kiri/atom.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct caged {
    const struct kiri_host *host;
    const char *mode, *where, *word;
    int after, fd;
    uint32_t life, calls;
    char found[128];
};

static const char *const moods[] = { "calm", "wild", NULL };
static const struct kiri_field fields[] = {
    { .name = "life",
      .symbol = "L",
      .kind = KIRI_NUMBER,
      .buckets = 10,
      .lo = 0,
      .hi = 100 },
    { .name = "call",
      .help = "In this life.",
      .kind = KIRI_NUMBER,
      .buckets = 10,
      .hi = 1e6 },
    { .name = "word", .kind = KIRI_TEXT, .max_len = 8 },
    { .name = "mood", .kind = KIRI_CHOICE, .choices = moods },
};
static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 4, .fields = fields, .period_ms = 100
};
static const struct kiri_schema by_lines = { .size = sizeof schema,
                                             .n_fields = 4,
                                             .fields = fields };
static const struct kiri_schema other = {
    .size = sizeof schema, .n_fields = 3, .fields = fields, .period_ms = 100
};

static volatile int always = 1;

static unsigned count_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n - 3; /* . and .. and the directory itself */
}

static void look_around(struct caged *c)
{
    struct rlimit memory = { 0 }, files = { 0 };
    unsigned variables = 0;

    while (environ && environ[variables])
        variables++;
    getrlimit(RLIMIT_AS, &memory);
    getrlimit(RLIMIT_NOFILE, &files);
    snprintf(c->found, sizeof c->found,
             "%u variables, %u files, at most %lu files, %ld MiB, zone %s", variables,
             count_files(), (unsigned long)files.rlim_cur,
             memory.rlim_cur == RLIM_INFINITY ? -1L : (long)(memory.rlim_cur >> 20),
             getenv("TZ") ? getenv("TZ") : "of the system");
}

static void eat_memory(void)
{
    for (;;) {
        char *volatile some = malloc(1 << 20);

        memset(some, 1, 1 << 20); /* NULL in the end: a crash */
    }
}

static void eat_files(void)
{
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        continue;
    abort();
}

static void chatter(const struct caged *c)
{
    for (int i = 0; i < 100000; i++)
        kiri_logf(c->host, KIRI_INFO, "chatter %d", i);
    for (int i = 0; i < 100000; i++)
        c->host->publish(c->host->ctx, "chatter", "x", 1);
}

/* A child that holds every descriptor that it can, and stays. */
static void leave_a_child(void)
{
    if (fork() == 0)
        for (;;)
            pause();
    raise(SIGSEGV);
}

static void *talk(void *caged)
{
    const struct kiri_host *h = ((struct caged *)caged)->host;

    for (;;) {
        h->log(h->ctx, KIRI_INFO, "from a thread");
        h->publish(h->ctx, "thread", "x", 1);
        h->kv_put(h->ctx, "thread", "x", 1); /* which it must not */
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    return NULL;
}

static void misbehave(struct caged *c)
{
    pthread_t thread;

    if (strcmp(c->mode, "segv") == 0)
        raise(SIGSEGV);
    if (strcmp(c->mode, "abort") == 0)
        abort();
    if (strcmp(c->mode, "exit") == 0)
        exit(3);
    while (strcmp(c->mode, "spin") == 0 && always)
        continue;
    while (strcmp(c->mode, "hang") == 0)
        pause();
    if (strcmp(c->mode, "leak") == 0)
        eat_memory();
    if (strcmp(c->mode, "fdleak") == 0)
        eat_files();
    if (strcmp(c->mode, "chatter") == 0)
        chatter(c);
    if (strcmp(c->mode, "fork") == 0)
        leave_a_child();
    if (strcmp(c->mode, "thread") == 0)
        pthread_create(&thread, NULL, talk, c);
}

static int is_here(const struct caged *c, const char *where)
{
    return strcmp(c->where, where) == 0;
}

static int caged_open(const struct kiri_host *host, void **self)
{
    struct caged *c = calloc(1, sizeof *c);
    const char *fifo = host->option(host->ctx, "fifo");

    *self = c;
    if (!c)
        return KIRI_ENOMEM;
    *c = (struct caged){ .host = host,
                         .mode = host->option(host->ctx, "mode"),
                         .where = host->option(host->ctx, "where"),
                         .word = host->option(host->ctx, "word"),
                         .after = atoi(host->option(host->ctx, "after")),
                         .fd = -1 };
    if (*fifo) {
        c->fd = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (c->fd < 0)
            return KIRI_EIO;
    }
    (void)host->kv_get(host->ctx, "lives", &c->life, sizeof c->life);
    c->life++;
    if (host->kv_put(host->ctx, "lives", &c->life, sizeof c->life))
        return KIRI_EBUG;
    look_around(c);
    if (strcmp(c->mode, "config") == 0)
        return KIRI_ECONFIG;
    if (is_here(c, "open"))
        misbehave(c);
    return KIRI_OK;
}

static void caged_close(void *self)
{
    struct caged *c = self;

    if (c && is_here(c, "close"))
        misbehave(c);
    if (c && c->fd >= 0)
        close(c->fd);
    free(c);
}

static const struct kiri_schema *caged_schema(void *self)
{
    const struct caged *c = self;

    if (strcmp(c->mode, "another") == 0 && c->life > 1)
        return &other;
    return c->fd < 0 ? &schema : &by_lines;
}

static int caged_fd(void *self)
{
    return ((struct caged *)self)->fd;
}

static int caged_collect(void *self, struct kiri_obs *out)
{
    struct caged *c = self;
    char line;

    if (c->fd >= 0 && read(c->fd, &line, 1) != 1)
        return KIRI_NONE;
    if (is_here(c, "collect") && (int)c->calls >= c->after)
        misbehave(c);
    if (strcmp(c->mode, "another") == 0 && (int)c->calls >= c->after)
        raise(SIGSEGV);
    if (strcmp(c->mode, "nonsense") == 0 && (int)c->calls >= c->after)
        return 99;
    if (c->calls++ == 0)
        out->label = c->found;
    out->v[0].num = c->life;
    out->v[1].num = c->calls;
    if (*c->word) {
        out->v[2].text.ptr = c->word;
        out->v[2].text.len = (uint32_t)strlen(c->word);
    }
    out->v[3].choice = c->calls % 2 != 0;
    return c->fd >= 0 ? KIRI_MORE : KIRI_OK;
}

static const struct kiri_option options[] = {
    { "mode", KIRI_OPT_CHOICE, "well",
      "well|segv|abort|exit|spin|hang|leak|fdleak|chatter|fork|thread|another|config|"
      "nonsense",
      "What it does." },
    { "where", KIRI_OPT_CHOICE, "collect", "open|collect|close", "In which callback." },
    { "after", KIRI_OPT_INTEGER, "0", "0..1000000", "Rows before that, in each life." },
    { "word", KIRI_OPT_TEXT, "", NULL, "A text of each row." },
    { "fifo", KIRI_OPT_PATH, "", NULL, "Rows come with bytes from here." },
    { .name = NULL },
};

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,        .name = "caged",        .version = "1.0",
    .help = "Misbehaves.", .options = options,     .open = caged_open,
    .close = caged_close,  .schema = caged_schema, .collect = caged_collect,
    .fd = caged_fd,
};
