#!/bin/bash
# clock_test.sh KIRI BUILD - intervals do not follow the wall clock, and time that went by while
# the host was stopped is not made up for.
#
# E1: a year forth and back, 1970, the start of summer time: as many ticks as periods, no alarm,
#   nothing forgotten; 1970 at the start of the host as well.
# E2: SIGSTOP for 2 s (10 s with KIRI_FULL=1), then SIGCONT: one late tick, no burst.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
stay=1 stop=2
[ -n "${KIRI_FULL:-}" ] && stay=10 stop=10
period=20
year=$((365 * 86400))

cat >m.yaml <<END
molecule: clock
state: $work/state
atoms:
  ledger:
    plugin: $BUILD/tests/faults/ledger.so
    every: ${period}ms
    learn: { warmup: 60 }
    path: $work/ledger
END
shift_clock() { printf '%-31s\n' "$1" | dd of=shift conv=notrunc status=none; }
since_1970() { date +%s; }
flushed() { python3 "$here/ask.py" state/host.json '{"cmd":"flush"}' >/dev/null || wrong "no flush"; }
start_shifted() { # LD_PRELOAD for the host alone
    LD_PRELOAD=$BUILD/tests/faults/clock_preload.so KIRI_CLOCK_FILE=$work/shift \
        TZ=CET-1CEST,M3.5.0,M10.5.0/3 "$KIRI" run m.yaml --for 300s 2>>log &
    host=$!
}
# mark: how many rows the ledger has ($n), and when the last one was made ($at, ms).
mark() {
    n=$(($(stat -c %s ledger) / 32))
    at=$((10#$(sed -n "${n}s/.* //p" ledger)))
}
# ticks_since ROWS AT SKIPPED WHAT: as many rows as periods since that mark, one more or less.
ticks_since() {
    mark
    local due=$(((at - $2) / period)) got=$((n - $1))
    local skipped=$(($(status 'a["skipped"]') - $3))
    echo "$4: $got ticks in $((at - $2)) ms, $due were due, $skipped were skipped"
    [ $got -le $((due + 1)) ] || wrong "$4: $got ticks where $due were due"
    [ $((got + skipped)) -ge $((due - 1)) ] || wrong "$4: $got ticks where $due were due"
}

# ---- E1 ---------------------------------------------------------------------------------------
shift_clock 0
start_shifted
until_true 20 'a["gen"] >= 1 and a["last"]["state"] == "normal" and a["rows"] > 150'
skipped=$(status 'a["skipped"]') # before the mark: one that comes between counts twice
mark
rows=$n began=$at
stored=$(sqlite3 state/store.db 'select count(*) from obs')
summer=$(date -u -d 2026-03-29T00:59:59 +%s)
for wrong_by in $year -$year -"$(since_1970)" $((summer - $(since_1970))) 0; do
    shift_clock "$wrong_by"
    sleep $stay
    [ "$(status 'a["state"]')" = normal ] || wrong "wrong by $wrong_by s: $(status 'a["state"]')"
done
ticks_since "$rows" "$began" "$skipped" 'E1: a clock that jumps'
[ "$(status 'a["alarms"]')" = 0 ] || wrong "the clock raised alarms"
until_true 5 'not s["store"]["degraded"]'
flushed
ahead=$(sqlite3 state/store.db \
    "select count(*) from obs where ts > 1000 * ($(since_1970) + 300 * 86400)")
[ "$ahead" -ge $((stay * 1000 / period / 2)) ] || wrong "only $ahead rows of the year ahead"
now=$(sqlite3 state/store.db 'select count(*) from obs')
[ "$now" -ge $((stored + ahead)) ] || wrong "rows were forgotten: $stored, then $now"

# ---- E2 ---------------------------------------------------------------------------------------
rows=$(status 'a["rows"]')
kill -STOP "$host"
sleep $stop
kill -CONT "$host"
until_true 5 "a['rows'] > $rows + $((1000 / period))"
mark
after=$(awk -v stop=$stop -v n="$n" '
    NR <= n { t = $2 + 0; if (last && t - last > stop * 900) woke = t; last = t }
    woke && t < woke + 500 { count++ }
    END { print woke ? count : -1 }' ledger)
due=$((500 / period))
echo "E2: $after ticks in the .5 s after $stop s of SIGSTOP, $due were due"
[ "$after" -ge 1 ] && [ "$after" -le $((due + 1)) ] || wrong "$after ticks where $due were due"
[ "$(status 'a["state"]')" = normal ] || wrong "after SIGSTOP: $(status 'a["state"], a["note"]')"
[ "$(status 'a["alarms"]')" = 0 ] || wrong "SIGSTOP raised alarms"
stop_host -TERM || wrong "SIGTERM exits $?"

# ---- 1970 at the start ----------------------------------------------------------------------------
before=$(sqlite3 state/store.db 'select count(*) from obs')
shift_clock -"$(since_1970)"
: >log
start_shifted
until_true 10 'a["last"] is not None and a["last"]["state"] == "normal"'
grep -q "goes on with generation [0-9]*, $before rows" log || wrong "it forgot: $(cat log)"
skipped=$(status 'a["skipped"]') # before the mark: one that comes between counts twice
mark
rows=$n began=$at
sleep $stay
ticks_since "$rows" "$began" "$skipped" 'E1: 1970 at the start'
stop_host -TERM || wrong "SIGTERM in 1970 exits $?"
[ "$(sqlite3 state/store.db 'pragma integrity_check')" = ok ] || wrong "the store is damaged"
exit $failed
