/*
 * store/lock.h - one host a state directory: an OFD lock on <dir>/lock. The kernel drops
 * it with the process, however that ends; the pid inside is for people only.
 */
#ifndef KIRI_STORE_LOCK_H
#define KIRI_STORE_LOCK_H

#include "base/error.h"

/* The descriptor (O_CLOEXEC) to close at the end, or -1: KIRI_HELD and "held by pid
 * 1234". A directory on a read-only disk is not locked; that is logged. */
int lock_take(const char *dir, struct kiri_error *err);

#endif
