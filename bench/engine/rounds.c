#include "bench/engine/rounds.h"

#include "bench/child.h"
#include "bench/engine/observe.h"
#include "bench/engine/peak.h"
#include "bench/engine/peer.h"
#include "bench/engine/plans.h"
#include "bench/engine/report.h"
#include "bench/engine/timing.h"

#include <stdio.h>
#include <stdlib.h>

#define INTERNAL 70
#define NO_PEER  69
#define SECONDS  .06 /* of one workload in one round */
#define STEPS    500 /* of the pulse model, as published */
#define TRIES    5
#define BURSTS   20u

extern const struct kiri_schema pulse_classic, pulse_default; /* of the plugin */

struct bench {
    struct peak *peak;
    struct peer *peer; /* NULL: none */
    struct work *work[PLANS];
    struct observe *observe[OBSERVED];
    struct report report;
};

/* ---- one round ------------------------------------------------------------------- */

static int ask_peer(struct bench *b, size_t i, double *us)
{
    double ours[WORK_CHECKS], theirs[WORK_CHECKS];

    if (work_checks(b->work[i], ours) ||
        peer_run(b->peer, b->work[i], SECONDS, us, theirs))
        return -1;
    if (peer_agrees(ours, theirs))
        return 0;
    fprintf(stderr,
            "engine: the peer computes something else: %s is %g %g %g here, %g %g %g "
            "there\n",
            plans[i].work.name, ours[0], ours[1], ours[2], theirs[0], theirs[1],
            theirs[2]);
    return -1;
}

/* The peak is taken right beside each workload, so that both see the same machine. */
static int take_work(struct bench *b, size_t i, unsigned round)
{
    const struct work *w = b->work[i];
    struct report_line *line = &b->report.line[i];
    const double peak = peak_measure_flops(b->peak);
    const double adam = peak_adam(b->peak, gpt_shape_params(&w->plan->shape));
    const double floor = work_flops(w) / peak + work_updates(w) * adam;

    line->us[round] = timing_us(b->work[i], NULL, SECONDS, &b->report.requests);
    line->floor[round] = 1e6 * floor;
    line->multiple[round] = line->us[round] / line->floor[round];
    if (line->us[round] < 0)
        return -1;
    double theirs = 0;
    if (b->peer && ask_peer(b, i, &theirs))
        return -1;
    line->peer[round] = theirs / line->us[round];
    return 0;
}

/* 500 steps from nothing, the best of a few tries. */
static double pulse500_ms(struct bench *b)
{
    double least = -1;

    for (int i = 0; i < TRIES; i++) {
        const double began = peak_now();
        if (work_reset(b->work[W2_B1]))
            return -1;
        for (int k = 0; k < STEPS; k++)
            work_do(b->work[W2_B1], NULL);
        const double took = 1e3 * (peak_now() - began);
        least = i == 0 || took < least ? took : least;
    }
    return least;
}

static int take_round(struct bench *b, unsigned round)
{
    struct peaks now;

    peak_measure(b->peak, &now);
    b->report.gflops[round] = now.gflops;
    b->report.l1_read[round] = now.l1_read;
    b->report.l1_write[round] = now.l1_write;
    b->report.l2_read[round] = now.l2_read;
    b->report.l2_write[round] = now.l2_write;
    for (size_t i = 0; i < PLANS; i++)
        if (take_work(b, i, round))
            return -1;
    b->report.pulse500[round] = pulse500_ms(b);
    for (size_t i = 0; i < OBSERVED; i++)
        b->report.observe[i][round] = observe_us(b->observe[i], BURSTS);
    return b->report.pulse500[round] < 0 || b->report.observe[0][round] < 0 ||
                   b->report.observe[1][round] < 0
               ? -1
               : 0;
}

/* ---- all of them ----------------------------------------------------------------- */

/* What a program of its own needs that links the engine and trains W2, MB. */
static double alone_mb(void)
{
    char path[512];
    char *const argv[] = { path, NULL };
    struct child c;
    double now = 0, most = 0;

    if (child_beside("engine-alone", path, sizeof path) || child_start(&c, argv))
        return -1;
    const int read = fscanf(c.from, "%lf %lf", &now, &most);
    if (child_end(&c) || read != 2)
        return -1;
    return (now > most ? now : most) * 1024 / 1e6;
}

static int make(struct bench *b)
{
    b->peak = peak_new();
    for (size_t i = 0; i < PLANS; i++)
        if (!(b->work[i] = work_new(&plans[i].work)))
            return -1;
    b->observe[OBSERVE_CLASSIC] = observe_new(&pulse_classic);
    b->observe[OBSERVE_PULSE] = observe_new(&pulse_default);
    return b->peak && b->observe[OBSERVE_CLASSIC] && b->observe[OBSERVE_PULSE] ? 0 : -1;
}

static int run(struct bench *b, unsigned rounds)
{
    if (make(b)) {
        fputs("engine: memory is short\n", stderr);
        return INTERNAL;
    }
    for (size_t i = 0; b->peer && i < PLANS; i++)
        if (peer_load(b->peer, b->work[i]))
            return INTERNAL;
    for (unsigned r = 0; r < rounds; r++)
        if (take_round(b, r))
            return INTERNAL;
    b->report.rounds = rounds;
    b->report.isa = gpt_isa();
    b->report.set = peak_name(b->peak);
    b->report.peer = b->peer ? peer_is(b->peer) : NULL;
    b->report.alone_mb = alone_mb();
    if (b->report.alone_mb < 0) {
        fputs("engine: engine-alone, beside this program, does not run\n", stderr);
        return INTERNAL;
    }
    return 0;
}

int rounds_run(unsigned rounds, const char *peer, enum figures_form form)
{
    struct bench *b = calloc(1, sizeof *b);
    int rc = b ? 0 : INTERNAL;

    if (rounds > ROUNDS_MOST)
        rounds = ROUNDS_MOST;
    if (b && peer && !(b->peer = peer_open(peer)))
        rc = NO_PEER;
    if (rc == 0)
        rc = run(b, rounds);
    if (rc == 0)
        rc = report_print(&b->report, form, stdout);
    if (b) {
        for (size_t i = 0; i < PLANS; i++)
            work_free(b->work[i]);
        for (size_t i = 0; i < OBSERVED; i++)
            observe_free(b->observe[i]);
        peer_close(b->peer);
        peak_free(b->peak);
    }
    free(b);
    return rc;
}
