/*
 * cli/command.h - one subcommand as a table: its options, its help, its function. The
 * table parses the command line and prints the help, so that the two cannot differ.
 */
#ifndef KIRI_CLI_COMMAND_H
#define KIRI_CLI_COMMAND_H

#include "base/error.h"

#include <stdio.h>

#define COMMAND_OPTIONS 20 /* at most, --help not counted */
#define COMMAND_EACH    64 /* values of the option that may be repeated */

struct command_option {
    const char *name;  /* "seed" is --seed                           */
    const char *value; /* "N": it takes one; NULL: it is a switch    */
    const char *help;  /* one sentence, with its default             */
};

/* What stood on the command line. */
struct call {
    const char *value[COMMAND_OPTIONS]; /* by option; NULL: not given; "" for a switch */
    const char *each[COMMAND_EACH + 1]; /* of the option that repeats; ends with NULL */
    int n_each;
    char **word; /* what is no option */
    int n_words;
};

struct command {
    const char *name;
    const char *summary;   /* for the list of commands; NULL: not listed     */
    const char *arguments; /* after the name in the usage line               */
    int least, most;       /* words it takes; most < 0: any number           */
    const char *about;     /* what it does, in lines of at most 80 columns   */
    const char *examples;
    const char *exits;   /* the exit codes, one a line                     */
    const char *repeats; /* an option that may be given again: call->each; NULL: none */
    struct command_option option[COMMAND_OPTIONS + 1];
    int (*run)(const struct call *call);
};

extern const struct command command_run, command_check, command_status, command_top,
    command_demo, command_burn, command_sub, command_train, command_score,
    command_inspect, command_import, command_probe, command_trial, command_cell,
    command_record, command_export, command_replay, command_reload, command_new_atom,
    command_load, command_unload, command_task, command_detect, command_approve,
    command_dismiss, command_retrain, command_rollback, command_eval;

void command_help(const struct command *c, FILE *out);
/* argv[0] is the command's name. -1: --help was asked for. Else 0 or a code, after a
 * sentence on stderr. call->word points into argv, which is put in order. */
int command_parse(const struct command *c, int argc, char **argv, struct call *call);

/* Says the error on stderr and returns its code, which main() returns. */
int command_fail(const struct kiri_error *err);
/* Everything printed has really been written: 0, or a code after a sentence. */
int command_finish(void);

#endif
