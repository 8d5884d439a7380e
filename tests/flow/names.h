/*
 * tests/flow/names.h - file names of one convention,
 * acr_<kind>_<campaign>_<locale>_v<NN>. <ext>, drawn from a seed, and five that have no
 * business among them.
 */
#ifndef KIRI_TESTS_FLOW_NAMES_H
#define KIRI_TESTS_FLOW_NAMES_H

#include "engine/gpt.h"

#include <stdio.h>

#define NAMES_CAP 64

static const char *const names_bad[] = {
    "DELETE_THIS_NOW.exe",
    "..hidden_config.bat",
    "photo_2024_vacation_IMG_3847.HEIC",
    "meeting notes final FINAL v2 (1).docx",
    "acr banner spring enUS v01.png",
};
#define NAMES_BAD (sizeof names_bad / sizeof *names_bad)

static inline void names_draw(struct gpt_rng *rng, char name[NAMES_CAP])
{
    static const char *const kinds[][2] = { { "banner", "png" },
                                            { "email", "html" },
                                            { "video", "mp4" },
                                            { "logo", "svg" },
                                            { "report", "pdf" } };
    static const char *const campaigns[] = { "spring25", "bf24", "fy24q4", "demo" };
    static const char *const locales[] = { "enUS", "deDE", "enGB", "frFR" };
    const char *const *kind = kinds[gpt_rng_below(rng, 5)];
    const char *campaign = campaigns[gpt_rng_below(rng, 4)];
    const char *locale = locales[gpt_rng_below(rng, 4)];

    snprintf(name, NAMES_CAP, "acr_%s_%s_%s_v%02u.%s", kind[0], campaign, locale,
             1 + gpt_rng_below(rng, 9), kind[1]);
}

#endif
