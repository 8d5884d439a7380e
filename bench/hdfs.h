/*
 * bench/hdfs.h - how well alarms tell the abnormal sessions of the HDFS log from the
 * normal ones: precision, recall and F1 as published for it (Du et al., "DeepLog", 2017).
 *
 * The published test set has 553,366 normal and 16,838 abnormal sessions; of parts of it
 * the rates are taken, and these numbers.
 */
#ifndef KIRI_BENCH_HDFS_H
#define KIRI_BENCH_HDFS_H

#include <stddef.h>

#define HDFS_NORMAL   553366.0
#define HDFS_ABNORMAL 16838.0

struct hdfs_score {
    double precision, recall, f1;
    double false_rate; /* of the normal sessions */
};

/* Sessions of either kind, and how many of them were alarmed. None at all: precision and
 * F1 are 0. */
struct hdfs_score hdfs_score(size_t normal, size_t false_alarms, size_t abnormal,
                             size_t found);

#endif
