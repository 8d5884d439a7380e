/*
 * trial_state.c - what a host may hand over: small state that another version has left,
 * services that fail, a clock that jumps.
 */
#include "load/abuse/trial.h"

#include <stdio.h>
#include <string.h>

#define COLLECTS 5
#define YEAR_MS  (INT64_C(365) * 86400 * 1000)

/* A whole short life; open() may refuse. */
static void live(struct life *l)
{
    if (life_open(l) == KIRI_OK && life_schema(l) == 0)
        for (int i = 0; i < COLLECTS; i++)
            life_collect(l);
    life_close(l);
    life_free(l);
}

/* ---- small state ---------------------------------------------------------------- */

/* What another version may have left under a key that had `was`. */
static void leave(struct served_key *k, const struct served_key *was, int form)
{
    *k = *was;
    switch (form) {
    case 0: k->len = 0; break;
    case 1: k->len = 1; break;
    case 2: k->len = was->len / 2; break;
    case 3: /* the same length, another content */
        for (uint32_t i = 0; i < k->len; i++)
            k->value[i] = (unsigned char)~k->value[i];
        break;
    case 4: /* numbers in it are huge */
        k->len = was->len ? was->len : 8;
        memset(k->value, 0x7f, k->len);
        break;
    case 5: /* as long as possible, without a NUL */
        k->len = SERVED_VALUE;
        memset(k->value, 'x', k->len);
        break;
    default:
        k->len = SERVED_VALUE;
        memset(k->value, 0xff, k->len);
        break;
    }
}

#define FORMS 7

/* The keys it has written, and those it has asked for in vain. */
static void foreign_state(struct trial *t, const struct life *before)
{
    const struct served *s = &before->served;

    trial_when(t, " when another version has left its small state");
    for (int form = 0; form < FORMS; form++) {
        struct life *l = life_new(t, 0);

        for (uint32_t i = 0; i < s->n_kv; i++)
            leave(&l->served.kv[i], &s->kv[i], form);
        l->served.n_kv = s->n_kv;
        for (uint32_t i = 0; i < s->n_asked && l->served.n_kv < SERVED_KEYS; i++) {
            struct served_key none = { .len = 0 };

            snprintf(none.key, sizeof none.key, "%s", s->asked[i]);
            leave(&l->served.kv[l->served.n_kv++], &none, form);
        }
        live(l);
    }
}

/* ---- services and clocks -------------------------------------------------------- */

static void failing_services(struct trial *t)
{
    struct life *l = life_new(t, 0);

    trial_when(t, " when kv_put() fails");
    l->served.put_fails = 1;
    live(l);
    l = life_new(t, 0);
    trial_when(t, " when kv_get() fails");
    l->served.get_fails = 1;
    live(l);
    l = life_new(t, 0);
    trial_when(t, " when publish() fails");
    l->served.publish_fails = 1;
    live(l);
}

static void jumping_clock(struct trial *t)
{
    static const int64_t jumps[] = { -YEAR_MS, 10 * YEAR_MS, -20 * YEAR_MS, 0 };
    struct life *l = life_new(t, 0);

    trial_when(t, " when the clock jumps or stands still");
    l->timeless = 1;
    if (life_open(l) == KIRI_OK && life_schema(l) == 0) {
        for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
            int64_t then = l->served.mono;

            l->served.now += jumps[i];
            life_collect(l);
            l->served.mono = then; /* no time has passed */
            life_collect(l);
        }
        l->served.now = 0;
        life_collect(l);
    }
    life_close(l);
    life_free(l);
}

void trial_state(struct trial *t)
{
    struct life *l = life_new(t, 0);

    if (life_start(l) == 0) {
        for (int i = 0; i < COLLECTS; i++)
            life_collect(l);
        life_close(l);
        foreign_state(t, l);
        failing_services(t);
        jumping_clock(t);
    }
    life_free(l);
}
