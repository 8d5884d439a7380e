#!/bin/bash
# restart_test.sh KIRI BUILD - a host that stops goes on where it was; one that is killed at any
# moment comes back with a whole model and a sound store (RELIABILITY.md A2, E6).
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"
kills=20
[ -n "${KIRI_FULL:-}" ] && kills=100

molecule restart 60 10ms >m.yaml
start_host m.yaml
until_true 30 'a["gen"] >= 1 and a["rows"] > 200'
gen=$(status 'a["gen"]')
began=$(date +%s%3N)
stop_host -TERM || wrong "SIGTERM exits $?, not 0"
took=$(($(date +%s%3N) - began))
[ $took -le 5000 ] || wrong "stopping took $took ms"
rows=$(sqlite3 state/store.db 'select count(*) from obs')

# ---- a clean restart ----------------------------------------------------------------------
: >log
began=$(date +%s%3N)
start_host m.yaml
until_true 10 'a["last"] is not None and a["last"]["state"] != "learning"'
echo "first score $(($(date +%s%3N) - began)) ms after start (asked each 100 ms)"
# rows that still waited for a learning when it stopped are scored now: so the generation may
# be a later one, and every stored row counts
grep -qE "goes on with generation [0-9]+, $rows rows" log ||
    { wrong "it does not go on with $rows rows:"; cat log; }
[ "$(status 'a["gen"]')" -ge "$gen" ] || wrong "generation $gen was lost"

# ---- killed at random moments ---------------------------------------------------------------
for i in $(seq $kills); do
    sleep "0.$((RANDOM % 900 + 100))"
    before=$(status 'a["rows"]')
    stop_host -KILL
    : >log
    start_host m.yaml
    until_true 10 'a["last"] is not None and a["last"]["state"] != "learning"' || break
    grep -qE "bad-|damaged|checksum|Learning anew" log && { wrong "kill $i:"; cat log; }
    after=$(status 'a["rows"]')
    # at most a second of rows is lost: 100, and what was under way
    [ $((after + 150)) -ge "${before:-0}" ] || wrong "kill $i: $before rows before, $after after"
done
stop_host -TERM || wrong "SIGTERM after the kills exits $?"
check=$(sqlite3 state/store.db 'pragma integrity_check')
[ "$check" = ok ] || wrong "integrity_check says $check"
echo "$kills kills: every restart scored, integrity_check $check"
"$KIRI" inspect state/models/pulse.safetensors >/dev/null || wrong "the model does not load"
find state/models -name '*.tmp' | grep . && wrong "a temporary file was left"
exit $failed
