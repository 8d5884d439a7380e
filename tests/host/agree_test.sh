#!/bin/bash
# agree_test.sh KIRI BUILD - the host and `kiri detect` say the same of the same rows: surprise,
# score, tail, alarm and blame of every row, of one number and of several, although the host is
# ended again and again, by SIGTERM and SIGKILL, between two rows and amidst them. Rows that were
# stored and not scored get their score after the restart; the alarm counters go on.
#
# 20,000 rows with KIRI_FULL=1, more than a model remembers; few otherwise.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
rows=1200 warmup=200 ends=(TERM MIDST-TERM KILL MIDST-KILL)
[ -z "${KIRI_SAN:-}" ] || rows=700
if [ -n "${KIRI_FULL:-}" ]; then
    rows=20000
    ends=(TERM MIDST-KILL MIDST-TERM KILL MIDST-KILL MIDST-TERM KILL MIDST-KILL KILL TERM MIDST-KILL)
fi

# ---- the rows, as CSV and as messages: ten days in steps of ten minutes, so that hours count -------
python3 - $rows "$(date +%s)" <<'EOF'
import json, random, sys
n, now = int(sys.argv[1]), int(sys.argv[2])
r = random.Random(11)
files = {name + end: open(name + end, "w") for name in ("one", "many") for end in (".csv", ".messages")}
print("ts,load", file=files["one.csv"])
print("ts,cpu,disk,heat,mode", file=files["many.csv"])
level = 0
for i in range(n):
    ts = (now - (n - i + (i % 97 == 13)) * 600 - (i % 97 == 20) * 5 * 3600) * 1000 # one repeats, one is late
    odd = i > 300 and i % 217 < 8
    load = 5 + 2 * (i % 144 / 144) + r.gauss(0, .3) + (9 if odd and i % 217 == 3 else 0)
    level = .98 * level + .2 * r.gauss(0, 1)
    a, b, c = (3 * level + .4 * r.gauss(0, 1) for _ in range(3))
    if odd:
        b = r.gauss(0, 3)
    row = {"cpu": a, "disk": b, "heat": c, "mode": "idle" if level < 0 else "busy"}
    if i % 50 == 7:
        del row["heat"]
    print("%d,%r" % (ts, load), file=files["one.csv"])
    print("%d,%r,%r,%s,%s" % (ts, a, b, repr(row["heat"]) if "heat" in row else "", row["mode"]),
          file=files["many.csv"])
    for name, values in ("one", {"load": load}), ("many", row):
        print("obs/%s %s" % (name, json.dumps({"ts": ts, "values": values})), file=files[name + ".messages"])
EOF
echo '{"fields":[{"name":"load","flags":["always"]}]}' >one.json
cat >many.json <<'EOF'
{"fields":[{"name":"cpu"},{"name":"disk"},{"name":"heat"},
 {"name":"mode","kind":"choice","choices":["idle","busy"]},{"name":"hour","kind":"hour"}]}
EOF
{
    printf 'molecule: agree\nstate: %s/state\nplugins: [%s/plugins]\natoms:\n' "$work" "$BUILD"
    for atom in one many; do
        printf '  %s: { plugin: remote, schema: %s.json, every: 10m, learn: { warmup: %d, hold: 2h, share: 100%% } }\n' \
            $atom $atom $warmup
    done
    echo 'retention: { journal: 1y, observations: 1y, scores: 1y }' # the rows are days old
} >m.yaml

# ---- the host, which is ended now and then ------------------------------------------------------------
of() { status "next(x for x in s['atoms'] if x['name'] == '$1')['$2']"; } # ATOM MEMBER
# All that was stored is in the streams again; the log says so.
until_restored() {
    local tries=1200
    until [ "$(grep -cE '(one|many): (goes on with generation|[0-9]* rows of history)' log)" = 2 ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return
        sleep 0.1
    done
    for atom in one many; do
        [ "$(of $atom rows)" -ge "$stored" ] || wrong "$atom has $(of $atom rows) rows of $stored"
    done
    [ "$(of many alarms)" -ge "$alarms" ] || wrong "$(of many alarms) alarms after $alarms"
}
start_again() {
    : >log
    start_host m.yaml
    until_true 60 "all(x['state'] in ('learning', 'normal', 'alarm') for x in s['atoms'])" &&
        { [ "$1" = new ] || until_restored; }
}
# feed ATOM TO: the rows from where it is up to TO, one after the other.
feed() {
    local messages i
    mapfile -t messages < <(sed -n "$(($(of "$1" rows) + 1)),$2p" "$1.messages")
    for ((i = 0; i < ${#messages[@]}; i += 500)); do
        python3 "$here/ask.py" --to inbox state/host.json "${messages[@]:i:500}" || return
    done
}
both() { # TO
    feed one "$1" >one.answers &
    local one=$! failed=0
    feed many "$1" >many.answers || failed=1
    wait $one && return $failed
}

stored=0 alarms=0
for i in "${!ends[@]}"; do
    start_again "$([ "$i" -gt 0 ] || echo new)" || exit 1
    fed=$((rows * (i + 1) / (${#ends[@]} + 1)))
    case ${ends[$i]} in
    MIDST-*)
        before=$(of many rows)
        both $fed 2>/dev/null &
        feeder=$!
        until_true 60 "all(x['rows'] > $before + 20 for x in s['atoms'])"
        stop_host -"${ends[$i]#MIDST-}"
        wait $feeder
        # What was not committed yet is lost to a kill: at most the last second.
        [ "${ends[$i]}" != MIDST-TERM ] || stored=$((before + 20))
        ;;
    *)
        both $fed || wrong "not all rows were taken"
        stored=$fed alarms=$(of many alarms)
        [ "${ends[$i]}" = TERM ] || python3 "$here/ask.py" state/host.json '{"cmd":"flush"}' >answer
        stop_host -"${ends[$i]}"
        ;;
    esac
done
start_again "" || exit 1
both $rows || wrong "the last rows were not taken"
status '[(x["name"], x["alarms"], x["scored"]) for x in s["atoms"]]' >counted
timeout 60 "$KIRI" sub score/ --json --since oldest --count $((2 * rows - 2 * ${#ends[@]})) --state state >said
"$KIRI" status --state state >shown
grep -q "alarms [0-9]* in [0-9.]* days, [0-9.]*/day of 1/day promised" shown ||
    wrong "kiri status does not show the rates: $(grep alarms shown)"
stop_host -TERM || wrong "SIGTERM exits $?"
grep -E 'ERROR|panic' log && wrong "errors in the log"

# ---- kiri detect on the same ----------------------------------------------------------------------------
for atom in one many; do
    "$KIRI" detect --input $atom.csv --format csv --timestamp ts --schema $atom.json --warmup $warmup \
        --budget 1/day --hold 2h --seed 1 --quiet --output $atom.detected || wrong "kiri detect fails on $atom.csv"
done
python3 - $rows "${#ends[@]}" <<'EOF' || failed=1
import csv, json, sqlite3, sys
rows, ends, bad = int(sys.argv[1]), int(sys.argv[2]), 0
def wrong(text):
    global bad
    bad += 1
    if bad < 20:
        print("FAILED:", text)
counted = {name: (alarms, scored) for name, alarms, scored in eval(open("counted").read())}
blame = {}
for line in open("said"):
    m = json.loads(line)
    blame[m["id"]] = (m["blame"], m["row_blame"])
db = sqlite3.connect("state/store.db")
for atom in "one", "many":
    host = db.execute("select o.id, o.ts, s.surprise, s.score, s.tail, s.alarm from obs o left join"
        " score s on s.id = o.id where o.atom = (select id from atom where name = ?) order by o.id",
        (atom,)).fetchall()
    detected = list(csv.DictReader(open(atom + ".detected")))
    if len(host) != rows or len(detected) != rows:
        wrong("%s: %d rows in, %d in the host, %d detected" % (atom, rows, len(host), len(detected)))
    onsets = was = unsaid = 0
    for i, ((id, ts, surprise, score, tail, alarm), d) in enumerate(zip(host, detected)):
        if surprise is None:
            wrong("%s: row %d has no score" % (atom, i))
            continue
        h = ("%d" % ts, "%.6g" % surprise, "%.7g" % score, "%.6g" % tail, "%d" % alarm)
        e = tuple(d[k] for k in ("timestamp", "surprise", "score", "tail", "alarm"))
        if h != e:
            wrong("%s: row %d: host %s, detect %s" % (atom, i, h, e))
        unsaid += id not in blame
        if id in blame and blame[id][0] != d["blame"]:
            wrong("%s: row %d: host blames %s, detect %s" % (atom, i, blame[id], d["blame"]))
        onsets += alarm > was
        was = alarm
    if unsaid > 2 * ends:
        wrong("%s: %d rows had no message" % (atom, unsaid))
    scored = sum(d["surprise"] != "" for d in detected) - 200
    if counted[atom] != (onsets, scored) or not onsets:
        wrong("%s: %d alarms of %d rows, counted %s" % (atom, onsets, scored, counted[atom]))
    print("%s: %d rows, %d alarms, %s" % (atom, len(host), onsets, "DIFFERENT" if bad else "the same twice"))
sys.exit(bad != 0)
EOF
exit $failed
