#include "client/fill.h"

#include "client/ask.h"
#include "client/close.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int fill_open(struct fill *f, const char *url, int resend_ms)
{
    int rv = ask_open(&f->socket, resend_ms);

    if (rv)
        return rv;
    f->open = 1;
    nng_socket_set_ms(f->socket, NNG_OPT_RECONNMINT, 50);
    nng_socket_set_ms(f->socket, NNG_OPT_RECONNMAXT, 500);
    if ((rv = nng_socket_get_int(f->socket, NNG_OPT_SENDFD, &f->sendable)) ||
        (rv = nng_socket_get_int(f->socket, NNG_OPT_RECVFD, &f->readable)) ||
        (rv = nng_dial(f->socket, url, NULL, NNG_FLAG_NONBLOCK)))
        fill_close(f);
    return rv;
}

/* As a JSON string, quotes included. */
static void spell_string(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++)
        if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*s);
        else
            fputc(*s, out);
    fputc('"', out);
}

char *fill_spell(const struct fill_question *q)
{
    static atomic_uint asked;
    struct timespec now;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(out, "{\"id\":\"c%ld-%lld%09ld-%u\",\"cmd\":\"%s\"", (long)getpid(),
            (long long)now.tv_sec, now.tv_nsec, atomic_fetch_add(&asked, 1), q->cmd);
    if (q->boot) {
        fputs(",\"boot\":", out);
        spell_string(out, q->boot);
        fprintf(out, ",\"seq\":%" PRIu64, q->seq);
    }
    if (q->after) {
        fputs(",\"after\":", out);
        spell_string(out, q->after);
    }
    fputs(",\"topics\":[", out);
    for (size_t i = 0; i < q->n_prefixes; i++) {
        fputs(i ? "," : "", out);
        spell_string(out, q->prefix[i]);
    }
    fputs("]}", out);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

int fill_ask(struct fill *f, const struct fill_question *q, int64_t now)
{
    char *text = fill_spell(q);
    nng_msg *msg = NULL;
    int rc = -1;

    if (text && nng_msg_alloc(&msg, 0) == 0 &&
        nng_msg_append(msg, text, strlen(text)) == 0 &&
        nng_sendmsg(f->socket, msg, NNG_FLAG_NONBLOCK) == 0)
        rc = 0;
    if (rc)
        nng_msg_free(msg);
    free(text);
    f->waiting = rc == 0;
    f->asked_ms = now;
    return rc;
}

int fill_answer(struct fill *f, struct answer *a, int64_t now)
{
    nng_msg *msg;
    char *text;
    size_t len;
    int rc;

    if (!f->waiting || nng_recvmsg(f->socket, &msg, NNG_FLAG_NONBLOCK))
        return 0;
    f->waiting = 0;
    f->answered_ms = now;
    len = nng_msg_len(msg);
    text = malloc(len + 1);
    if (text) {
        memcpy(text, nng_msg_body(msg), len);
        text[len] = '\0';
    }
    nng_msg_free(msg);
    rc = text ? answer_read(a, text, len) : -1;
    return rc ? -1 : 1;
}

void fill_close(struct fill *f)
{
    if (f->open)
        close_behind(f->socket);
    f->open = 0;
}
