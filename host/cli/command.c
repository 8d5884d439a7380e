#include "cli/command.h"

#include "base/units.h"

#include <errno.h>
#include <string.h>

void command_help(const struct command *c, FILE *out)
{
    fprintf(out, "Usage: kiri %s%s%s%s\n\n%s\n", c->name, *c->arguments ? " " : "",
            c->arguments, c->option[0].name ? " [OPTIONS]" : "", c->about);
    fprintf(out, "Options:\n");
    for (const struct command_option *o = c->option; o->name; o++) {
        char left[40];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        fprintf(out, "  %-18s %s\n", left, o->help);
    }
    fprintf(out, "  %-18s %s\n", "--help", "Prints this.");
    fprintf(out, "\nExamples:\n%s\nExit codes:\n%s", c->examples, c->exits);
}

static int usage(const struct command *c, const char *sentence)
{
    fprintf(stderr, "kiri %s: %s\nTry 'kiri %s --help'.\n", c->name, sentence, c->name);
    return KIRI_USAGE;
}

static int unknown(const struct command *c, const char *word)
{
    const char *names[COMMAND_OPTIONS + 1];
    char sentence[256];
    size_t n = 0;

    for (const struct command_option *o = c->option; o->name; o++)
        names[n++] = o->name;
    names[n++] = "help";
    const char *near = word[1] == '-' ? units_nearest(word + 2, names, n) : NULL;
    if (near)
        snprintf(sentence, sizeof sentence,
                 "unknown option '%.80s', did you mean '--%s'?", word, near);
    else
        snprintf(sentence, sizeof sentence, "unknown option '%.80s'", word);
    return usage(c, sentence);
}

/* "--name", "--name=value": the option's index, *value what stands after '=' or NULL. */
static int find(const struct command *c, const char *word, const char **value)
{
    size_t len = strcspn(word + 2, "=");

    *value = word[2 + len] ? word + 2 + len + 1 : NULL;
    for (int i = 0; c->option[i].name; i++)
        if (strlen(c->option[i].name) == len &&
            memcmp(c->option[i].name, word + 2, len) == 0)
            return i;
    return -1;
}

static int is_option(const char *word)
{
    return word[0] == '-' && word[1];
}

/* Takes the option at argv[*i], and its value where that is the next word. */
static int take(const struct command *c, int argc, char **argv, int *i, struct call *call)
{
    const char *value, *word = argv[*i];
    char sentence[128];

    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        return -1;
    int at = word[1] == '-' ? find(c, word, &value) : -1;
    if (at < 0)
        return unknown(c, word);
    const struct command_option *o = &c->option[at];
    if (!o->value && value) {
        snprintf(sentence, sizeof sentence, "--%s takes no value", o->name);
        return usage(c, sentence);
    }
    if (o->value && !value) {
        if (*i + 1 == argc) {
            snprintf(sentence, sizeof sentence, "--%s needs a value: --%s %s", o->name,
                     o->name, o->value);
            return usage(c, sentence);
        }
        value = argv[++*i];
    }
    call->value[at] = o->value ? value : "";
    int repeats = c->repeats && strcmp(c->repeats, o->name) == 0;
    if (repeats && call->n_each == COMMAND_EACH) {
        snprintf(sentence, sizeof sentence, "--%s more than %d times", o->name,
                 COMMAND_EACH);
        return usage(c, sentence);
    }
    if (repeats)
        call->each[call->n_each++] = value;
    return 0;
}

int command_parse(const struct command *c, int argc, char **argv, struct call *call)
{
    char sentence[160];
    int n = 1, options = 1;

    *call = (struct call){ .word = argv + 1 };
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = 0;
        } else if (options && is_option(argv[i])) {
            int rc = take(c, argc, argv, &i, call);
            if (rc)
                return rc;
        } else {
            argv[n++] = argv[i];
        }
    }
    call->n_words = n - 1;
    if (call->n_words < c->least) {
        snprintf(sentence, sizeof sentence, "something is missing: kiri %s %s", c->name,
                 c->arguments);
        return usage(c, sentence);
    }
    if (c->most >= 0 && call->n_words > c->most) {
        snprintf(sentence, sizeof sentence, "what is '%.80s' for?", call->word[c->most]);
        return usage(c, sentence);
    }
    return 0;
}

int command_fail(const struct kiri_error *err)
{
    fprintf(stderr, "kiri: %s\n", err->text);
    return (int)err->code;
}

int command_finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fprintf(stderr, "kiri: cannot write the output: %s\n", strerror(errno));
    return KIRI_IO;
}
