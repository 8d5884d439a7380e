/*
 * load/probe.h - asking a child about a plugin. For this folder and its tests.
 */
#ifndef KIRI_LOAD_PROBE_H
#define KIRI_LOAD_PROBE_H

#include "load/plugin.h"

#define PROBE_DEADLINE_MS 5000
#define PROBE_MOST_ANSWER (256u * 1024u)

/* Asks `<exe> probe` about the image (image_open) within the deadline. Reads at most
 * PROBE_MOST_ANSWER; the child is gone when this returns. The sentence does not name the
 * file. */
int probe_image(const char *exe, int image, int deadline_ms, struct plugin_probe *out,
                struct kiri_error *err);

/* The child's answer as it was written. */
int probe_parse(const char *json, size_t len, struct plugin_probe *out,
                struct kiri_error *err);

#endif
