#!/bin/bash
# peers_test.sh KIRI BUILD - RELIABILITY C2, C3, C4, C5, whole: peers that say nothing, too many
# of them, those that announce 1 GiB and those that send garbage. A well-behaved subscriber has
# no gap, the host goes on answering. Mutes and giants make it grow by 2 MiB at most: those that
# say nothing are closed at once while 256 of them wait for NNG to drop them. KIRI_FULL=1: 2,000
# and 500 of them.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"
mute=300 giant=100 hello=300 garbage=60 frames=20
[ -n "${KIRI_FULL:-}" ] && mute=2000 giant=500 hello=500 garbage=200 frames=5000
peers=$BUILD/tests/host/peers

{
    printf 'molecule: peers\nstate: %s/state\nplugins: [%s/plugins]\natoms:\n' "$work" "$BUILD"
    printf '  a: { plugin: %s/tests/host/flood.so, every: 50ms, learn: off, rows: 1' "$BUILD"
    printf ', total: 100000000 }\n'
} >m.yaml
start_host m.yaml
until_true 20 'a["rows"] > 0'
"$KIRI" sub score/a --state state >heard 2>sub.log &
sub=$!
disown $sub
until_true 20 's["traffic"]["peers"] == 1'
# what NNG takes for its first visitors it takes once
"$peers" state/bus hello 20 </dev/null >/dev/null
"$peers" state/control mute 20 </dev/null >/dev/null
until_true 20 's["traffic"]["peers"] == 1'
files=$(count_in fd)
rss() { awk '/^VmRSS/ { print $2 }' /proc/$host/status; }
before=$(rss) most=$before
look() {
    now=$(rss)
    [ "$now" -le $most ] || most=$now
}

few() { look; [ "$(count_in fd)" -lt "$1" ]; } # DESCRIPTORS

# crowd SOCKET MODE N [FRAMES]: holds them in the background, until they are let go
crowd() {
    mkfifo hold-$2
    "$peers" "state/$1" "$2" "$3" ${4:+"$4"} <hold-$2 >"$2.out" &
    eval "pid_$2=\$!"
    exec {hold}>hold-$2
    connected() { look; grep -q connected "$1.out"; }
    wait_until 10 connected $2
}
let_go() { # MODE: closed is how many of them the host had closed
    exec {hold}>&-
    eval "wait \$pid_$1"
    closed=$(sed -n 's/^closed //p' "$1.out")
}
in_time=4 # s to answer in; 2 where nothing else runs
[ -n "${KIRI_FULL:-}" ] && in_time=2
[ -z "${KIRI_SAN:-}" ] || in_time=10
answers() {
    [ "$(timeout $in_time "$KIRI" status --state state --json 2>/dev/null | head -c 1)" = '{' ] ||
        wrong "no status while $1"
}

# ---- C3: mute -----------------------------------------------------------------------------------
crowd bus mute $mute
answers "$mute mute peers are connected"
look
until_true 20 'not s["store"]["degraded"]'
# NNG drops those who were let in
[ -z "${KIRI_FULL:-}" ] || wait_until 10 few 100
let_go mute
[ -z "${KIRI_FULL:-}" ] || [ "$closed" -eq $mute ] || wrong "$closed of $mute mute peers were dropped"

# ---- C4: a gigabyte -----------------------------------------------------------------------------
crowd bus giant $giant
until_true 20 's["traffic"]["peers"] == 1'
wait_until 10 few $((files + 5))
let_go giant
[ "$closed" -eq $giant ] || wrong "$closed of $giant that announced 1 GiB were closed"

crowds=$((most - before))

# ---- C2: more than the cap ----------------------------------------------------------------------
crowd bus hello $hello
wait_until 10 few $((files + 256 + 5))
answers "$hello subscribers want in"
[ "$(status 's["traffic"]["peers"] <= 256')" = True ] || wrong "peers: $(status 's["traffic"]')"
let_go hello
[ $((hello - closed)) -le 256 ] || wrong "only $closed of $hello were turned away"

# ---- C5: garbage at the control socket ------------------------------------------------------------
crowd control garbage $garbage $frames
answers "$garbage send garbage"
look
let_go garbage

# ---- nobody else noticed --------------------------------------------------------------------------
rows=$(status 'a["rows"]')
until_true 5 "a['rows'] > $rows + 5"
kill -INT $sub
gone() { ! kill -0 $sub 2>/dev/null; }
wait_until 5 gone
python3 - <<'PY' || failed=1
import json
n = [json.loads(line[line.index(" "):])["n"] for line in open("heard")]
gaps = sum(b - a != 1 for a, b in zip(n, n[1:]))
print("%d messages heard meanwhile, %d gaps" % (len(n), gaps))
raise SystemExit(gaps or len(n) < 20)
PY
grep -q lost sub.log && wrong "kiri sub says: $(cat sub.log)"
stop_host -TERM || wrong "SIGTERM exits $?"
echo "$mute mute peers, then $giant giants: the host has $crowds KiB more at most; with $hello" \
    "subscribers that do not read and $garbage peers with garbage" \
    "($(grep -o 'frames.*' garbage.out)) $((most - before)) KiB"
[ $crowds -le 2048 ] || [ -n "${KIRI_SAN:-}" ] || wrong "the host grew by $crowds KiB"
exit $failed
