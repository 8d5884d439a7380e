#include "cli/task_log.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEADER   "kiri tasks 1\n"
#define LOG_MOST (64u << 20) /* bytes */
#define TRY_MS   10          /* between tries to have the lock */

/* "1a2b3c4d 2026-11-21T08:15:30Z add 1 Buy soil" */
#define CHECK_LEN 8u
#define STAMP_LEN 20u

/* FNV-1a, 32 bits. */
static uint32_t checksum(const char *s, size_t n)
{
    uint32_t hash = 0x811c9dc5u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)s[i]) * 0x01000193u;
    return hash;
}

/* ---- reading ---------------------------------------------------------------------- */

struct record {
    int64_t at;
    const char *verb, *text;
    size_t verb_len, text_len;
    uint64_t id;
};

static int take_stamp(const char *s, int64_t *at)
{
    char stamp[STAMP_LEN + 1];
    struct tm tm = { 0 };

    memcpy(stamp, s, STAMP_LEN);
    stamp[STAMP_LEN] = '\0';
    const char *end = strptime(stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
    *at = timegm(&tm);
    return end && *end == '\0' && *at >= 0 ? 0 : -1;
}

static int take_id(const char **s, const char *end, uint64_t *id)
{
    const char *p = *s;

    for (*id = 0; p < end && *p >= '0' && *p <= '9' && *id < UINT64_MAX / 16; p++)
        *id = *id * 10 + (uint64_t)(*p - '0');
    if (p == *s || *id == 0 || (p < end && *p != ' '))
        return -1;
    *s = p < end ? p + 1 : p;
    return 0;
}

/* One line of n bytes. 0, or -1: it is damaged. */
static int take_record(const char *line, size_t n, struct record *r)
{
    const size_t verb_at = CHECK_LEN + 1 + STAMP_LEN + 1;
    const char *end = line + n, *s = line + verb_at;
    char said[CHECK_LEN + 1];

    if (n <= verb_at || line[CHECK_LEN] != ' ' || line[verb_at - 1] != ' ')
        return -1;
    snprintf(said, sizeof said, "%08" PRIx32,
             checksum(line + CHECK_LEN + 1, n - CHECK_LEN - 1));
    if (memcmp(said, line, CHECK_LEN) != 0 || take_stamp(line + CHECK_LEN + 1, &r->at))
        return -1;
    const char *blank = memchr(s, ' ', (size_t)(end - s));
    if (!blank)
        return -1;
    r->verb = s;
    r->verb_len = (size_t)(blank - s);
    s = blank + 1;
    if (take_id(&s, end, &r->id))
        return -1;
    r->text = s;
    r->text_len = (size_t)(end - s);
    return 0;
}

static int is_verb(const struct record *r, const char *verb)
{
    return r->verb_len == strlen(verb) && memcmp(r->verb, verb, r->verb_len) == 0;
}

struct task *task_log_find(const struct task_log *log, uint64_t id)
{
    size_t lo = 0, hi = log->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (log->task[mid].id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < log->n && log->task[lo].id == id ? &log->task[lo] : NULL;
}

static int add_task(struct task_log *log, const struct record *r)
{
    if (r->id <=
        log->last_id) /* ids rise, or somebody wrote who did not know the rules */
        return 0;
    if (log->n == log->cap) {
        size_t cap = log->cap ? 2 * log->cap : 64;
        struct task *more = realloc(log->task, cap * sizeof *more);
        if (!more)
            return -1;
        log->task = more;
        log->cap = cap;
    }
    log->last_id = r->id;
    log->task[log->n++] = (struct task){
        .id = r->id, .text = r->text, .len = r->text_len, .added = r->at, .done = -1
    };
    return 0;
}

/* Verbs of later versions are passed over. 0, or -1: memory is short. */
static int apply(struct task_log *log, const struct record *r)
{
    unsigned today = r->at >= log->today;

    if (is_verb(r, "add")) {
        log->added_today += today;
        return add_task(log, r);
    }
    if (is_verb(r, "done")) {
        struct task *t = task_log_find(log, r->id);
        log->done_today += today;
        if (t)
            t->done = r->at;
        if (log->current == r->id)
            log->current = 0;
    } else if (is_verb(r, "switch")) {
        log->switched_today += today;
        log->current = r->id;
    }
    return 0;
}

/* Where the whole lines end: behind the last newline. */
static size_t whole(const struct task_log *log)
{
    const char *newline = log->len ? memrchr(log->bytes, '\n', log->len) : NULL;

    return newline ? (size_t)(newline - log->bytes) + 1 : 0;
}

/* Was a log begun, and not even its first line finished? */
static int is_unborn(const struct task_log *log)
{
    return log->len < strlen(HEADER) && memcmp(log->bytes, HEADER, log->len) == 0;
}

static int parse(struct task_log *log, struct kiri_error *err)
{
    const char *end = log->bytes + log->len;
    struct record r;

    if (is_unborn(log))
        return 0;
    if (log->len < strlen(HEADER) || memcmp(log->bytes, HEADER, strlen(HEADER)) != 0)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s is no task log (it does not begin with 'kiri tasks 1'): say "
                         "another --file; nothing was changed",
                         log->path);
    for (const char *s = log->bytes + strlen(HEADER); s < end;) {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        size_t n = (size_t)((newline ? newline : end) - s);
        if (take_record(s, n, &r) == 0) {
            if (apply(log, &r))
                return kiri_fail(err, KIRI_INTERNAL, "%s: out of memory", log->path);
        } else if (newline) {
            log->damaged++; /* a last line without one is a crash's, and no damage */
        }
        s += n + 1;
    }
    return 0;
}

static int begin(struct task_log *log, const char *path, int64_t today,
                 struct kiri_error *err)
{
    *log = (struct task_log){ .fd = -1, .today = today, .path = strdup(path) };
    return log->path ? 0 : kiri_fail(err, KIRI_INTERNAL, "out of memory");
}

int task_log_read(struct task_log *log, const char *path, int64_t today,
                  struct kiri_error *err)
{
    if (begin(log, path, today, err))
        return -1;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return 0;
    log->bytes = path_read(path, LOG_MOST, &log->len, err);
    return log->bytes ? parse(log, err) : -1;
}

void task_log_close(struct task_log *log)
{
    if (log->fd >= 0)
        close(log->fd); /* and the lock is gone */
    free(log->path);
    free(log->bytes);
    free(log->task);
    *log = (struct task_log){ .fd = -1 };
}

/* ---- writing ---------------------------------------------------------------------- */

/* "" for a file without a slash. */
static char *dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path))
                 : strdup(".");
}

static int lock(struct task_log *log, int patience_ms, struct kiri_error *err)
{
    const struct timespec pause = { .tv_nsec = TRY_MS * 1000000L };

    for (int ms = 0; ms <= patience_ms; ms += TRY_MS) {
        if (flock(log->fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return kiri_fail(err, KIRI_IO, "cannot lock %s: %s", log->path,
                             strerror(errno));
        nanosleep(&pause, NULL);
    }
    return kiri_fail(err, KIRI_HELD,
                     "%s: another program has had it for %d s; try again later",
                     log->path, patience_ms / 1000);
}

static int open_file(struct task_log *log, struct kiri_error *err)
{
    const int how = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    struct stat st;

    log->fd = open(log->path, how);
    if (log->fd < 0 && errno == ENOENT) {
        log->fd = open(log->path, how | O_CREAT, 0600);
        log->is_new = 1;
    }
    if (log->fd < 0)
        return kiri_fail(err, KIRI_NO_WRITE, "cannot open %s: %s", log->path,
                         strerror(errno));
    if (fstat(log->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return kiri_fail(err, KIRI_NO_WRITE, "%s is no regular file: say another --file",
                         log->path);
    return 0;
}

int task_log_open(struct task_log *log, const char *path, int64_t today, int patience_ms,
                  struct kiri_error *err)
{
    if (begin(log, path, today, err))
        return -1;
    char *dir = dir_of(path);
    int rc = dir ? path_make(dir, err) : kiri_fail(err, KIRI_INTERNAL, "out of memory");
    free(dir);
    if (rc || open_file(log, err) || lock(log, patience_ms, err))
        return -1;
    log->bytes = path_read(path, LOG_MOST, &log->len, err);
    return log->bytes ? parse(log, err) : -1;
}

/* What must come before the record, so that it begins a line: the first line of a new
 * log, or the newline that a crash left out. What a crash left half written is cut off.
 */
static const char *mend(struct task_log *log, struct kiri_error *err)
{
    size_t keep = whole(log);
    struct record r;

    if (is_unborn(log))
        keep = 0;
    else if (keep < log->len && take_record(log->bytes + keep, log->len - keep, &r) == 0)
        return "\n";
    if (keep < log->len && ftruncate(log->fd, (off_t)keep) != 0) {
        kiri_fail(err, KIRI_IO, "cannot mend the end of %s: %s", log->path,
                  strerror(errno));
        return NULL;
    }
    log->len = keep;
    return keep ? "" : HEADER;
}

static int sync_dir(const struct task_log *log)
{
    char *dir = dir_of(log->path);
    int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int rc = fd >= 0 ? fsync(fd) : -1;

    if (fd >= 0)
        close(fd);
    free(dir);
    return rc;
}

/* In one write: another writer's lines never come between. */
static int put(struct task_log *log, const struct buf *b, struct kiri_error *err)
{
    ssize_t n;

    do
        n = write(log->fd, b->data, b->len);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)b->len && fsync(log->fd) == 0 &&
        (!log->is_new || sync_dir(log) == 0))
        return 0;
    int e = n >= 0 && n < (ssize_t)b->len ? ENOSPC : errno;
    kiri_fail(err, KIRI_IO, "cannot write to %s: %s; nothing was noted", log->path,
              strerror(e));
    if (ftruncate(log->fd, (off_t)log->len) != 0)
        kiri_fail(err, KIRI_IO, "cannot write to %s: %s; its last line may be cut off",
                  log->path, strerror(e));
    return -1;
}

int task_log_append(struct task_log *log, int64_t at, const char *verb, uint64_t id,
                    const char *text, struct kiri_error *err)
{
    struct buf record = { 0 }, all = { 0 };
    char stamp[STAMP_LEN + 1] = "";
    struct tm utc = { 0 };
    time_t t = (time_t)at;

    if (!gmtime_r(&t, &utc) || utc.tm_year > 8099 || utc.tm_year < 70)
        return kiri_fail(err, KIRI_USAGE, "the clock's year cannot be written down");
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const char *before = mend(log, err);
    if (!before)
        return -1;
    buf_putf(&record, "%s %s %" PRIu64, stamp, verb, id);
    if (text)
        buf_putf(&record, " %s", text);
    buf_putf(&all, "%s%08" PRIx32 " ", before, checksum(buf_text(&record), record.len));
    buf_put(&all, record.data, record.len);
    buf_puts(&all, "\n");
    int rc = buf_failed(&record) || buf_failed(&all)
                 ? kiri_fail(err, KIRI_INTERNAL, "out of memory")
                 : put(log, &all, err);
    buf_free(&record);
    buf_free(&all);
    return rc;
}
