/*
 * kiri import - a published model.json becomes a model file.
 */
#include "base/path.h"
#include "cli/command.h"
#include "flow/lines.h"
#include "screen/view_number.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { FORCE };

static int run(const struct call *call)
{
    const char *from = call->word[0], *to = call->word[1];
    struct kiri_error err = { 0 };
    struct stat there;
    char params[40];
    size_t len;
    int rc = -1;

    if (!call->value[FORCE] && lstat(to, &there) == 0) {
        kiri_fail(&err, KIRI_NO_WRITE, "%s is there already: --force replaces it", to);
        return command_fail(&err);
    }
    char *json = path_read(from, LINES_FILE_MOST, &len, &err);
    struct lines *m = json ? lines_import(json, len, &err) : NULL;
    if (m)
        rc = lines_save(m, to, &err);
    else if (json)
        kiri_fail_in(&err, "%s", from);
    if (rc == 0) {
        const struct gpt_shape *s = gpt_shape_of(lines_gpt(m));
        number_count((double)gpt_shape_params(s), params, sizeof params);
        printf("%s: %u symbols and the end, %s parameters\n", to, s->vocab - 1, params);
    }
    rc = rc ? command_fail(&err) : command_finish();
    lines_free(m);
    free(json);
    return rc;
}

const struct command command_import = {
    .name = "import",
    .summary = "Turns a published model.json into a model file.",
    .arguments = "model.json OUT",
    .least = 2,
    .most = 2,
    .about =
        "Reads a model in the published form (hyperparams, vocab, vocab_size, weights)\n"
        "and writes it as a KIRI model that 'kiri score' and 'kiri inspect' read.\n"
        "Shapes and values are checked; OUT is written whole or not at all.\n",
    .option = { { "force", NULL,
                  "Replaces OUT if it exists; the old one is kept as OUT.prev." } },
    .examples = "  kiri import filename.model.json filename.model\n"
                "  kiri score --model filename.model --text report_v01.pdf\n",
    .exits = "  0   OUT is written\n"
             "  64  the command line is wrong\n"
             "  65  the model is damaged or of another form\n"
             "  66  it cannot be read\n"
             "  73  OUT exists, or cannot be written\n",
    .run = run,
};
