/* option.c - the one table of the types of options. */
#include <kiri/option.h>

static const struct {
    const char *what;
    int is_place;
} types[] = {
    [KIRI_OPT_TEXT] = { "a text", 0 },
    [KIRI_OPT_NUMBER] = { "a number", 0 },
    [KIRI_OPT_INTEGER] = { "a whole number", 0 },
    [KIRI_OPT_BOOL] = { "true or false", 0 },
    [KIRI_OPT_CHOICE] = { "one of", 0 },
    [KIRI_OPT_DURATION] = { "a duration", 0 },
    [KIRI_OPT_PATH] = { "a path", 1 },
    [KIRI_OPT_URL] = { "a URL", 1 },
    [KIRI_OPT_BUS] = { "a D-Bus address", 1 },
    [KIRI_OPT_PATHS] = { "a path or a list of paths", 1 },
};

const char *kiri_option_what(uint32_t type)
{
    return type < sizeof types / sizeof *types ? types[type].what : NULL;
}

int kiri_option_is_place(uint32_t type)
{
    return type < sizeof types / sizeof *types && types[type].is_place;
}
