#!/bin/sh
# full_disk_test.sh KIRI BUILD - RELIABILITY A7: a host on a tmpfs of 64 KiB that is full before
# it starts, and fills again while it runs. It scores and publishes every tick of 50 ms, says
# that its store is degraded, loses no row, and heals by itself within 10 s of there being
# space. The model that could not be saved is saved then.
case $0 in /*) self=$0 ;; *) self=$PWD/$0 ;; esac
if [ -z "${KIRI_OWN_MOUNTS:-}" ]; then
    export KIRI_OWN_MOUNTS=1
    if [ "$(id -u)" = 0 ]; then exec unshare -m "$self" "$@"; fi
    exec unshare -Urm "$self" "$@"
fi
KIRI=$1 BUILD=$2
. "$(dirname "$self")/lib.sh"

mkdir state
mount -t tmpfs -o size=64k,mode=700 kiri "$work/state" || wrong "no tmpfs can be mounted"
trap 'stop_host -KILL; kill "$ear" 2>/dev/null; umount "$work/state"; rm -rf "$work"' EXIT
ear=
by_bus=ipc://$work/state/bus # host.json may not exist

fill() { head -c 100000000 /dev/zero >"state/$1" 2>/dev/null; }
now_ms() { date +%s%3N; }
most=10000 # ms
[ -z "${KIRI_SAN:-}" ] || most=40000
healed() { # WHEN: that it was full; there has been space since $began
    until_true 10 'not s["store"]["degraded"]'
    took=$(($(now_ms) - began))
    echo "$1: healed after $took ms"
    [ $took -le $most ] || wrong "$1: that took $took ms"
}
ticks=40 # with a full disk, twice
[ -n "${KIRI_FULL:-}" ] && ticks=200

fill filler
molecule full 100 50ms >full.yaml
start_host full.yaml
until_true 10 's["store"]["degraded"]'
"$KIRI" sub score/pulse --bus "$by_bus" >scores 2>sub.log &
ear=$!
rows=$(status 'a["rows"]')
until_true 20 "a['rows'] >= ${rows:-0} + $ticks"
[ "$(status 's["store"]["degraded"] and s["store"]["dropped"] == 0')" = True ] ||
    wrong "a full disk at the start: $(status 's["store"]')"

began=$(now_ms)
mount -o remount,size=16m "$work/state"
rm state/filler
healed 'full at the start'
until_true 10 'a["rows"] > 0' # host.json is there: --state finds it
until_true 20 'a["gen"] > 0'

fill filler
until_true 10 's["store"]["degraded"]'
rows=$(status 'a["rows"]')
until_true 20 "a['rows'] >= ${rows:-0} + $ticks"
began=$(now_ms)
rm state/filler
healed 'filled while it ran'
[ "$(status 's["store"]["dropped"]')" = 0 ] || wrong "rows were lost: $(status 's["store"]')"

stop_host -TERM || wrong "it ended with $?"
kill "$ear" 2>/dev/null
wait "$ear" 2>/dev/null
python3 - scores $ticks <<'END' || wrong "the ear missed scores: $(cat sub.log)"
import json, sys
n = [json.loads(l[l.index("{"):])["n"] for l in open(sys.argv[1])]
missed = sum(b - a - 1 for a, b in zip(n, n[1:]))
print(f"{len(n)} scores heard, {missed} missed")
sys.exit(missed or len(n) < 2 * int(sys.argv[2]))
END
rows=$(sqlite3 state/store.db 'select count(*), max(id) - min(id) + 1 from obs')
[ "${rows%|*}" = "${rows#*|}" ] || wrong "rows are missing in the store: $rows"
[ -s state/models/pulse.safetensors ] || wrong "no model was saved: $(ls -l state/models)"

# Read-only at the start: the model of before scores, and what waits is written later.
stored=$(sqlite3 state/store.db 'select count(*) from obs')
mount -o remount,ro "$work/state"
mkdir -m 700 run
export XDG_RUNTIME_DIR=$work/run
by_bus=ipc://$work/run/kiri/full/bus
start_host full.yaml
until_true 10 's["store"]["degraded"] and a["gen"] > 0'
rows=$(status 'a["rows"]')
until_true 10 "a['rows'] >= ${rows:-0} + 20"
began=$(now_ms)
mount -o remount,rw "$work/state"
healed 'read-only at the start'
stop_host -TERM || wrong "it ended with $?"
[ "$(sqlite3 state/store.db 'select count(*) from obs')" -gt "$stored" ] ||
    wrong "nothing was stored after it could be written again"
lines=$(grep -c 'cannot write .*store.db' log)
[ "$lines" -le 3 ] || wrong "$lines lines about the full disk, one a minute is enough"
exit $failed
