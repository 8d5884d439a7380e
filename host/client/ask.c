/*
 * One question, one answer, over REQ.
 */
#include "client/client.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MOST (4u << 20) /* bytes of an answer that we are willing to take */

static char *copy_answer(nng_msg *msg, size_t *len, char *why, size_t cap)
{
    size_t n = nng_msg_len(msg);
    char *answer = malloc(n + 1);

    if (!answer) {
        snprintf(why, cap, "out of memory");
        return NULL;
    }
    memcpy(answer, nng_msg_body(msg), n);
    answer[n] = '\0';
    if (len)
        *len = n;
    return answer;
}

char *kiri_client_ask(const char *control_url, const char *json, int timeout_ms,
                      size_t *len, char *why, size_t cap)
{
    nng_socket socket;
    nng_msg *msg = NULL;
    char *answer = NULL;
    int rv;

    if ((rv = nng_req0_open(&socket))) {
        snprintf(why, cap, "cannot open a REQ socket: %s", nng_strerror(rv));
        return NULL;
    }
    nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, ANSWER_MOST);
    nng_socket_set_ms(socket, NNG_OPT_SENDTIMEO, timeout_ms);
    nng_socket_set_ms(socket, NNG_OPT_RECVTIMEO, timeout_ms);
    if ((rv = nng_dial(socket, control_url, NULL, 0)) || (rv = nng_msg_alloc(&msg, 0)))
        goto fail;
    if ((rv = nng_msg_append(msg, json, strlen(json))) ||
        (rv = nng_sendmsg(socket, msg, 0)))
        goto fail;
    msg = NULL; /* NNG's now */
    if ((rv = nng_recvmsg(socket, &msg, 0)))
        goto fail;
    answer = copy_answer(msg, len, why, cap);
    nng_msg_free(msg);
    nng_close(socket);
    return answer;

fail:
    if (rv == NNG_ECONNREFUSED || rv == NNG_ENOENT || rv == NNG_ECLOSED ||
        rv == NNG_ECONNRESET)
        snprintf(why, cap, "no host answers at %s: it is not running", control_url);
    else if (rv == NNG_ETIMEDOUT)
        snprintf(why, cap, "the host at %s did not answer within %d ms", control_url,
                 timeout_ms);
    else
        snprintf(why, cap, "%s: %s", control_url, nng_strerror(rv));
    nng_msg_free(msg);
    nng_close(socket);
    return NULL;
}
