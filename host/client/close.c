#include "client/close.h"

#include <pthread.h>
#include <stdlib.h>

static void *run(void *arg)
{
    nng_socket socket = *(nng_socket *)arg;

    free(arg);
    nng_close(socket);
    return NULL;
}

void close_behind(nng_socket socket)
{
    nng_socket *copy = malloc(sizeof *copy);
    pthread_attr_t attr;
    pthread_t id;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (copy)
        *copy = socket;
    if (!copy || pthread_create(&id, &attr, run, copy)) {
        free(copy);
        nng_close(socket); /* no thread to be had: then here */
    }
    pthread_attr_destroy(&attr);
}
