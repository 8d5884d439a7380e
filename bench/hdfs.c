#include "bench/hdfs.h"

#include "base/path.h"
#include "bench/jobs.h"
#include "detect/detect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH      4096
#define NORMALS   553366.0
#define ABNORMALS 16838.0

struct hdfs_score hdfs_score(uint64_t normal, uint64_t false_alarms, uint64_t abnormal,
                             uint64_t found)
{
    struct hdfs_score s = { .false_rows = (double)false_alarms / (double)normal,
                            .recall = (double)found / (double)abnormal };
    double fp = s.false_rows * NORMALS, tp = s.recall * ABNORMALS;

    s.precision = tp + fp > 0 ? tp / (tp + fp) : 0;
    if (s.precision + s.recall > 0)
        s.f1 = 2 * s.precision * s.recall / (s.precision + s.recall);
    return s;
}

struct files {
    char train[PATH], normal[PATH], abnormal[PATH];
    char dir[32]; /* of what is made here */
    char both[64], out[64];
    uint64_t normals, rows; /* of both: the normal ones come first */
};

static int place(const char *dir, const char *part, const char *what, char out[PATH])
{
    snprintf(out, PATH, "%s/%s_%s.txt", dir, part, what);
    return access(out, R_OK);
}

/* Appends a file to `to`, and how many lines it has to *lines. */
static int append(FILE *to, const char *path, uint64_t *lines, struct kiri_error *err)
{
    size_t len;
    char *text = path_read(path, SIZE_MAX / 2, &len, err);

    if (!text)
        return -1;
    for (size_t i = 0; i < len; i++)
        *lines += text[i] == '\n';
    int open = len && text[len - 1] != '\n';
    *lines += open != 0;
    int rc = fwrite(text, 1, len, to) != len || (open && fputc('\n', to) == EOF);
    free(text);
    return rc ? kiri_fail(err, KIRI_NO_WRITE, "%s: cannot be copied", path) : 0;
}

static int join(struct files *f, struct kiri_error *err)
{
    FILE *to = fopen(f->both, "we");

    if (!to)
        return kiri_fail(err, KIRI_NO_WRITE, "%s cannot be written", f->both);
    int rc = append(to, f->normal, &f->rows, err);
    f->normals = f->rows;
    if (rc == 0)
        rc = append(to, f->abnormal, &f->rows, err);
    if (fclose(to) && rc == 0)
        rc = kiri_fail(err, KIRI_NO_WRITE, "%s cannot be written", f->both);
    return rc;
}

/* ---- one seed -------------------------------------------------------------------- */

/* The alarms of what kiri detect wrote, among the normal rows and the others. */
static int count(const struct files *f, uint64_t alarms[2], struct kiri_error *err)
{
    size_t len;
    char *text = path_read(f->out, SIZE_MAX / 2, &len, err), *at = text;
    uint64_t row = 0;

    if (!text)
        return -1;
    for (; (at = strchr(at, '\n')) && at[1]; row++) {
        char *cell = ++at;
        for (int comma = 0; cell && comma < 4; comma++)
            cell = strchr(cell + (comma > 0), ',');
        if (cell && cell[1] == '1' && row < f->rows)
            alarms[row >= f->normals]++;
    }
    free(text);
    if (row == f->rows)
        return 0;
    return kiri_fail(err, KIRI_INTERNAL, "detect wrote other rows than it read");
}

static int try_seed(const struct files *f, unsigned seed, struct hdfs_score *out,
                    struct kiri_error *err)
{
    const struct detect_options o = {
        .input = f->both, .train = f->train, .format = SOURCE_SESSIONS, .seed = seed
    };
    struct detect_report report = { 0 };
    struct output *to = output_open(f->out, 1, err);
    uint64_t alarms[2] = { 0 };

    if (!to)
        return -1;
    int rc = detect_run(&o, to, &report, err);
    detect_report_free(&report);
    if (rc) {
        output_drop(to);
        return -1;
    }
    if (output_keep(to, err) || count(f, alarms, err))
        return -1;
    *out = hdfs_score(f->normals, alarms[0], f->rows - f->normals, alarms[1]);
    return 0;
}

/* ---- all seeds ------------------------------------------------------------------- */

static int measure(const struct files *f, unsigned seeds, struct figures *to,
                   struct kiri_error *err)
{
    struct hdfs_score sum = { 0 };
    double worst = INFINITY;
    char name[FIGURE_NAME];

    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct hdfs_score s;
        if (try_seed(f, seed, &s, err))
            return -1;
        snprintf(name, sizeof name, "hdfs.f1.seed%u", seed);
        figures_add(to, name, s.f1, "", GOAL_NONE, 0);
        sum.f1 += s.f1 / seeds;
        sum.recall += s.recall / seeds;
        sum.false_rows += s.false_rows / seeds;
        worst = fmin(worst, s.f1);
    }
    figures_add(to, "hdfs.f1.mean", sum.f1, "", GOAL_AT_LEAST, 0.93);
    figures_add(to, "hdfs.f1.worst", worst, "", GOAL_AT_LEAST, 0.91);
    figures_add(to, "hdfs.recall.mean", sum.recall, "", GOAL_NONE, 0);
    figures_add(to, "hdfs.false_rows.mean", sum.false_rows, "of rows", GOAL_NONE, 0);
    return 0;
}

int hdfs_measure(const char *dir, unsigned seeds, struct figures *to,
                 struct kiri_error *err)
{
    struct files f = { .dir = "/tmp/kiri-hdfs-XXXXXX" };
    const char *part = "valid";

    if (place(dir, "train", "normal", f.train))
        return 1;
    if (place(dir, part, "normal", f.normal))
        part = "test";
    if (place(dir, part, "normal", f.normal) || place(dir, part, "abnormal", f.abnormal))
        return 1;
    if (!mkdtemp(f.dir))
        return kiri_fail(err, KIRI_NO_WRITE, "/tmp: no folder can be made");
    snprintf(f.both, sizeof f.both, "%s/both.txt", f.dir);
    snprintf(f.out, sizeof f.out, "%s/scores.csv", f.dir);
    int rc = join(&f, err) || measure(&f, seeds, to, err) ? -1 : 0;
    unlink(f.both);
    unlink(f.out);
    rmdir(f.dir);
    return rc;
}
