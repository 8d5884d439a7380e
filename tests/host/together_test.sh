#!/bin/bash
# together_test.sh KIRI BUILD - what the atoms of a molecule say at once: `molecule` on the bus,
# once for each moment in which all have spoken; `kiri status` shows it; a restart, also after
# SIGKILL, goes on against the same past; a replay of the rows says the same.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
send() { python3 "$here/ask.py" --to inbox state/host.json "$@"; }
began=$(($(date +%s) - 172800))
# rows FROM TO: of each atom a number a minute, both high in the minutes 430 to 432
rows() {
    python3 -c 'import random, sys
for i in range(int(sys.argv[1]), int(sys.argv[2])):
    for atom in ("east", "west"):
        r = random.Random(2 * i + (atom == "east"))
        x = r.gauss(50, 5) + (26 if 430 <= i < 433 else 0)
        print("obs/%s {\"id\":\"%s%d\",\"ts\":%d,\"values\":{\"x\":%.2f}}"
              % (atom, atom[0], i, (int(sys.argv[3]) + 60 * i) * 1000, x))' "$1" "$2" "$began"
}
feed() { # FROM TO
    mapfile -t list < <(rows "$@")
    send "${list[@]}" >answers || wrong "rows $1 to $2 were not taken"
}
together() { "$KIRI" status --state state --json | python3 -c "import json, sys
t = json.load(sys.stdin)['together']
print($1)"; }

{
    printf 'molecule: m\nstate: %s/state\nalarm: 6/h\natoms:\n' "$work"
    for atom in east west; do
        printf '  %s: { plugin: remote, every: 1m, learn: { warmup: 60 } }\n' $atom
    done
} >m.yaml
start_host m.yaml
until_true 20 '"schema is not known yet" in a["note"]' || exit 1
schema='{"period":"1m","fields":[{"name":"x","scale":"learned"}]}'
send "obs/east {\"schema\":$schema}" "obs/west {\"schema\":$schema}" >answer
grep -q '"ok":false' answer && wrong "the schema: $(cat answer)"
[ "$(together t)" = None ] || wrong "before any row: $(together t)"
feed 0 420
before=$(together 't["rows"] if t else 0')
[ "$before" -ge 200 ] || wrong "420 rows of two atoms make $before of the molecule"
[ "$failed" = 0 ] || exit 1
timeout 60 "$KIRI" sub molecule --since oldest --count "$before" --json --state state >heard 2>said ||
    wrong "kiri sub: $(cat said)"
python3 - heard <<'END' || failed=1
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
times = [r['ts'] for r in rows]
two = [r for r in rows if len(r['atoms']) == 2]
ok = (times == sorted(set(times)) and len(two) > .9 * len(rows)
      and all(0 < r['tail'] <= 1 and r['score'] >= 0 for r in rows)
      and all(r['state'] in ('normal', 'alarm') for r in rows)
      and {a['name'] for a in two[0]['atoms']} == {'east', 'west'})
if not ok:
    print('FAILED: kiri sub molecule:', len(rows), len(two), rows[:2], rows[-1])
sys.exit(not ok)
END
[ "$(together 't["budget_per_day"]')" = 144 ] || wrong "its budget is $(together 't["budget_per_day"]')"
"$KIRI" status --state state | grep -q '^all  *at once' || wrong "kiri status does not show it"
"$KIRI" flush --state state >/dev/null 2>&1 || sleep 2 # a second is the store's promise

stop_host -KILL
start_host m.yaml
until_true 20 'a["gen"] >= 1 and a["rows"] == 420' || exit 1
after=$(together 't["rows"]')
[ "$after" -ge $((before - 1)) ] || wrong "of $before rows a restart remembers $after"
feed 420 430
[ "$(together 't["tail"] < 1')" = True ] || wrong "after a restart it has no past: $(together t)"
feed 430 433
[ "$(together 't["state"], t["tail"] < .01')" = "alarm True" ] ||
    wrong "both are far out and it says $(together t)"
"$KIRI" reload --state state >/dev/null
sed -i 's/alarm: 6\/h/alarm: 1\/day/' m.yaml
"$KIRI" reload --state state | grep -q 'alarm of all atoms together: changed' ||
    wrong "a reload does not take another budget"
[ "$(together 't["budget_per_day"]')" = 1 ] || wrong "after a reload: $(together t)"
stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
