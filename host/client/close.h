/*
 * client/close.h - closing a socket of NNG 1.5 without waiting for it: nng_close
 * sometimes never returns (nng#1543), and a tool that has its answer must not hang on
 * that.
 */
#ifndef KIRI_CLIENT_CLOSE_H
#define KIRI_CLIENT_CLOSE_H

#include <nng/nng.h>

/* Closes on a thread of its own and returns at once. The socket must not be used any
 * more. */
void close_behind(nng_socket socket);

#endif
