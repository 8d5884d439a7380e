#!/bin/bash
# cells_test.sh KIRI BUILD - B1, B2, B3: what an atom does in a cell is that atom's business. Bad
# ones beside good ones, which miss no tick; restarts that follow the back-off; no cell that
# outlives its host.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"
caged=$BUILD/tests/faults/atoms/caged.so
by='{x["name"]: x for x in s["atoms"]}'

config() { # LINES OF ATOMS on stdin
    printf 'molecule: cells\nstate: %s/state\nplugins: [%s/plugins]\natoms:\n' "$work" "$BUILD"
    sed 's/^/  /'
}
reload() { "$KIRI" reload --state state >out 2>err || { wrong "reload:"; cat err; }; }
cells() { status "'\\n'.join(str(x['cell']['pid']) for x in s['atoms'] if x['cell'] and x['cell']['pid'])"; }
gone() { # PID...: none of them runs; init may not have waited for it yet
    for pid in "$@"; do
        [ ! -e "/proc/$pid" ] || grep -q '^State:.*zombie' "/proc/$pid/status" || return 1
    done
}
pauses() { # ATOM: the pauses that the log says
    sed -n "s/.* $1: its cell .*next try in \([0-9.]*\) s$/\1/p" log
}
paused() { [ "$(pauses "$1" | wc -l)" -ge "$2" ]; } # ATOM TIMES
# TIMES, also in a callback
killed() {
    [ "$(grep -cE "well: its cell was killed by SIGKILL( in [a-z]+\(\))?; next try" log)" -ge "$1" ]
}

no_gap() { # ATOM...: rows that should come each 100 or 50 ms
    # A slow machine costs a tick, too; but it does not stop for the two seconds that a cell may
    # hang.
    rm -rf rows
    "$KIRI" export obs "$@" --state state --output rows --from "$began" --quiet || wrong "nothing to export"
    python3 - "${KIRI_FULL:-}" rows/* <<'END' || wrong "the good ones missed ticks"
import json, sys
gaps = {}
for name in sys.argv[2:]:
    ts = [json.loads(line)['ts'] for line in open(name)]
    gaps[name] = max(b - a for a, b in zip(ts, ts[1:]))
print('longest gaps, ms:', gaps)
sys.exit(max(gaps.values()) > (300 if sys.argv[1] else 1500))
END
}

# ---- bad cells, more of them that hang than the host has threads for atoms; two that are well --
config >m.yaml <<END
pulse: { every: 100ms, learn: { warmup: 50 } }
well: { plugin: $caged, isolate: process, every: 100ms, word: hello }
segv: { plugin: $caged, isolate: process, every: 50ms, mode: segv, after: 3 }
exit: { plugin: $caged, isolate: process, every: 50ms, mode: exit, where: open }
spin: { plugin: $caged, isolate: process, every: 50ms, mode: spin, after: 3 }
$(for i in 1 2 3 4; do
    echo "hang$i: { plugin: $caged, isolate: process, every: 50ms, mode: hang, after: 3 }"
done)
END
began=$(date +%s%3N)
start_host m.yaml
until_true 30 "$by['pulse']['rows'] >= 2 and $by['well']['rows'] >= 2" || exit 1
until_true 40 "s['uptime_ms'] > 5000 and $by['segv']['note'].startswith('its cell was killed by SIGSEGV in collect(); ')"
until_true 10 "$by['exit']['note'].startswith('its cell ended by itself (exit code 3) in open(); ')"
until_true 10 "all($by[x]['note'].startswith('its cell was ended in collect(): not done within 2 s; ') for x in ('spin', 'hang1', 'hang4'))"
for good in pulse well; do
    [ "$(status "$by['$good']['dropped'] == 0 and $by['$good']['errors'] == 0 and \
        $by['$good']['state'] in ('learning', 'normal', 'alarm')")" = True ] ||
        wrong "$good was not left alone: $(status "$by['$good']")"
done
no_gap pulse well
pid=$(status "$by['well']['cell']['pid']")
[ "$(status "$by['pulse']['cell']")" = None ] || wrong "pulse has no cell"
grep -q "^PPid:	$host$" "/proc/$pid/status" || wrong "process $pid is no child of the host's"
[ "$(count_in fd "$pid")" -le 6 ] || wrong "a cell has more than its own descriptors"
[ ! -s "/proc/$pid/environ" ] || wrong "a cell has an environment"
"$KIRI" status --state state | grep -q "cell pid [0-9]" || wrong "kiri status does not show a cell"

# ---- B1: pauses of 1, 2 s, +-20 % (tests/load/cell_backoff_test.c has the others) --------------
for bad in segv exit; do
    wait_until 10 paused $bad 2
    pauses $bad | head -2 | python3 -c '
import sys
said = [float(x) for x in sys.stdin]
sys.exit(not (len(said) == 2 and all(.75 * w <= x <= 1.25 * w for x, w in zip(said, (1, 2)))))' ||
        wrong "$bad was not tried after 1 and 2 s: $(pauses $bad | tr '\n' ' ')"
done
# what is said is what is done: each life of segv begins so long after the last has ended
slow=4 # s to be up again
[ -z "${KIRI_SAN:-}" ] || slow=10
python3 - log $slow <<'END' || wrong "restarts do not come when they are said to"
import re, sys
ended, wait, bad = None, None, 0
for line in open(sys.argv[1]):
    m = re.match(r'(\d+):(\d+):(\d+) \w+ +segv: (.*)', line)
    if not m:
        continue
    at = int(m[1]) * 3600 + int(m[2]) * 60 + int(m[3])
    said = re.search(r'next try in ([\d.]+) s', m[4])
    if m[4] == 'works again' and ended is not None:
        bad += not -1 <= at - ended - wait <= float(sys.argv[2]) # the log has whole seconds
    if said:
        ended, wait = at, float(said[1])
sys.exit(bad or ended is None)
END

# ---- its small state, its model and its rows are the host's ------------------------------------
until_true 30 "$by['pulse']['gen'] >= 1"
pid=$(status "$by['well']['cell']['pid']")
rows=$(status "$by['well']['rows']")
kill -KILL "$pid"
wait_until 5 killed 1 || wrong "the log does not say that it was killed"
until_true 5 "$by['well']['cell']['pid'] not in (None, $pid) and $by['well']['rows'] > $rows"
[ "$(status "[f['value'] for f in $by['well']['last']['fields'] if f['name'] == 'life'][0] > 1")" = True ] ||
    wrong "its second life does not know of the first: $(status "$by['well']['last']")"

# ---- in and out of a cell, and out of a broken one ---------------------------------------------
rows=$(status "$by['pulse']['rows']")
sed -i 's/^  pulse: {/  pulse: { isolate: process,/; s/mode: segv, after: 3/mode: well/; /^  spin:/d; /^  hang/d; /^  exit:/d' m.yaml
reload
grep -qx 'atom pulse: replaced (into a cell)' out || { wrong "pulse did not move into a cell:"; cat out; }
until_true 5 "$by['pulse']['cell']['pid'] > 0 and $by['pulse']['rows'] >= $rows and $by['pulse']['gen'] >= 1"
until_true 5 "$by['segv']['state'] == 'learning' and $by['segv']['cell']['pid'] > 0"
sed -i 's/isolate: process, every: 100ms, learn/every: 100ms, learn/' m.yaml
reload
until_true 5 "$by['pulse']['cell'] is None and $by['pulse']['gen'] >= 1"

# ---- lives cost the host nothing ---------------------------------------------------------------
fds=$(count_in fd) tasks=$(count_in task)
pid=$(status "$by['well']['cell']['pid']")
kill -KILL "$pid"
wait_until 5 killed 2 || wrong "the log does not say that it was killed again"
until_true 10 "$by['well']['cell']['pid'] not in (None, $pid)"
# who asks for status has one, too, for a moment
no_more() { [ "$(count_in fd)" -le "$fds" ] && [ "$(count_in task)" -le "$tasks" ]; }
wait_until 5 no_more ||
    wrong "a life costs: $fds descriptors became $(count_in fd), $tasks threads $(count_in task)"

# ---- who ends, and who is ended ----------------------------------------------------------------
pids=$(cells)
[ "$(echo "$pids" | wc -l)" -eq 2 ] || wrong "two cells should run: $pids"
stop_host -TERM
code=$?
[ $code -eq 0 ] || wrong "SIGTERM: it exits with $code"
gone $pids || wrong "cells outlived their host's end"

# SIGKILL of the host: also of cells that hang
config >m.yaml <<END
well: { plugin: $caged, isolate: process, every: 50ms }
spin: { plugin: $caged, isolate: process, every: 50ms, mode: spin, after: 3 }
END
start_host m.yaml
until_true 10 "$by['spin']['rows'] >= 3"
pids=$(cells)
[ -n "$pids" ] || wrong "no cells run"
stop_host -KILL
wait_until 1 gone $pids || wrong "cells outlived their killed host: $pids"

# ---- the fifth failure in ten minutes (KIRI_FULL) ----------------------------------------------
if [ -n "${KIRI_FULL:-}" ]; then
    config >m.yaml <<END
well: { plugin: $caged, isolate: process, every: 50ms }
abort: { plugin: $caged, isolate: process, every: 50ms, mode: abort }
fdleak: { plugin: $caged, isolate: process, every: 50ms, mode: fdleak }
leak: { plugin: $caged, isolate: process, every: 50ms, mode: $([ -n "${KIRI_SAN:-}" ] && echo fdleak || echo leak) }
END
    : >log
    began=$(date +%s%3N)
    start_host m.yaml
    until_true 20 "s['uptime_ms'] > 6000" # it has what it needs for itself
    rss=$(status "s['rss_bytes']")
    for bad in abort fdleak leak; do
        until_true 40 "$by['$bad']['state'] == 'broken' and 'not started again until a reload' in $by['$bad']['note']"
        [ "$(pauses $bad | wc -l)" -eq 4 ] || wrong "$bad: not four pauses: $(pauses $bad | tr '\n' ' ')"
    done
    [ "$(status "s['rss_bytes'] - $rss < 1 << 20")" = True ] ||
        wrong "B3: the host grew from $rss to $(status "s['rss_bytes']") bytes"
    no_gap well
    sed -i 's/mode: abort/mode: well/' m.yaml
    reload
    until_true 5 "$by['abort']['rows'] > 3"
fi
exit $failed
