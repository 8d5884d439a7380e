/*
 * address.h - where a host listens, and how others learn it: <state>/host.json.
 */
#ifndef KIRI_ADDRESS_H
#define KIRI_ADDRESS_H

#include "base/error.h"
#include "conf/conf.h"

struct address {
    char *bus, *control, *inbox; /* URLs; the last two ipc:// */
};

/* The YAML's bus URL, or sockets named bus, control, inbox in $RUNTIME_DIRECTORY, else in
 * $XDG_RUNTIME_DIR/kiri/<molecule>, else in the state directory. */
int address_name(struct address *a, const struct conf *conf, struct kiri_error *err);
/* The same, and makes that directory. */
int address_find(struct address *a, const struct conf *conf, struct kiri_error *err);
/* Writes <state>/host.json, from which host_address() reads. */
int address_write(const struct address *a, const char *state, const char *boot,
                  struct kiri_error *err);
void address_free(struct address *a);

#endif
