/*
 * cli/main.c - finds the subcommand, or teaches.
 */
#include "base/units.h"
#include "cli/command.h"
#include "engine/gpt.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_run,      &command_check,   &command_reload,   &command_load,
    &command_unload,   &command_status,  &command_top,      &command_demo,
    &command_sub,      &command_train,   &command_score,    &command_inspect,
    &command_import,   &command_record,  &command_export,   &command_replay,
    &command_new_atom, &command_probe,   &command_trial,    &command_cell,
    &command_burn,     &command_task,    &command_detect,   &command_approve,
    &command_dismiss,  &command_retrain, &command_rollback, &command_eval,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void overview(FILE *out)
{
    fprintf(out,
            "kiri %s - says how surprising what happens on this machine is.\n\n"
            "Usage: kiri COMMAND [ARGUMENTS] [OPTIONS]\n\nCommands:\n",
            KIRI_VERSION);
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i]->summary)
            fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "  %-10s %s\n", "help", "The same as 'kiri COMMAND --help'.");
    fprintf(
        out,
        "\nStart with 'kiri demo'; then 'kiri run configs/first.yaml', and 'kiri top' "
        "in\nanother terminal. 'kiri COMMAND --help' explains each; 'man kiri' has it "
        "all.\n");
}

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown(const char *word)
{
    const char *names[COMMANDS + 3] = { "help", "--help", "--version" };
    size_t n = 3;

    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i]->summary)
            names[n++] = commands[i]->name;
    const char *near = units_nearest(word, names, n);
    fprintf(stderr, "kiri: unknown %s '%.80s'", *word == '-' ? "option" : "command",
            word);
    if (near)
        fprintf(stderr, ", did you mean '%s'?", near);
    fprintf(stderr, "\nTry 'kiri --help'.\n");
    return KIRI_USAGE;
}

static int is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static int help(int argc, char **argv)
{
    if (argc < 3) {
        overview(stdout);
        return command_finish();
    }
    const struct command *c = command_named(argv[2]);
    if (!c)
        return unknown(argv[2]);
    command_help(c, stdout);
    return command_finish();
}

int main(int argc, char **argv)
{
    struct call call;

    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        overview(stderr);
        return KIRI_USAGE;
    }
    if (is_one_of(argv[1], "--help", "-h", "help"))
        return help(argc, argv);
    if (is_one_of(argv[1], "--version", "-V", "version")) {
        printf("kiri %s\n", KIRI_VERSION);
        return command_finish();
    }
    const struct command *c = command_named(argv[1]);
    if (!c)
        return unknown(argv[1]);
    int rc = command_parse(c, argc - 1, argv + 1, &call);
    if (rc < 0) {
        command_help(c, stdout);
        return command_finish();
    }
    if (rc)
        return rc;
    char why[160];
    if (gpt_isa_check(why, sizeof why) != 0) {
        fprintf(stderr, "kiri: %s\n", why);
        return KIRI_USAGE;
    }
    return c->run(&call);
}
