#include "bench/hdfs.h"

#include <math.h>

struct hdfs_score hdfs_score(size_t normal, size_t false_alarms, size_t abnormal,
                             size_t found)
{
    struct hdfs_score s = { .recall = (double)found / fmax(1, (double)abnormal),
                            .false_rate =
                                (double)false_alarms / fmax(1, (double)normal) };
    double right = s.recall * HDFS_ABNORMAL, wrong = s.false_rate * HDFS_NORMAL;

    s.precision = right / fmax(1, right + wrong);
    s.f1 = 2 * s.precision * s.recall / fmax(1e-9, s.precision + s.recall);
    return s;
}
