#!/bin/sh
# run.sh FUZZER SEEDS - every seed, then new inputs for 5 seconds; a minute with KIRI_FULL=1,
# KIRI_FUZZ_SECONDS otherwise. An input that breaks something is left in the current folder.
set -eu
fuzzer=$1 seeds=$2
seconds=${KIRI_FUZZ_SECONDS:-${KIRI_FULL:+60}}
[ -n "$(ls -A "$seeds")" ] || { echo "$seeds is empty" >&2; exit 1; }
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
"$fuzzer" -max_total_time="${seconds:-5}" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
    -print_final_stats=1 -verbosity=0 "$found" "$seeds"
