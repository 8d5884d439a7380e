#include "bench/convention.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TRIES 64 /* places that are looked at for a fault */

#define ONE_OF(rng, list) (list)[gpt_rng_below(rng, sizeof(list) / sizeof *(list))]

/* ---- conventions ----------------------------------------------------------------- */

static uint32_t between(struct gpt_rng *rng, uint32_t lo, uint32_t hi)
{
    return lo + gpt_rng_below(rng, hi - lo + 1);
}

/* acr_<kind>_<campaign>_<locale>_v<NN>.<ext> */
static void assets(struct gpt_rng *rng, char name[NAME_CAP])
{
    static const char *const kinds[][2] = { { "banner", "png" },
                                            { "email", "html" },
                                            { "video", "mp4" },
                                            { "logo", "svg" },
                                            { "report", "pdf" } };
    static const char *const campaigns[] = { "spring25", "bf24", "fy24q4", "demo" };
    static const char *const locales[] = { "enUS", "deDE", "enGB", "frFR" };
    uint32_t kind = gpt_rng_below(rng, 5);
    const char *campaign = ONE_OF(rng, campaigns), *locale = ONE_OF(rng, locales);

    snprintf(name, NAME_CAP, "acr_%s_%s_%s_v%02u.%s", kinds[kind][0], campaign, locale,
             between(rng, 1, 9), kinds[kind][1]);
}

static void dated(struct gpt_rng *rng, char name[NAME_CAP])
{
    static const char *const topics[] = { "invoice", "contract", "receipt",
                                          "report",  "letter",   "offer" };
    static const char *const ends[] = { "pdf", "pdf", "docx", "xlsx" };
    uint32_t year = between(rng, 2019, 2025), month = between(rng, 1, 12),
             day = between(rng, 1, 28);
    const char *topic = ONE_OF(rng, topics), *end = ONE_OF(rng, ends);

    snprintf(name, NAME_CAP, "%u-%02u-%02u_%s_%04u.%s", year, month, day, topic,
             between(rng, 1, 900), end);
}

static void photos(struct gpt_rng *rng, char name[NAME_CAP])
{
    int film = gpt_rng_below(rng, 5) == 0;
    uint32_t year = between(rng, 2021, 2025), month = between(rng, 1, 12),
             day = between(rng, 1, 28), hour = between(rng, 7, 22);
    uint32_t minute = between(rng, 0, 59), second = between(rng, 0, 59);

    snprintf(name, NAME_CAP, "%s_%u%02u%02u_%02u%02u%02u.%s", film ? "VID" : "IMG", year,
             month, day, hour, minute, second, film ? "mp4" : "jpg");
}

static void packages(struct gpt_rng *rng, char name[NAME_CAP])
{
    static const char *const stems[] = {
        "bash",    "busybox",  "curl",    "dbus",    "debconf",  "gcc-12",      "git",
        "libacl1", "libaudit", "libbz2",  "libc6",   "libcurl4", "libgcrypt20", "liblz4",
        "libnss3", "libpam",   "libpng",  "libssl3", "libxml2",  "linux-libc",  "openssh",
        "openssl", "perl",     "python3", "sqlite3", "systemd",  "util-linux",  "zlib1g",
    };
    static const char *const suffixes[] = { "", "", "", "-dev", "-doc", "-common" };
    static const char *const machines[] = { "amd64", "amd64", "all", "arm64" };
    const char *stem = ONE_OF(rng, stems), *suffix = ONE_OF(rng, suffixes);
    const char *machine = ONE_OF(rng, machines);
    uint32_t major = between(rng, 0, 9), minor = between(rng, 0, 30),
             patch = between(rng, 0, 9);

    snprintf(name, NAME_CAP, "%s%s_%u.%u.%u-%u_%s.deb", stem, suffix, major, minor, patch,
             between(rng, 1, 5), machine);
}

static void mail(struct gpt_rng *rng, char name[NAME_CAP])
{
    static const char *const flags[] = { "", "S", "RS", "FS" };
    uint32_t seconds = between(rng, 1690000000, 1760000000),
             micro = between(rng, 1000, 999999), process = between(rng, 400, 32000);
    uint32_t bytes = between(rng, 900, 90000);

    snprintf(name, NAME_CAP, "%u.M%uP%u.mx1,S=%u,W=%u:2,%s", seconds, micro, process,
             bytes, bytes + bytes / 40, ONE_OF(rng, flags));
}

static void ids(struct gpt_rng *rng, char name[NAME_CAP])
{
    uint32_t x[4];

    for (int i = 0; i < 4; i++)
        x[i] = (uint32_t)gpt_rng_next(rng);
    snprintf(name, NAME_CAP, "%08x-%04x-4%03x-%04x-%04x%08x.json", x[0], x[1] >> 16,
             x[1] & 0xfff, 0x8000 | (x[2] & 0x3fff), x[2] >> 16, x[3]);
}

static void titles(struct gpt_rng *rng, char name[NAME_CAP])
{
    static const char *const what[] = { "Budget",   "Minutes", "Notes",   "Agenda",
                                        "Planning", "Offer",   "Summary", "Protocol" };
    static const char *const whose[] = { "Team",   "Board",   "Sales",
                                         "Office", "Project", "Customer" };
    static const char *const months[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"
    };
    static const char *const ends[] = { "docx", "docx", "odt", "pdf" };
    const char *first = ONE_OF(rng, what), *second = ONE_OF(rng, whose),
               *month = ONE_OF(rng, months), *end = ONE_OF(rng, ends);

    snprintf(name, NAME_CAP, "%s %s %s %u.%s", second, first, month,
             between(rng, 2020, 2025), end);
}

static const struct {
    const char *name;
    void (*draw)(struct gpt_rng *rng, char name[NAME_CAP]);
} conventions[CONVENTIONS] = {
    { "assets", assets },     { "dated", dated }, { "photos", photos },
    { "packages", packages }, { "mail", mail },   { "ids", ids },
    { "titles", titles },
};

const char *convention_name(uint32_t kind)
{
    return conventions[kind].name;
}

void convention_draw(uint32_t kind, struct gpt_rng *rng, char name[NAME_CAP])
{
    conventions[kind].draw(rng, name);
}

/* ---- faults ---------------------------------------------------------------------- */

/* A run of letters, or of letters and digits: what stands between two signs. */
struct word {
    size_t from, to;
};

static int in_word(char c)
{
    return isalnum((unsigned char)c) != 0;
}

/* The word that `at` lies in; empty: it lies in none. */
static struct word word_at(const char *name, size_t at)
{
    struct word w = { at, at };

    while (w.from > 0 && in_word(name[w.from - 1]))
        w.from--;
    while (in_word(name[w.to]))
        w.to++;
    return in_word(name[at]) ? w : (struct word){ 0 };
}

static size_t any_place(struct gpt_rng *rng, const char *name)
{
    return gpt_rng_below(rng, (uint32_t)strlen(name));
}

/* Bytes [from, to) of the name give way to `text`. */
static int put(const char *name, size_t from, size_t to, const char *text,
               char out[NAME_CAP])
{
    int n = snprintf(out, NAME_CAP, "%.*s%s%s", (int)from, name, text, name + to);

    return n < NAME_CAP && strcmp(name, out) != 0 ? 0 : -1;
}

static int other_sign(struct gpt_rng *rng, const char *name, char out[NAME_CAP])
{
    static const char signs[] = "_-. ";
    size_t at = any_place(rng, name);
    char other[2] = { signs[gpt_rng_below(rng, 4)] };

    return in_word(name[at]) ? -1 : put(name, at, at + 1, other, out);
}

static int other_case(struct gpt_rng *rng, const char *name, char out[NAME_CAP])
{
    struct word w = word_at(name, any_place(rng, name));
    char text[NAME_CAP] = "";

    for (size_t i = w.from; i < w.to; i++) {
        int c = (unsigned char)name[i];
        text[i - w.from] = (char)(isupper(c) ? tolower(c) : toupper(c));
    }
    return put(name, w.from, w.to, text, out);
}

static int doubled(struct gpt_rng *rng, const char *name, char out[NAME_CAP])
{
    size_t at = any_place(rng, name);

    return in_word(name[at]) ? put(name, at, at, (char[2]){ name[at] }, out) : -1;
}

static int dropped(struct gpt_rng *rng, const char *name, char out[NAME_CAP])
{
    size_t at = any_place(rng, name);

    return in_word(name[at]) ? put(name, at, at + 1, "", out) : -1;
}

static int exchanged(struct gpt_rng *rng, const char *name, char out[NAME_CAP])
{
    size_t at = any_place(rng, name);
    char pair[3] = { name[at + 1], name[at] };

    return in_word(name[at]) && in_word(name[at + 1]) ? put(name, at, at + 2, pair, out)
                                                      : -1;
}

static int foreign(struct gpt_rng *rng, const char *name, char out[NAME_CAP])
{
    struct word w = word_at(name, any_place(rng, name));
    char text[NAME_CAP] = "";

    for (size_t i = w.from; i < w.to; i++)
        text[i - w.from] = isalpha((unsigned char)name[i])
                               ? (char)('a' + gpt_rng_below(rng, 26))
                               : name[i];
    return put(name, w.from, w.to, text, out);
}

static int swapped(struct gpt_rng *rng, const char *name, char out[NAME_CAP])
{
    struct word first = word_at(name, any_place(rng, name)), second;
    char text[NAME_CAP];

    if (first.from == first.to || !name[first.to])
        return -1;
    second = word_at(name, first.to + 1);
    if (second.from == second.to)
        return -1;
    snprintf(text, sizeof text, "%.*s%c%.*s", (int)(second.to - second.from),
             name + second.from, name[first.to], (int)(first.to - first.from),
             name + first.from);
    return put(name, first.from, second.to, text, out);
}

static int copy_of(const char *name, char out[NAME_CAP])
{
    const char *dot = strrchr(name, '.');
    size_t at = dot ? (size_t)(dot - name) : strlen(name);

    return put(name, at, at, " (1)", out);
}

/* A Latin letter becomes the Cyrillic one that looks the same. */
static int lookalike(struct gpt_rng *rng, const char *name, char out[NAME_CAP])
{
    static const char latin[] = "aeopcxyBEMHT";
    static const char *const cyrillic[] = { "а", "е", "о", "р", "с", "х",
                                            "у", "В", "Е", "М", "Н", "Т" };
    size_t at = any_place(rng, name);
    const char *known = strchr(latin, name[at]);

    return known ? put(name, at, at + 1, cyrillic[known - latin], out) : -1;
}

static int try_once(enum fault fault, struct gpt_rng *rng, const char *name,
                    char out[NAME_CAP])
{
    size_t len = strlen(name);

    switch (fault) {
    case FAULT_SEPARATOR: return other_sign(rng, name, out);
    case FAULT_CASE: return other_case(rng, name, out);
    case FAULT_DOUBLED: return doubled(rng, name, out);
    case FAULT_DROPPED: return dropped(rng, name, out);
    case FAULT_EXCHANGED: return exchanged(rng, name, out);
    case FAULT_FOREIGN: return foreign(rng, name, out);
    case FAULT_SWAPPED: return swapped(rng, name, out);
    case FAULT_CUT: return put(name, len - len / 3, len, "", out);
    case FAULT_EXTENSION: return put(name, len, len, ".exe", out);
    case FAULT_COPY: return copy_of(name, out);
    case FAULT_BLANK: return put(name, len, len, " ", out);
    case FAULT_LOOKALIKE: return lookalike(rng, name, out);
    case FAULTS: break;
    }
    return -1;
}

const char *fault_name(enum fault fault)
{
    static const char *const names[FAULTS] = { "separator", "case",      "doubled",
                                               "dropped",   "exchanged", "foreign",
                                               "swapped",   "cut",       "extension",
                                               "copy",      "blank",     "lookalike" };

    return names[fault];
}

int fault_make(enum fault fault, struct gpt_rng *rng, const char *name,
               char out[NAME_CAP])
{
    for (int i = 0; i < TRIES; i++)
        if (try_once(fault, rng, name, out) == 0)
            return 0;
    return -1;
}
