/*
 * Each message once, in order: what was heard live and what the journal gives, merged.
 */
#include "client/ask.h"
#include "client/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMITTED_MS                                                                     \
    3000                 /* what was published this long ago is in the journal, or lost */
#define AGAIN_MS  100    /* before the journal is asked for what it did not have yet */
#define ANSWER_MS 5000   /* then it is asked again */
#define MUTE_MS   15000  /* a host that is heard, but does not answer */
#define NOBODY    "\x01" /* no topic begins with it */

enum { WAIT, GIVE, ON };

static int same_boot(const struct place *p, const struct kiri_head *h)
{
    return strncmp(p->boot, h->boot, h->boot_len) == 0 && p->boot[h->boot_len] == '\0';
}

static int is_past(const struct kiri_client *c, const struct kiri_head *h)
{
    for (unsigned i = 0; i < PAST; i++)
        if (c->past[i][0] && strncmp(c->past[i], h->boot, h->boot_len) == 0 &&
            c->past[i][h->boot_len] == '\0')
            return 1;
    return 0;
}

static void move_to(struct kiri_client *c, const char *boot, size_t len, uint64_t seq)
{
    if (strncmp(c->place.boot, boot, len) != 0 || c->place.boot[len] != '\0') {
        if (c->place.boot[0])
            memcpy(c->past[c->n_past++ % PAST], c->place.boot, BOOT_MOST);
        memcpy(c->place.boot, boot, len);
        c->place.boot[len] = '\0';
    }
    c->place.seq = seq;
    c->placed = 1;
}

/* Was this topic, which ends with a space on the wire, subscribed to? */
static int wanted(void *ctx, const char *topic, size_t len)
{
    const struct kiri_client *c = ctx;

    for (size_t i = 0; i < c->n_prefixes; i++) {
        const char *prefix = c->prefix[i];
        size_t n = strlen(prefix);

        if (n <= len && memcmp(prefix, topic, n) == 0)
            return 1;
        if (n == len + 1 && prefix[len] == ' ' && memcmp(prefix, topic, len) == 0)
            return 1;
    }
    return 0;
}

/* Passes one message: is it for the caller? Counts what is missing before it. */
static int pass(struct kiri_client *c, const struct kiri_message *m,
                const struct kiri_head *h)
{
    static const char heartbeat[] = "heartbeat";

    move_to(c, h->boot, h->boot_len, h->seq);
    if (m->topic_len == sizeof heartbeat - 1 &&
        memcmp(m->topic, heartbeat, m->topic_len) == 0)
        gaps_heartbeat(&c->gaps, m, h, wanted, c);
    if (!wanted(c, m->topic, m->topic_len))
        return ON;
    gaps_hear(&c->gaps, m, h);
    return GIVE;
}

/* ---- live ----------------------------------------------------------------------- */

/* The first that was heard and not handed out yet. */
static const struct held *first_live(struct kiri_client *c)
{
    const struct held *h;

    while ((h = hold_first(&c->hold))) {
        int over =
            h->head.boot_len >= BOOT_MOST || is_past(c, &h->head) ||
            (c->placed && same_boot(&c->place, &h->head) && h->head.seq <= c->place.seq);

        if (!over)
            return h;
        nng_msg_free(hold_take(&c->hold));
    }
    return NULL;
}

static int give_live(struct kiri_client *c, const struct held *h, const char **bytes,
                     size_t *len)
{
    int rc = pass(c, &h->parts, &h->head);

    *len = h->len;
    c->msg = hold_take(&c->hold);
    *bytes = nng_msg_body(c->msg);
    if (rc == GIVE)
        return GIVE;
    nng_msg_free(c->msg);
    c->msg = NULL;
    return ON;
}

static int follows(const struct kiri_client *c, const struct held *h)
{
    return same_boot(&c->place, &h->head) && h->head.seq == c->place.seq + 1;
}

static void begin_filling(struct kiri_client *c)
{
    c->mode = FILLING;
    c->ask = SINCE;
    c->noticed_ms = c->fill.answered_ms = client_now();
    c->again_ms = 0;
}

static int step_live(struct kiri_client *c, const char **bytes, size_t *len)
{
    const struct held *h = first_live(c);

    if (!h)
        return WAIT;
    if (!c->placed) { /* all of a host that came after us, if the journal can be asked */
        int whole = c->fill.open && !c->late;

        c->gaps.whole = whole;
        move_to(c, h->head.boot, h->head.boot_len, whole ? 0 : h->head.seq - 1);
    }
    if (follows(c, h) || !c->fill.open)
        return give_live(c, h, bytes, len);
    begin_filling(c);
    return ON;
}

/* ---- the journal ------------------------------------------------------------------ */

/* No more from the journal; what is heard is handed out, holes and all. */
static void stop_filling(struct kiri_client *c)
{
    const struct held *h = first_live(c);

    if (h && c->placed)
        move_to(c, h->head.boot, h->head.boot_len, h->head.seq - 1);
    c->mode = LIVE;
}

/* The control socket will not do; without it the start that the caller named cannot be.
 */
static int refuse(struct kiri_client *c, const char *why)
{
    snprintf(c->why, sizeof c->why, "lost messages cannot be fetched: %s", why);
    fill_close(&c->fill);
    stop_filling(c);
    if (c->explicit)
        c->ended = 1;
    return ON;
}

static int ask(struct kiri_client *c, int64_t now)
{
    struct fill_question q = { .cmd = c->ask == SNAPSHOT ? "snapshot" : "since",
                               .prefix = c->prefix,
                               .n_prefixes = c->n_prefixes };

    if (now < c->again_ms)
        return WAIT;
    if (c->ask == SNAPSHOT) {
        q.after = c->after;
    } else {
        q.boot = c->ask == OLDEST ? "" : c->place.boot;
        q.seq = c->ask == OLDEST ? 0 : c->place.seq;
    }
    if (fill_ask(&c->fill, &q, now) == 0)
        return WAIT;
    c->again_ms = now + AGAIN_MS; /* nobody is there */
    return WAIT;
}

/* The journal does not have the place, or does not have it yet: a boot that was heard is
 * journalled with its first commit. */
static int pass_over(struct kiri_client *c, const struct answer *a)
{
    const struct kiri_head oldest = { .boot = a->oldest_boot,
                                      .boot_len = strlen(a->oldest_boot) };
    int64_t now = client_now();
    int older = is_past(c, &oldest) || (c->place.seq == 0 && !c->explicit);

    if (same_boot(&c->place, &oldest))
        older = a->oldest_seq <= c->place.seq;
    else if (!c->explicit && now - c->noticed_ms < COMMITTED_MS)
        older = 1;
    if (!oldest.boot_len || oldest.boot_len >= BOOT_MOST || older) {
        if (c->noticed_ms && now - c->noticed_ms > COMMITTED_MS)
            stop_filling(c);
        c->again_ms = now + AGAIN_MS;
        return ON;
    }
    snprintf(c->why, sizeof c->why,
             "the journal no longer has what followed %s:%" PRIu64
             "; going on after %s:%" PRIu64,
             c->place.boot, c->place.seq, oldest.boot, a->oldest_seq);
    move_to(c, oldest.boot, oldest.boot_len, a->oldest_seq);
    return ON;
}

/* An answer came in. */
static int open_page(struct kiri_client *c)
{
    struct answer *a = &c->page;

    if (!a->ok && a->gone && a->oldest_boot && c->ask == SINCE) {
        int rc = pass_over(c, a);

        answer_free(a);
        return rc;
    }
    if (!a->ok) {
        char why[384];

        snprintf(why, sizeof why, "%s", a->error ? a->error : "its answer says nothing");
        answer_free(a);
        return refuse(c, why);
    }
    c->page_end = (struct place){ .seq = a->seq };
    if (a->boot && strlen(a->boot) < BOOT_MOST)
        snprintf(c->page_end.boot, sizeof c->page_end.boot, "%s", a->boot);
    if (c->ask == SNAPSHOT && !c->placed && c->page_end.boot[0])
        move_to(c, c->page_end.boot, strlen(c->page_end.boot), a->seq);
    c->page_open = 1;
    return ON;
}

/* Asks, or takes the answer. */
static int fetch(struct kiri_client *c)
{
    int64_t now = client_now();
    int rc;

    if (c->hold.n && now - c->fill.answered_ms > MUTE_MS && now - c->noticed_ms > MUTE_MS)
        return refuse(c, "the control socket does not answer");
    if (!c->fill.waiting)
        return ask(c, now);
    rc = fill_answer(&c->fill, &c->page, now);
    if (rc > 0)
        return open_page(c);
    if (rc < 0)
        return refuse(c, "its answer cannot be read");
    if (now - c->fill.asked_ms > ANSWER_MS)
        c->fill.waiting = 0;
    return WAIT;
}

/* The page's next message that has not been handed out, into `ready`. */
static int look_at_page(struct kiri_client *c)
{
    while (!c->ready && answer_next(&c->page, &c->ready, &c->ready_len)) {
        int bad = kiri_message_split(c->ready, c->ready_len, &c->ready_parts) ||
                  kiri_message_head(&c->ready_parts, &c->ready_head) ||
                  c->ready_head.boot_len >= BOOT_MOST;
        int beyond = !bad && same_boot(&c->place, &c->ready_head) &&
                     c->ready_head.seq > c->place.seq;
        /* a snapshot's messages lie before the place, the journal's behind it */
        int skip = bad || is_past(c, &c->ready_head) ||
                   (c->ask == SNAPSHOT ? beyond
                                       : !beyond && same_boot(&c->place, &c->ready_head));

        if (skip)
            c->ready = NULL;
    }
    return c->ready != NULL;
}

/* Must the live message be handed out before the one of the journal, which is known to
 * have none before its own? */
static int comes_first(const struct kiri_client *c, const struct held *h,
                       const char *boot, size_t boot_len, uint64_t seq)
{
    int same = h->head.boot_len == boot_len && memcmp(h->head.boot, boot, boot_len) == 0;

    return same ? h->head.seq < seq : same_boot(&c->place, &h->head);
}

static int give_ready(struct kiri_client *c, const char **bytes, size_t *len)
{
    int rc = GIVE;

    if (c->ask == SNAPSHOT)
        gaps_hear(&c->gaps, &c->ready_parts, &c->ready_head);
    else
        rc = pass(c, &c->ready_parts, &c->ready_head);
    *bytes = c->ready;
    *len = c->ready_len;
    c->ready = NULL;
    return rc;
}

/* Is there nothing left between the place and the first that was heard? */
static int is_filled(struct kiri_client *c, int dry)
{
    const struct held *h = first_live(c);

    if (!h)
        return dry;
    if (same_boot(&c->place, &h->head) && c->place.seq + 1 >= h->head.seq)
        return 1;
    return dry && c->noticed_ms && c->fill.asked_ms - c->noticed_ms > COMMITTED_MS;
}

/* The end of a page: the place moves to it, and the next one is asked for. */
static int close_page(struct kiri_client *c)
{
    int more = c->page.more;

    c->page_open = 0;
    if (c->ask == SNAPSHOT) {
        free(c->after);
        c->after = more && c->page.after ? strdup(c->page.after) : NULL;
        answer_free(&c->page);
        if (c->after)
            return ON;
        c->explicit = 0;
        c->mode = LIVE;
        return ON;
    }
    answer_free(&c->page);
    c->ask = c->placed ? SINCE : OLDEST;
    if (!more && is_filled(c, 1)) {
        c->explicit = 0;
        stop_filling(c);
    } else if (!more) {
        if (!c->noticed_ms)
            c->noticed_ms = client_now();
        c->again_ms = client_now() + AGAIN_MS;
    }
    return ON;
}

static int end_page(struct kiri_client *c, const char **bytes, size_t *len)
{
    const struct place *end = &c->page_end;
    const struct held *h = first_live(c);

    if (c->ask != SNAPSHOT && end->boot[0]) {
        size_t n = strlen(end->boot);

        if (h && c->placed && comes_first(c, h, end->boot, n, end->seq + 1))
            return give_live(c, h, bytes, len);
        if (strcmp(end->boot, c->place.boot) != 0 || end->seq > c->place.seq)
            move_to(c, end->boot, n, end->seq);
    }
    return close_page(c);
}

static int step_filling(struct kiri_client *c, const char **bytes, size_t *len)
{
    const struct held *h = first_live(c);

    if (!c->page_open) {
        if (c->ask == SINCE && h && c->noticed_ms && is_filled(c, 0)) {
            stop_filling(c);
            return ON;
        }
        return fetch(c);
    }
    if (!look_at_page(c))
        return end_page(c, bytes, len);
    if (h && c->ask != SNAPSHOT && c->placed &&
        comes_first(c, h, c->ready_head.boot, c->ready_head.boot_len, c->ready_head.seq))
        return give_live(c, h, bytes, len);
    return give_ready(c, bytes, len);
}

int order_step(struct kiri_client *c, const char **bytes, size_t *len)
{
    if (c->ended)
        return -1;
    return c->mode == FILLING ? step_filling(c, bytes, len) : step_live(c, bytes, len);
}

void order_begin(struct kiri_client *c, const char *control, int timeout_ms)
{
    char nobody[] = NOBODY, *prefix = nobody;
    struct fill_question q = { .cmd = "snapshot", .prefix = &prefix, .n_prefixes = 1 };
    char *json = fill_spell(&q), *text = NULL;
    struct answer a = { 0 };
    size_t len = 0;
    int rv = json ? ask_once(control, json, timeout_ms, &text, &len) : NNG_ENOMEM;

    free(json);
    c->late = !rv || rv == NNG_ETIMEDOUT;
    if (rv || answer_read(&a, text, len))
        return;
    if (a.ok && a.boot && strlen(a.boot) < BOOT_MOST)
        move_to(c, a.boot, strlen(a.boot), a.seq);
    else if (!a.ok)
        refuse(c, a.error ? a.error : "the host does not say where it is");
    answer_free(&a);
}
