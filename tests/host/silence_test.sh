#!/bin/bash
# silence_test.sh KIRI BUILD - G2: silence is a fault. Each stage of a host is frozen in turn,
# and within two periods (or 2 s, if that is longer; and the second until somebody looks) it is
# said: by kiri status and on the bus, or, where those are what froze, by kiri itself. When the
# stage moves again, all is well again.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
by=5000 # 3 s, and until this machine has asked
[ -z "${KIRI_FULL:-}" ] || by=3700
cat >m.yaml <<END
molecule: silence
state: $work/state
atoms:
  ledger:
    plugin: $BUILD/tests/faults/ledger.so
    every: 20ms
    learn: { warmup: 60 }
    path: $work/ledger
END
mkfifo orders
python3 "$here/freeze.py" orders "$KIRI" run m.yaml --for 300s >pid 2>>log &
keeper=$!
exec 3<>orders
trap 'kill -KILL $(cat pid) $keeper 2>/dev/null; grep -hA40 "Sanitizer\|runtime error" log; rm -rf "$work"' EXIT
until_true 30 'a["gen"] >= 1 and a["state"] == "normal"' || exit 1
"$KIRI" sub atom/ heartbeat --state "$work/state" >heard 2>sub_err &
ears=$!
until_true 5 's["traffic"]["peers"] >= 1'

now_ms() { local us=${EPOCHREALTIME/[.,]/}; now=$((us / 1000)); }
# seen COMMAND...: ms until it succeeds, or nothing after 20 s.
seen() {
    now_ms
    local began=$now
    while now_ms && [ $((now - began)) -lt 20000 ]; do
        "$@" && echo $((now - began)) && return
        sleep 0.1
    done
}
says() { [ "$(status "$1")" = True ]; }
hears() { tail -n +"$from" heard | grep -qE "$1"; }
silent() { ! timeout 1 "$KIRI" status --state "$work/state" >/dev/null 2>&1; }

# frozen THREAD BEGUN STATUS HEARD: the thread stands still; once it is missed (BEGUN), STATUS
# becomes true and HEARD is on the bus.
frozen() {
    from=$(($(wc -l <heard) + 1))
    echo "stop $1" >&3
    local told heard_after
    until_true 10 "$2"
    told=$(seen says "$3")
    heard_after=$(seen hears "$4")
    echo go >&3
    echo "$1 frozen: in status after ${told:-nothing} ms, on the bus ${heard_after:-nothing} ms later"
    [ -n "$told" ] && [ "$told" -le $by ] || wrong "$1: status said so after ${told:-20000} ms"
    [ -n "$heard_after" ] && [ "$heard_after" -le $((by - 2200)) ] || wrong "$1: not on the bus: $4"
    until_true 10 'a["state"] == "normal" and not s["store"]["degraded"]'
}

frozen kiri-atoms True 'a["state"] == "stuck"' '^atom/ledger .*"state":"stuck"'
frozen kiri-learn 'a["waiting"] > 0' 'a["state"] == "stale"' '^atom/ledger .*"state":"stale"'
frozen kiri-store True 's["store"]["degraded"]' '^heartbeat .*"store":"degraded"'
(sleep 0.5 && python3 "$here/ask.py" state/host.json '{"cmd":"save"}' >saved 2>&1) &
saving=$!
frozen kiri-save True 'a["unsaved"] != ""' '^heartbeat .*"models":"degraded"'
wait $saving
grep -q '"ok":true' saved || wrong "the saving that waited did not end well: $(cat saved)"

# ---- who would say it stands still: no answer, no heartbeat; kiri says both ----------------------
: >sub_err
echo "stop kiri" >&3
told=$(seen silent)
quiet=$(seen grep -q . sub_err)
echo go >&3
echo "the loop frozen: kiri sub said so after ${quiet:-nothing} ms"
[ -n "$told" ] || wrong "status answered while the loop was frozen"
[ -n "$quiet" ] && [ "$quiet" -le $by ] || wrong "kiri sub is silent about silence"
until_true 10 'a["state"] == "normal" and not s["store"]["degraded"]'
[ "$(status 'a["alarms"]')" = 0 ] || wrong "freezing raised alarms"
kill $ears
echo end >&3
wait $keeper || wrong "SIGTERM exits $?"
exit $failed
