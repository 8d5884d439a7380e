#include "known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LEAST_SLOTS 1024u

/* ---- hashing --------------------------------------------------------------------- */

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

/* n bytes, at most 8, little-endian. */
static uint64_t word_of(const unsigned char *s, uint32_t n)
{
    uint64_t word = 0;

    for (uint32_t i = 0; i < n; i++)
        word |= (uint64_t)s[i] << (8 * i);
    return word;
}

uint64_t known_hash(const struct known *k, uint64_t salt, const void *bytes, uint32_t n)
{
    const unsigned char *s = bytes;
    uint64_t v[4] = { k->key[0] ^ 0x736f6d6570736575u, k->key[1] ^ 0x646f72616e646f6du,
                      k->key[0] ^ 0x6c7967656e657261u, k->key[1] ^ 0x7465646279746573u };
    uint32_t at = 0;

    sip_word(v, salt);
    for (; at + 8 <= n; at += 8)
        sip_word(v, word_of(s + at, 8));
    sip_word(v, word_of(s + at, n - at) | (uint64_t)(n + 8) << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return hash ? hash : 1;
}

/* ---- the set --------------------------------------------------------------------- */

/* Where the hash is, or would be. cap is a power of two with free slots. */
static uint64_t *slot_of(const struct known_set *s, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (s->cap - 1);

    while (s->slot[at] && s->slot[at] != hash)
        at = (at + 1) & (s->cap - 1);
    return &s->slot[at];
}

static int has(const struct known_set *s, uint64_t hash)
{
    return s->cap && *slot_of(s, hash) == hash;
}

static int grow(struct known_set *s)
{
    struct known_set more = { .n = s->n, .cap = s->cap ? s->cap * 2 : LEAST_SLOTS };

    more.slot = calloc(more.cap, sizeof *more.slot);
    if (!more.slot)
        return KIRI_ENOMEM;
    for (uint32_t i = 0; i < s->cap; i++)
        if (s->slot[i])
            *slot_of(&more, s->slot[i]) = s->slot[i];
    free(s->slot);
    *s = more;
    return KIRI_OK;
}

static int put(struct known *k, uint64_t hash)
{
    if (k->young.n == KNOWN_HALF) {
        free(k->old.slot);
        k->old = k->young;
        k->young = (struct known_set){ 0 };
    }
    if (k->young.n >= k->young.cap / 2 && grow(&k->young))
        return KIRI_ENOMEM;
    *slot_of(&k->young, hash) = hash;
    k->young.n++;
    return KIRI_OK;
}

int known_add(struct known *k, uint64_t hash)
{
    if (has(&k->young, hash))
        return 0;
    int was = has(&k->old, hash);
    if (put(k, hash)) /* also what was known: it is used again */
        return KIRI_ENOMEM;
    if (!was && k->n_stay < KNOWN_STAYS)
        k->page[k->n_stay] = hash;
    if (!was && k->n_stay <= KNOWN_STAYS)
        k->n_stay++; /* one more than there is room for: it overflowed */
    return !was;
}

int known_overflowed(const struct known *k)
{
    return k->n_stay > KNOWN_STAYS;
}

/* ---- what survives a restart ----------------------------------------------------- */

/* A page's value: how many hashes, then they. */
static void page_key(char key[16], uint32_t page)
{
    snprintf(key, 16, "names-%02u", page);
}

void known_save(struct known *k)
{
    uint32_t all = k->n_stay < KNOWN_STAYS ? k->n_stay : KNOWN_STAYS;
    char key[16];

    for (uint32_t page = k->n_saved / KNOWN_PAGE; page * KNOWN_PAGE < all; page++) {
        uint32_t from = page * KNOWN_PAGE, n = all - from;
        if (n > KNOWN_PAGE)
            n = KNOWN_PAGE;
        if (from + n <= k->n_saved)
            continue;
        page_key(key, page);
        if (k->host->kv_put(k->host->ctx, key, k->page + from,
                            n * (uint32_t)sizeof *k->page))
            return; /* memory is short: the next call tries again */
        k->n_saved = from + n;
    }
    if (known_overflowed(k) && k->n_saved == KNOWN_STAYS &&
        k->host->kv_put(k->host->ctx, "overflowed", "1", 1) == KIRI_OK)
        k->n_saved++;
}

static int load_page(struct known *k, uint32_t page)
{
    uint64_t hash[KNOWN_PAGE];
    char key[16];
    int len, rc = 0;

    page_key(key, page);
    len = k->host->kv_get(k->host->ctx, key, hash, sizeof hash);
    if (len <= 0 || (size_t)len > sizeof hash)
        return 0;
    for (size_t i = 0; i < (size_t)len / sizeof *hash && rc >= 0; i++)
        if (hash[i])
            rc = known_add(k, hash[i]);
    return rc < 0 ? rc : 1;
}

int known_init(struct known *k, const struct kiri_host *host)
{
    int rc = 1;

    *k = (struct known){ .host = host };
    k->page = calloc(KNOWN_STAYS, sizeof *k->page);
    if (!k->page)
        return KIRI_ENOMEM;
    if (host->kv_get(host->ctx, "key", k->key, sizeof k->key) != sizeof k->key) {
        if (getrandom(k->key, sizeof k->key, GRND_NONBLOCK) != sizeof k->key)
            return KIRI_EIO;
        return host->kv_put(host->ctx, "key", k->key, sizeof k->key);
    }
    for (uint32_t page = 0; page < KNOWN_PAGES && rc > 0; page++)
        rc = load_page(k, page);
    k->n_saved = k->n_stay;
    if (host->kv_get(host->ctx, "overflowed", NULL, 0) > 0)
        k->n_stay = k->n_saved = KNOWN_STAYS + 1;
    return rc < 0 ? rc : KIRI_OK;
}

void known_fini(struct known *k)
{
    free(k->page);
    free(k->young.slot);
    free(k->old.slot);
    *k = (struct known){ 0 };
}
