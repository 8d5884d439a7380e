/*
 * known.h - which names were told already: a set of keyed 64-bit hashes, bounded, that
 * outlives the process in the host's small state.
 *
 * At most 2 x 524,288 are remembered; beyond that the oldest half is forgotten, so that a
 * name may be told twice, never overlooked. The first 29,638 of them survive a restart.
 */
#ifndef KIRI_FILENAME_KNOWN_H
#define KIRI_FILENAME_KNOWN_H

#include <kiri/atom.h>

#define KNOWN_HALF  524288u
#define KNOWN_PAGE  511u /* hashes in one value of 4 KiB */
#define KNOWN_PAGES 58u
#define KNOWN_STAYS (KNOWN_PAGE * KNOWN_PAGES) /* that survive a restart */

struct known_set {
    uint64_t *slot; /* [cap], 0: free */
    uint32_t n, cap;
};

struct known {
    const struct kiri_host *host;
    uint64_t key[2];
    struct known_set young, old;
    uint64_t *page; /* [KNOWN_STAYS]: what survives, in order of arrival */
    uint32_t n_stay, n_saved;
};

/* Reads what the host kept. KIRI_OK, KIRI_ENOMEM or KIRI_EIO (no random numbers). */
int known_init(struct known *k, const struct kiri_host *host);
void known_fini(struct known *k); /* of {0}, too */

/* SipHash-2-4 of the bytes (Aumasson and Bernstein 2012) under this instance's key, begun
 * with `salt`: whoever can make names cannot make two that look alike. Never 0. */
uint64_t known_hash(const struct known *k, uint64_t salt, const void *bytes, uint32_t n);

/* 1: it is new, and is remembered from now on; 0: it was known; KIRI_ENOMEM. */
int known_add(struct known *k, uint64_t hash);
/* Were there ever more than survive a restart? */
int known_overflowed(const struct known *k);
/* Hands to the host what it does not have yet. */
void known_save(struct known *k);

#endif
