/*
 * login.h - idle time as systemd-logind knows it: the Manager's IdleHint and
 * IdleSinceHint, over D-Bus.
 *
 * Never blocks longer than SOURCE_PATIENCE_MS: connecting and asking are driven by hand,
 * without sd_bus_call(), which waits for a silent bus. What fails closes the connection;
 * the next look makes a new one. Starts no service that does not run.
 */
#ifndef KIRI_RHYTHM_LOGIN_H
#define KIRI_RHYTHM_LOGIN_H

#include "source.h"

#include <systemd/sd-bus.h>

struct login {
    char address[256]; /* "unix:path=/run/dbus/system_bus_socket" */
    sd_bus *bus;       /* NULL: not connected                      */
};

enum source_answer login_look(struct login *l, int64_t now_ms, int64_t *last, char *why);
void login_leave(struct login *l); /* closes the connection; the struct is the caller's */

#endif
