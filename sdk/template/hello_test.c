/* hello_test.c - what stands in the file is the value; what is no number is missing. */
#include <kiri/testing.h>

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    const char *text;
    double value;
} cases[] = {
    { "0.25 0.17 0.13 1/120 4711\n", 0.25 },
    { "-3e2", -300 },
    { "  7\n8\n", 7 },
    { "no number\n", NAN },
    { "", NAN },
    { "inf\n", NAN },
};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static int same(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b;
}

int main(void)
{
    struct kiri_test *t = kiri_test_new(&kiri_atom);
    char dir[] = "/tmp/hello-XXXXXX", file[64];

    if (!mkdtemp(dir)) {
        perror(dir);
        return 1;
    }
    snprintf(file, sizeof file, "%s/number", dir);
    kiri_test_option(t, "file", file);
    KIRI_EXPECT(t, kiri_test_open(t) == KIRI_OK);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(file, cases[i].text);
        KIRI_EXPECT(t, kiri_test_collect(t) == KIRI_OK);
        double got = kiri_test_number(t, "value");
        if (!same(got, cases[i].value))
            kiri_test_broken(t, "\"%s\" is read as %g", cases[i].text, got);
    }

    unlink(file); /* gone: missing, and no error */
    KIRI_EXPECT(t, kiri_test_collect(t) == KIRI_OK);
    KIRI_EXPECT(t, isnan(kiri_test_number(t, "value")));
    rmdir(dir);
    return kiri_test_done(t);
}
