/* options.h - what can be said to rhythm in the YAML, and read from there. */
#ifndef KIRI_RHYTHM_OPTIONS_H
#define KIRI_RHYTHM_OPTIONS_H

#include <kiri/atom.h>

extern const struct kiri_option rhythm_options[];

/* As given; the texts live until close(). */
struct options {
    const char *repositories;
    char address[256]; /* of the bus, "" for none      */
    char display[128]; /* of the X server, "" for none */
    char cookies[512]; /* Xauthority                   */
    char dev[256];
    unsigned sources; /* 1 << enum presence_source    */
    int classic;
    int64_t break_ms, look_ms;
};

/* KIRI_OK, or KIRI_ECONFIG and a sentence in the log. */
int options_take(struct options *o, const struct kiri_host *host);

#endif
