#!/bin/bash
# storm_test.sh KIRI BUILD - a config that is read again while the host runs.
#
# D3: 50 bad files by SIGHUP, some by kiri reload: each is refused in a sentence that names the
#   place, no tick is missed, descriptors and threads become no more.
# D4: 100 SIGHUPs in a second while the file is rewritten: what runs at the end is what is on
#   disk. 100 such seconds with KIRI_FULL=1.
KIRI=$1 BUILD=$2
broken=$(dirname "$(realpath "$0")")/../conf/broken.txt
. "$(dirname "$(realpath "$0")")/lib.sh"
files=50 storms=2 may_miss=5 # a loaded machine may be late a few times
[ -z "${KIRI_FULL:-}" ] || storms=100 may_miss=1
[ -z "${KIRI_SAN:-}" ] || files=15 storms=1 may_miss=10

good() { # PERIOD
    cat >new.yaml <<END
molecule: storm
state: $work/state
atoms:
  ledger: { plugin: $BUILD/tests/faults/ledger.so, every: $1, path: $work/ledger }
  pulse: { plugin: $BUILD/plugins/pulse.so, every: 1s }
END
    mv new.yaml m.yaml
}
# What a host that drifts would have more of: descriptors and threads. A pool's idle connection
# or answer may come and go: the least of ten looks counts.
drift() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        echo "$(count_in fd) $(count_in task)"
        sleep 0.05
    done | sort -n | head -n 1
}

# A reader of the store has three descriptors and comes and goes; a leak would have dozens.
grew() { [ "${2% *}" -gt $((${1% *} + 3)) ] || [ "${2#* }" -gt "${1#* }" ]; }

good 100ms
start_host m.yaml
until_true 20 'a["rows"] > 5 and s["atoms"][1]["rows"] > 0' || exit 1
kill -HUP "$host" # what a first reload makes once
until_true 5 's["config_applied"] == 1 or s["config_applied_ts"] > 0'
sleep 0.5
before=$(drift)
skipped=$(status 'a["skipped"]')

# ---- D3 -----------------------------------------------------------------------------------------
refused=$(status 's["config_refused"]')
for i in $(seq $files); do
    awk -v want=$((2 * i - 1)) '/^%% / { n++; next } n == want' "$broken" >bad.yaml
    mv bad.yaml m.yaml
    if [ $((i % 10)) = 0 ]; then
        "$KIRI" reload --state "$work/state" >out 2>err
        [ $? -eq 78 ] || { wrong "kiri reload of bad file $i does not exit 78:"; cat out err m.yaml; }
        grep -q 'm.yaml:[0-9]*:[0-9]*: ' err || { wrong "bad file $i gets no place:"; cat err; }
    else
        kill -HUP "$host"
    fi
    until_true 5 "s['config_refused'] == $((refused + i)) and 'm.yaml:' in s['config_rejected']" ||
        { cat m.yaml; break; }
done
missed=$(($(status 'a["skipped"]') - skipped))
[ $missed -le $may_miss ] || wrong "$missed ticks were missed"
good 100ms
"$KIRI" reload --state "$work/state" >out 2>err || { wrong "the good file is refused:"; cat err; }
until_true 5 's["config_rejected"] == ""'
after=$(drift)
echo "D3: $files bad files, $missed ticks missed; descriptors and threads: $before before, $after after"
grew "$before" "$after" && wrong "descriptors and threads grew: $before, then $after"
[ "$(status 'a["state"]')" != broken ] || wrong "the atom is broken"

# ---- D4 ---------------------------------------------------------------------------------------
refused=$(status 's["config_refused"]')
for storm in $(seq $storms); do
    for i in $(seq 100); do
        good $((100 + (i + storm) % 100))ms
        kill -HUP "$host"
        sleep 0.007
    done
    until_true 5 "a['period_ms'] == $((100 + (100 + storm) % 100))" || break
done
[ "$(status 's["config_refused"]')" = "$refused" ] || wrong "a good file was refused"
after=$(drift)
echo "D4: $storms storms of 100 SIGHUPs; descriptors and threads: $after after"
grew "$before" "$after" && wrong "descriptors and threads grew: $before, then $after"
stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
