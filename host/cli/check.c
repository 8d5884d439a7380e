/*
 * kiri check FILE - everything that run would check before it starts, and nothing else.
 */
#include "cli/command.h"
#include "host.h"

static int run(const struct call *call)
{
    struct conf_errors errors = { 0 };
    struct conf *conf = conf_read(call->word[0], &errors);
    int code = 0;

    if (conf)
        host_check(conf, &errors);
    if (!conf || errors.n) {
        fputs(buf_text(&errors.text), stderr);
        code = errors.code ? (int)errors.code : KIRI_BAD_CONFIG;
    } else {
        printf("%s: ok, %u atom%s\n", call->word[0], conf->n_atoms,
               conf->n_atoms == 1 ? "" : "s");
        code = command_finish();
    }
    conf_free(conf);
    conf_errors_free(&errors);
    return code;
}

const struct command command_check = {
    .name = "check",
    .summary = "Says what is wrong with a YAML file, without starting anything.",
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .about =
        "Reads the file as 'kiri run' would, finds its plugins, opens each in a child\n"
        "process and holds the atoms' options against them. Every mistake is listed as\n"
        "file:line:column: sentence. Nothing is started, created or changed.\n",
    .examples = "  kiri check configs/first.yaml\n"
                "  kiri check my.yaml && systemctl reload kiri\n",
    .exits = "  0   the file is right\n"
             "  66  no such file\n"
             "  78  the file is wrong; every mistake was listed\n",
    .run = run,
};
