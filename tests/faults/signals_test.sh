#!/bin/bash
# signals_test.sh BUILD - E3: every thread is interrupted a thousand times a second, without
# SA_RESTART, and the tests pass all the same. A sample of them; all with KIRI_FULL=1.
#
# Left out: the client, whose waiting is meant to end when a signal comes (Ctrl-C); the lints,
# which run nothing of ours; this test; the long and the timed ones, which have their own; and
# those whose own instruments do not live with it (threads stopped by ptrace, bad peers).
set -u
export LD_PRELOAD="$1/tests/faults/signal_preload.so" KIRI_SIGNALS_IN="$1/"
sample='^(base/|store/atomic|store/store|store/lock|load/|bus/requests|flow/keep|host/refuse)'
[ -z "${KIRI_FULL:-}" ] || sample='^(base|sdk|engine|model|flow|load|conf|store|bus|cli|plugins|host)/'
unset KIRI_FULL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "subdirs(\"$1\")" >"$work/CTestTestfile.cmake" # its logs are not those of who runs us
ctest --test-dir "$work" -j 2 --output-on-failure -R "$sample" -E 'client_test|bus/stream_test|kill_test|term_test|clock_test|silence_test|peers_test' \
    --output-log "$work/log" >/dev/null 2>&1
code=$?
grep -E '^[0-9]+% tests passed|Failed|Timeout|Not Run' "$work/log"
[ $code -eq 0 ] || grep -A60 '\*\*\*Failed' "$work/log" | head -200
exit $code
