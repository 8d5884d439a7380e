/*
 * bench/hdfs.h - sessions of a distributed file system's log keys (HDFS, Xu et al. 2009,
 * in the form of DeepLog, Du et al. 2017), some of them labelled as anomalous: what `kiri
 * detect --format sessions` finds at its defaults, learning from normal sessions only.
 *
 * DIR has train_normal.txt, and <part>_normal.txt and <part>_abnormal.txt of a part named
 * valid or test: a session a line, its keys separated by blanks.
 */
#ifndef KIRI_BENCH_HDFS_H
#define KIRI_BENCH_HDFS_H

#include "base/error.h"
#include "bench/figures.h"

/* Found at one threshold, as the published test set has it: 553,366 normal and 16,838
 * anomalous sessions, of which the part's are taken as a sample. */
struct hdfs_score {
    double precision, recall, f1;
    double false_rows; /* share of the normal sessions */
};
struct hdfs_score hdfs_score(uint64_t normal, uint64_t false_alarms, uint64_t abnormal,
                             uint64_t found);

/* Adds hdfs.f1.mean and hdfs.f1.worst over the seeds 1..seeds, and what they are made of.
 * 0; 1: DIR has no such files, nothing is added; -1 and a sentence. */
int hdfs_measure(const char *dir, unsigned seeds, struct figures *f,
                 struct kiri_error *err);

#endif
