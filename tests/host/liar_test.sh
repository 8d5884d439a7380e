#!/bin/bash
# liar_test.sh KIRI BUILD - B10: atoms that say what cannot be, or that talk without an end, in
# a host: no number that is not finite ever reaches the bus or the disk, and each is held to
# ten lines a second in the log, and one that counts the rest; their neighbour does not notice.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"

planted() { # NAME FAULT
    printf '  %s: { plugin: %s/tests/faults/atoms/planted_%s.so, every: 10ms, learn: off }\n' \
        "$1" "$BUILD" "$2"
}
{
    printf 'molecule: liars\nstate: %s/state\nplugins: [%s/plugins]\natoms:\n' "$work" "$BUILD"
    planted infinite INFINITE
    planted missing NAN_ALWAYS
    planted index LIAR
    planted range RANGE
    planted number STATUS
    planted keys KV_FLOOD
    planted large KV_LARGE
    planted talks CHATTER
    planted text LONG_TEXT
    planted changes CHANGING
    printf '  well: { plugin: pulse, every: 20ms, learn: off }\n'
} >m.yaml
by='{x["name"]: x for x in s["atoms"]}'

start_host m.yaml
until_true 20 'len(s["atoms"]) == 11'
"$KIRI" sub '' --state state --json >bus 2>/dev/null &
sub=$!
until_true 30 "all($by[n]['rows'] >= 100 for n in ('infinite', 'missing', 'index', 'range', 'talks', 'text', 'changes'))"
until_true 10 "$by['well']['rows'] >= 20 and $by['well']['state'] == 'learning'"
until_true 1 "$by['number']['state'] == 'broken' and 'contract' in $by['number']['note']"
until_true 1 "$by['infinite']['clamped'] >= 100 and $by['index']['clamped'] >= 100 and $by['text']['clamped'] >= 100"
lines=$(grep -c 'talks: ' log)
seconds=$(status "s['uptime_ms'] // 1000 + 1")
stop_host -TERM || wrong "SIGTERM exits $?"
kill $sub 2>/dev/null
wait $sub 2>/dev/null
cat >finite.py <<'END'
import json, math, re, sqlite3, sys

def hold(where, x):
    if isinstance(x, float) and not math.isfinite(x):
        sys.exit(f"{where}: {x}")
    for y in x.values() if isinstance(x, dict) else x if isinstance(x, list) else []:
        hold(where, y)

n = 0
for line in open("bus"):
    hold(f"bus: {line}", json.loads(line))
    n += 1
if not n:
    sys.exit("nothing was heard on the bus")
store = sqlite3.connect("state/store.db")
store.text_factory = bytes
for (table,) in store.execute("select name from sqlite_master where type = 'table'").fetchall():
    for row in store.execute(f"select * from {table.decode()}"):
        n += 1
        for x in row:
            hold(table, x)
            if isinstance(x, bytes) and re.search(rb"\b-?(nan|inf(inity)?)\b", x, re.I):
                sys.exit(f"{table}: {x[:200]}")
if n < 1000:
    sys.exit(f"only {n} messages and rows")
print(f"{n} messages and rows, all finite")
END
python3 finite.py || wrong "a number that is not finite came out"
echo "$lines lines of the chatter in $seconds s"
[ "$lines" -le $((11 * (seconds + 1))) ] || wrong "$lines lines of one atom in $seconds s"
grep -q 'talks: ([0-9]* more lines)' log || wrong "what was held back is not counted"
exit $failed
