#include "client/close.h"

#include <pthread.h>
#include <stdint.h>

static void *run(void *arg)
{
    nng_close((nng_socket){ .id = (uint32_t)(uintptr_t)arg });
    return NULL;
}

void close_behind(nng_socket socket)
{
    pthread_attr_t attr;
    pthread_t id;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&id, &attr, run, (void *)(uintptr_t)socket.id))
        nng_close(socket); /* no thread to be had: then here */
    pthread_attr_destroy(&attr);
}
