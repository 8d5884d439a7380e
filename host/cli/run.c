/*
 * kiri run FILE - lives until a signal: the host itself.
 */
#include "base/units.h"
#include "cli/command.h"
#include "host.h"

enum { FOR, QUIET };

static int run(const struct call *call)
{
    struct conf_errors errors = { 0 };
    struct host_options options = { .quiet = call->value[QUIET] != NULL };
    struct kiri_error err = { 0 };

    host_block_signals();
    if (call->value[FOR] &&
        (units_duration_ms(call->value[FOR], &options.for_ms) || options.for_ms == 0)) {
        kiri_fail(&err, KIRI_USAGE, "--for takes a time such as 30s, 10m or 8h, not '%s'",
                  call->value[FOR]);
        return command_fail(&err);
    }
    struct conf *conf = conf_read(call->word[0], &errors);
    if (!conf) {
        fputs(buf_text(&errors.text), stderr);
        int code = errors.code ? (int)errors.code : KIRI_BAD_CONFIG;
        conf_errors_free(&errors);
        return code;
    }
    int rc = host_run(conf, &options, &err) ? command_fail(&err) : 0;
    conf_free(conf);
    conf_errors_free(&errors);
    return rc;
}

const struct command command_run = {
    .name = "run",
    .summary = "Runs the molecule of a YAML file until it is stopped.",
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .about =
        "Starts every atom that the file names, learns what is normal for each, scores\n"
        "what comes after, stores it, and publishes it on the bus. Runs until Ctrl-C,\n"
        "SIGTERM or the end of --for; then models are saved and it stops by itself. A\n"
        "second Ctrl-C stops at once. Watch it with 'kiri top'.\n",
    .option = { { "for", "TIME", "Stops after this long: 30s, 10m, 8h. Default: never." },
                { "quiet", NULL, "Only warnings and errors are logged." } },
    .examples = "  kiri run configs/first.yaml\n"
                "  kiri run configs/first.yaml --for 30s --quiet\n",
    .exits = "  0   it was stopped\n"
             "  65  an atom's .so is damaged or of another kind\n"
             "  66  no such file\n"
             "  73  the state directory cannot be written\n"
             "  75  another host has the state directory or the address\n"
             "  78  the file is wrong; every mistake was listed\n",
    .run = run,
};
