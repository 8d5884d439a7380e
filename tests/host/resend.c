/*
 * resend - asks a host once, with an NNG socket that sends again after MS milliseconds
 * without an answer (60,000 by default). Connects, waits for a line on stdin, sends, and
 * prints the answer.
 *
 * Usage: resend URL MS JSON
 */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    nng_socket socket;
    void *answer;
    size_t len;
    int rv;

    if (argc != 4) {
        fprintf(stderr, "Usage: resend URL MS JSON\n");
        return 64;
    }
    if ((rv = nng_req0_open(&socket)) ||
        (rv = nng_socket_set_ms(socket, NNG_OPT_REQ_RESENDTIME, atoi(argv[2]))) ||
        (rv = nng_socket_set_ms(socket, NNG_OPT_RECVTIMEO, 30000)) ||
        (rv = nng_dial(socket, argv[1], NULL, 0)) ||
        (puts("connected"), fflush(stdout), getchar(),
         rv = nng_send(socket, argv[3], strlen(argv[3]), 0)) ||
        (rv = nng_recv(socket, &answer, &len, NNG_FLAG_ALLOC))) {
        fprintf(stderr, "resend: %s\n", nng_strerror(rv));
        return 69;
    }
    printf("%.*s\n", (int)len, (char *)answer);
    nng_free(answer, len);
    return 0;
}
